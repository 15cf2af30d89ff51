"""The rules of accounts: how often a desk may look somebody up, how long sessions last and ended ones are kept."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, DatedRule, DaysRule, ValueRule


class LookupsPerMinute(ValueRule[int]):
    """How often a minute one account may look elders up by telephone or enter one by resident ID."""

    about: ClassVar[About] = About(
        name="people.lookups_per_minute",
        proposed=20,
        unit="times a minute",
        zh="每个账号每分钟最多按电话或身份证号查找老人的次数",
        en="Look-ups of elders by telephone or resident ID that one account may make in a minute",
        source="proposed: an operator takes fewer calls than that; going through numbers one by one is slowed down",
    )
    root: Annotated[int, Field(ge=1, le=10_000)]


class SearchesPerMinute(ValueRule[int]):
    """How often a minute one account may search for people, whose names the answer masks."""

    about: ClassVar[About] = About(
        name="people.searches_per_minute",
        proposed=60,
        unit="times a minute",
        zh="每个账号每分钟最多搜索人员（姓名只显示首字）的次数",
        en="Searches for people, with masked names, that one account may make in a minute",
        source="proposed: an operator tries several spellings for one caller; a program would try thousands",
    )
    root: Annotated[int, Field(ge=1, le=10_000)]


class PasswordChangesPerMinute(ValueRule[int]):
    """How often a minute one account may try to change its own password."""

    about: ClassVar[About] = About(
        name="account.password_changes_per_minute",
        proposed=5,
        unit="times a minute",
        zh="每个账号每分钟最多尝试修改密码的次数",
        en="Attempts to change its own password that one account may make in a minute",
        source="proposed: a forgotten password is tried a few times, a stolen session would try thousands",
    )
    root: Annotated[int, Field(ge=1, le=1_000)]


class PhoneDays(DaysRule):
    """How long a worker's phone stays signed in."""

    about: ClassVar[About] = About(
        name="session.phone_days",
        proposed=14,
        unit="days",
        zh="服务人员手机登录后多少天须重新登录",
        en="Days after which a worker signs in again on the phone",
        source="proposed: a lost phone is reported within days; a day without signal must not end the session",
    )
    root: Annotated[int, Field(ge=1, le=60)]


class WallDays(DaysRule):
    """How long a screen on the wall, which only reads, stays signed in."""

    about: ClassVar[About] = About(
        name="session.wall_days",
        proposed=30,
        unit="days",
        zh="大屏登录后多少天须重新登录",
        en="Days after which a screen on the wall is signed in again",
        source="proposed: somebody passes the screen every month; it writes nothing",
    )
    root: Annotated[int, Field(ge=1, le=366)]


class ProgramDays(DaysRule):
    """How long a program that reports, such as the telephone exchange, stays signed in."""

    about: ClassVar[About] = About(
        name="session.program_days",
        proposed=366,
        unit="days",
        zh="程序（如电话交换机）登录后多少天须重新登录",
        en="Days after which a program that reports, such as the telephone exchange, is signed in again",
        source="proposed: its key stands in the settings of another machine and is renewed with its yearly check",
    )
    root: Annotated[int, Field(ge=1, le=1_100)]


class RecordsDays(DaysRule):
    """How long ended sessions and the answers kept under idempotency keys are kept."""

    about: ClassVar[About] = About(
        name="account.records_days",
        proposed=400,
        unit="days",
        zh="已结束的登录会话和幂等键所存答复保留的天数",
        en="Days for which ended sessions and answers kept under idempotency keys are kept",
        source="proposed after the six months of the Cybersecurity Law (art. 21), with a year's audit in reach",
    )
    root: Annotated[int, Field(ge=180, le=3_650)]


RULES: tuple[type[DatedRule], ...] = (
    LookupsPerMinute,
    SearchesPerMinute,
    PasswordChangesPerMinute,
    PhoneDays,
    WallDays,
    ProgramDays,
    RecordsDays,
)
