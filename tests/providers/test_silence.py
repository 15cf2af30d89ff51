"""A company that is silent is reminded, and has agreed by its silence; one that speaks is never taken for silent."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.contracts.settlement import LineDecided, LineDisputed, StatementConfirmed, StatementReminded
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Company
from kit.clock import FixedClock
from kit.ids import new_id
from providers.settlement import confirmation, operations, queries
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.files import content
from providers.settlement.model import Statement, StatementState
from providers.settlement.progress import Progress, Step
from tests.providers.handled import START, handle, verified
from tests.providers.test_review_draws import admitted, drawn_up

DRAWN_AT = START + timedelta(days=31)
MANAGER = Actor(Role.MANAGER, "manager")


def of(company: UUID) -> Actor:
    return Actor(Role.PROVIDER, "own", scope=Company(company))


@pytest.fixture
async def draft(works: Works, clock: FixedClock) -> Statement:
    """Give a statement of one late visit, drawn up on the second of April."""
    (company,) = await admitted(works)
    await handle(works, verified(company, late_minutes=45))
    await drawn_up(works, clock)
    async with works(SYSTEM("test")) as work:
        (paper,) = await queries.statements(work, month="2026-03")
    return paper


async def turned(works: Works, clock: FixedClock, *, days: float) -> int:
    """Let the ticker do its chore so many days after the drawing; how many statements took a step."""
    clock.set(DRAWN_AT + timedelta(days=days))
    async with works(SYSTEM("ticker")) as work:
        return await confirmation.turn_silence(work)


async def now(works: Works, draft: Statement) -> Statement:
    async with works(SYSTEM("test")) as work:
        return await queries.statement(work, draft.id)


async def faults(works: Works, draft: Statement) -> set[str]:
    async with works(SYSTEM("test")) as work:
        again = await queries.recompute(work, await queries.statement(work, draft.id))
        return {fault.field for fault in again.faults}


async def test_a_silent_company_is_reminded_after_seven_days_and_has_agreed_after_ten(
    works: Works, clock: FixedClock, draft: Statement
) -> None:
    assert await turned(works, clock, days=6.9) == 0
    assert await turned(works, clock, days=7) == 1
    reminded = await now(works, draft)
    assert (reminded.state, reminded.reminded_at, reminded.silent_until) == (
        StatementState.DRAFT,
        DRAWN_AT + timedelta(days=7),
        DRAWN_AT + timedelta(days=10),
    )
    assert await turned(works, clock, days=9.9) == 0
    assert await turned(works, clock, days=10) == 1
    silent = await now(works, draft)
    assert (silent.state, silent.by_silence, silent.confirmed_by) == (StatementState.CONFIRMED, True, "ticker")
    assert await turned(works, clock, days=30) == 0
    assert await faults(works, draft) == set()
    async with works(SYSTEM("test")) as work:
        paper = await content.of(work, draft.id)
        assert paper.state == "催告后未答复，视为确认"
        assert dict(paper.steps())["企业确认"].endswith("（催告后未答复，视为确认）")


async def test_a_company_that_answers_after_the_reminder_has_agreed_itself(
    works: Works, clock: FixedClock, draft: Statement
) -> None:
    await turned(works, clock, days=7)
    async with works(of(draft.provider_id)) as work:
        confirmed = await operations.confirm(work, statement_id=draft.id)
        assert confirmed.by_silence is None
    assert await turned(works, clock, days=30) == 0
    async with works(SYSTEM("test")) as work:
        assert (await content.of(work, draft.id)).state == "企业已确认"


async def test_an_objection_stops_the_days_and_its_decision_begins_them_anew(
    works: Works, clock: FixedClock, draft: Statement
) -> None:
    await turned(works, clock, days=7)
    async with works(of(draft.provider_id)) as work:
        ((line, _),) = await queries.lines(work, draft.id)
        dispute = await operations.dispute(work, line_id=line.id, reason="road closed")
    assert await turned(works, clock, days=20) == 0
    async with works(MANAGER) as work:
        await operations.decide_dispute(work, dispute_id=dispute.id, upheld=True, forgiven=[DeductionReason.LATE])
    decided = await now(works, draft)
    assert (decided.reminded_at, decided.silent_until) == (None, None)
    assert await turned(works, clock, days=26.9) == 0
    assert await turned(works, clock, days=27) == 1
    assert await turned(works, clock, days=29.9) == 0
    assert await turned(works, clock, days=30) == 1
    assert (await now(works, draft)).by_silence
    assert await faults(works, draft) == set()


async def test_a_confirmation_by_silence_that_no_reminder_precedes_is_found_in_the_log(
    works: Works, clock: FixedClock, draft: Statement
) -> None:
    await turned(works, clock, days=7)
    await turned(works, clock, days=10)
    owner = await asyncpg.connect(dsn=postgres.plain(works.database.url))
    await owner.execute("delete from event_log where type = 'settlement.statement_reminded.v1'")
    await owner.close()
    assert await faults(works, draft) == {"by_silence"}


LINES = [new_id(), new_id()]
ABOUT: dict[str, object] = {"statement_id": new_id(), "provider_id": new_id(), "month": "2026-03"}


def _step(kind: str, line: UUID) -> Step:
    match kind:
        case "disputed":
            return LineDisputed.model_validate(ABOUT | {"line_id": line})
        case "decided":
            return LineDecided.model_validate(ABOUT | {"line_id": line, "upheld": False})
        case "reminded":
            return StatementReminded.model_validate(ABOUT | {"silent_until": DRAWN_AT})
        case _:
            return StatementConfirmed.model_validate(ABOUT | {"by_silence": kind == "silent"})


@given(
    st.lists(
        st.tuples(st.sampled_from(["disputed", "decided", "reminded", "silent", "spoken"]), st.sampled_from(LINES)),
        max_size=12,
    )
)
def test_silence_counts_after_a_reminder_that_nothing_was_said_after(kinds: list[tuple[str, UUID]]) -> None:
    progress = Progress()
    for place, (kind, line) in enumerate(kinds):
        pairs = progress.take(_step(kind, line))
        if kind == "silent":
            before = kinds[:place]
            spoken = max((at for at, (earlier, _) in enumerate(before) if earlier == "decided"), default=-1)
            reminded = any(earlier == "reminded" for earlier, _ in before[spoken + 1 :])
            still_open = {
                of_line
                for at, (earlier, of_line) in enumerate(before)
                if earlier == "disputed" and ("decided", of_line) not in before[at:]
            }
            assert pairs == {"by_silence": (True, reminded and not still_open)}
        else:
            assert pairs == ({"by_silence": (False, False)} if kind == "spoken" else {})
