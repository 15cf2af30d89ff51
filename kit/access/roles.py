"""The roles in which people and the platform itself act."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The desks of the platform, the phone, and the platform itself."""

    OPERATOR = "operator"  # call-centre operator 话务员
    PROVIDER = "provider"  # a service company's dispatcher 服务企业
    WORKER = "worker"  # a service company's worker, on the phone 服务人员
    CLERK = "clerk"  # a town's or village's clerk 镇街、村居经办人
    SECTION = "section"  # an officer of one or more sections of the bureau 科室
    FINANCE = "finance"  # the bureau's finance desk 财务
    MANAGER = "manager"  # the bureau's manager 管理
    AUDITOR = "auditor"  # reads what the bureau reads and writes nothing 审计
    ADMINISTRATOR = "administrator"  # accounts and settings; reads no elder's record
    EXCHANGE = "exchange"  # the telephone exchange, a program that reports its calls 电话交换机
    SYSTEM = "system"  # a handler, the ticker, an import run by the machine's owner


EVERYBODY: Final = frozenset(Role) - {Role.EXCHANGE, Role.SYSTEM}
"""Every role that a person signs in with."""

Policy = Mapping[str, frozenset[Role]]
"""What one room contributes to the policy table: an action, and the roles that may do it."""
