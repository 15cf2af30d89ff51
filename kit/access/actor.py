"""Who acts: every operation and query is done by somebody, in a role, within a scope."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """The desks of the platform, the phone, and the platform itself."""

    OPERATOR = "operator"  # call-centre operator 话务员
    PROVIDER = "provider"  # a service company's dispatcher 服务企业
    WORKER = "worker"  # a service company's worker, on the phone 服务人员
    FINANCE = "finance"  # the bureau's finance desk 财务
    MANAGER = "manager"  # the bureau's manager 管理
    ADMINISTRATOR = "administrator"  # accounts and settings; reads no elder's record
    SYSTEM = "system"  # a handler, the ticker, an import run by the machine's owner


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting person or part of the platform; `provider_id` is the company whose rows alone may be seen."""

    role: Role
    label: str
    account_id: UUID | None = None
    provider_id: UUID | None = None
    worker_id: UUID | None = None

    def __post_init__(self) -> None:
        """Hold the one rule that all scoping rests on: company people carry their company."""
        if self.role in {Role.PROVIDER, Role.WORKER} and self.provider_id is None:
            message = "a company's person needs a provider_id"
            raise ValueError(message)
        if self.role is Role.WORKER and self.worker_id is None:
            message = "a worker needs a worker_id"
            raise ValueError(message)

    @property
    def scoped(self) -> bool:
        """Tell whether this actor sees one company's rows only."""
        return self.role in {Role.PROVIDER, Role.WORKER}


def SYSTEM(label: str) -> Actor:  # noqa: N802 - reads as the constant it nearly is
    """Return the platform itself, acting under the name of one of its parts."""
    return Actor(role=Role.SYSTEM, label=label)
