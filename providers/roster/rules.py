"""The rule of the roster: how long ahead an expiring certificate is noticed."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule


class CertificateNoticeDays(DaysRule):
    """How many days before a certificate's last day the bureau is told."""

    about: ClassVar[About] = About(
        name="certificate.notice_days",
        proposed=30,
        unit="days",
        zh="服务人员证书到期前多少天提醒",
        en="Days before a worker's certificate expires at which a person is told",
        source="证书到期前三十天提醒换证（试行建议值）",
    )
    root: Annotated[int, Field(ge=1, le=365)]


RULES: tuple[type[DatedRule], ...] = (CertificateNoticeDays,)
