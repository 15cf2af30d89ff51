"""Every kind of list that can be taken in, and the one way to do it: all rows or none, rehearsed for real.

An import runs whole, through the same verbs as everything else, and is undone where a single row is at fault or where
it was only a rehearsal; so a dry run meets exactly what the real one will meet.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from events.work import Work, Works
from kit import clock, columns, identifiers, rules
from kit.actor import Actor
from kit.columns import Column, Outcome
from kit.refusal import Refusal
from kit.tables import Grid
from providers import imports as providers
from registry import imports as registry
from registry import operations

Plan = Callable[[Work, Grid, Mapping[str, str] | None], Awaitable[Outcome]]


class MembershipIncomplete(Refusal):
    """Category and level come together or not at all."""

    code = "enrolment.import_incomplete"


_CATEGORIES = columns.choice(
    {
        "特困": Category.DESTITUTE, "特困分散供养": Category.DESTITUTE, "低保": Category.LOW_INCOME,
        "低保边缘": Category.NEAR_LOW_INCOME, "重点人群": Category.KEY_GROUP, "自费": Category.SELF_PAID,
    }
    | {found.value: found for found in Category}
)  # fmt: skip
_LEVELS = columns.choice(
    {"完好": 0, "轻度": 1, "中度": 2, "重度": 3, "完全": 4, "轻度失能": 1, "中度失能": 2, "重度失能": 3, "完全失能": 4}
    | {str(level): level for level in range(5)}
)

MEMBER_COLUMNS = (
    *registry.PERSON_COLUMNS,
    Column("category", ("人员类别", "类别", "补贴类别"), _CATEGORIES, required=False),
    Column("level", ("能力等级", "失能等级", "评估等级"), _LEVELS, required=False),
)


async def people(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in people; those with a category and a level are enrolled as active, as an earlier system approved them."""
    sheet = columns.typed(grid, MEMBER_COLUMNS, mapping)
    await registry.check_people(work, sheet)
    least: int = await rules.value(work.session, "enrolment.age", at=work.now)
    today = clock.day_of(work.now)
    for row in sheet.rows:
        if row.sound("category", "level") and (row["category"] is None) != (row["level"] is None):
            sheet.fault(row, "category", MembershipIncomplete())
        resident = row.get("id_no")
        if resident is not None and row.get("category") is not None:
            age = identifiers.age_on(resident.born_on, today)
            if 0 <= age < least:
                sheet.fault(row, "id_no", enrolment.TooYoung(age=age, least=least))
    if sheet.faults:
        return sheet.outcome(0)
    ids = await operations.register_people(work, [registry.new_person(row) for row in sheet.rows])
    members = [
        enrolment.Member(person_id, row["division"][:6], row["category"], row["level"])
        for row, person_id in zip(sheet.rows, ids, strict=True)
        if row.get("category") is not None
    ]
    await enrolment.take_over(work, members=members)
    return sheet.outcome(len(ids))


PLANS: dict[str, Plan] = {
    "divisions": registry.divisions,
    "people": people,
    "providers": providers.companies,
    "workers": providers.workers,
    "catalogue": providers.items,
}
"""What can be imported, in the order in which an empty district needs it."""


class _Undo(Exception):
    """Leave the work without keeping anything."""


async def run(
    works: Works,
    actor: Actor,
    *,
    kind: str,
    grid: Grid,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Import a table of one kind in one piece of work; faults or `dry_run` keep nothing. An unknown kind is a KeyError.

    The outcome of a dry run says how many rows would have been written.
    """
    plan = PLANS[kind]
    outcome: Outcome | None = None
    with suppress(_Undo):
        async with works(actor) as work:
            outcome = await plan(work, grid, mapping)
            if outcome.faults or dry_run:
                raise _Undo
    assert outcome is not None  # noqa: S101 - the plan returned, or its exception has left by now
    return outcome
