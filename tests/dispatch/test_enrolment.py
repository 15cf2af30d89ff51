from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from dispatch.enrolment import handlers, operations, queries, wallet
from dispatch.enrolment.assessment import ITEMS, Findings
from dispatch.enrolment.model import (
    AssessmentOccasion,
    Category,
    EndReason,
    EnrolmentState,
    SuspendReason,
    WalletAccount,
    WalletEntry,
)
from dispatch.enrolment.operations import Member
from events.contracts.people import PersonDeceased
from events.contracts.settlement import ChargeMade
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.clock import FixedClock
from tests.dispatch.stage import AREA, MANAGER, NINE, SYSTEM_ACTOR, Stage, set_stage

MONTH = "2026-03"
OPERATOR = Actor(Role.OPERATOR, "operator", account_id=UUID(int=401))
ASSESSORS = (UUID(int=1), UUID(int=2))
FINDINGS = Findings(scores={name: 2 if item.most > 2 else 1 for name, item in ITEMS.items()})  # 46 to 65: moderate

Drain = Callable[[], Awaitable[int]]
_ = handlers


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=0)


async def take_over(stage: Stage, *, category: Category = Category.LOW_INCOME, level: int = 2) -> UUID:
    (elder,) = stage.elders
    async with stage.works(SYSTEM_ACTOR) as work:
        await operations.take_over(work, members=[Member(elder, AREA, category, level)])
    return elder


async def hold(stage: Stage, fen: int, *, beyond: bool = False) -> tuple[UUID, wallet.Holding]:
    request_id = uuid4()
    (elder,) = stage.elders
    async with stage.works(SYSTEM_ACTOR) as work:
        terms = await queries.terms(work, elder, MONTH)
        held = await wallet.hold(work, terms=terms, person_id=elder, request_id=request_id, fen=fen, beyond=beyond)
    return request_id, held


async def balance(stage: Stage) -> tuple[int, int, int]:
    async with stage.works(SYSTEM_ACTOR) as work:
        wallet = await queries.wallet(work, stage.elders[0], MONTH)
        assert wallet is not None
        return wallet.free_fen, wallet.held_fen, wallet.spent_fen


def charge(stage: Stage, request_id: UUID, subsidised: int, revision: int = 1) -> ChargeMade:
    return ChargeMade(
        charge_id=uuid4(),
        visit_id=uuid4(),
        request_id=request_id,
        person_id=stage.elders[0],
        provider_id=uuid4(),
        month=MONTH,
        item_code="B01",
        division_code="130999000000",
        payable_fen=subsidised,
        subsidised_fen=subsidised,
        own_fen=0,
        deduction_fen=0,
        rule_version="1",
        revision=revision,
    )


async def test_an_elder_is_served_after_assessment_and_five_days_on_the_board(stage: Stage) -> None:
    (elder,) = stage.elders
    async with stage.works(OPERATOR) as work:
        await operations.apply(work, person_id=elder, category=Category.LOW_INCOME)
        booked = await operations.book_assessment(
            work, person_id=elder, occasion=AssessmentOccasion.FIRST, booked_for=NINE, assessors=ASSESSORS
        )
        done = await operations.record_assessment(work, assessment_id=booked.id, findings=FINDINGS)
        assert done.level == 2
        assert done.findings_sealed is not None
        assert b"eating" not in done.findings_sealed
        await operations.publicise(work, person_id=elder)
    async with stage.works(MANAGER) as work:
        with pytest.raises(operations.PublicityRunning):
            await operations.activate(work, person_id=elder)
    stage.clock.advance(timedelta(days=5))
    async with stage.works(OPERATOR) as work:
        with pytest.raises(operations.SamePerson):
            await operations.activate(work, person_id=elder)
    async with stage.works(MANAGER) as work:
        await operations.activate(work, person_id=elder)
    async with stage.works(SYSTEM_ACTOR) as work:
        standing = await queries.standing(work, elder, work.now)
        assert standing is not None
        assert standing.state is EnrolmentState.ACTIVE
        # the 25 days from 7 to 31 March of 250 yuan a month
        assert standing.quota_left_fen == 20161


async def test_an_elder_applies_only_once(stage: Stage) -> None:
    (elder,) = stage.elders
    async with stage.works(OPERATOR) as work:
        await operations.apply(work, person_id=elder, category=Category.SELF_PAID)
        with pytest.raises(operations.AlreadyEnrolled):
            await operations.apply(work, person_id=elder, category=Category.SELF_PAID)
        with pytest.raises(operations.AssessorsInvalid):
            await operations.book_assessment(
                work,
                person_id=elder,
                occasion=AssessmentOccasion.FIRST,
                booked_for=NINE,
                assessors=(ASSESSORS[0], ASSESSORS[0]),
            )


async def test_a_release_gives_back_what_was_held(stage: Stage) -> None:
    await take_over(stage)
    request_id, held = await hold(stage, 3000)
    assert (held.held_fen, held.own_fen) == (3000, 0)
    assert await balance(stage) == (22000, 3000, 0)
    for expected in (3000, 0):
        async with stage.works(SYSTEM_ACTOR) as work:
            assert await wallet.release(work, request_id=request_id) == expected
    assert await balance(stage) == (25000, 0, 0)


async def test_the_quota_is_never_overspent_without_the_elders_word(stage: Stage) -> None:
    await take_over(stage, category=Category.KEY_GROUP, level=0)
    _, first = await hold(stage, 6000)
    assert (first.held_fen, first.own_fen, first.missing_fen) == (4200, 1800, 0)
    with pytest.raises(wallet.OverQuota) as refused:
        await hold(stage, 6000)
    assert refused.value.parameters == {"left": "3.00", "price": "60.00", "own": "57.00"}
    _, second = await hold(stage, 6000, beyond=True)
    assert (second.held_fen, second.own_fen, second.missing_fen) == (300, 5700, 3900)
    assert await balance(stage) == (0, 4500, 0)


async def test_a_charge_spends_its_share_once_and_frees_the_rest(stage: Stage, drain: Drain) -> None:
    await take_over(stage)
    request_id, _ = await hold(stage, 3000)
    event = charge(stage, request_id, 2000)
    async with stage.works(SYSTEM_ACTOR) as work:
        work.emit(event)
    await drain()
    assert await balance(stage) == (23000, 0, 2000)
    async with stage.works(SYSTEM_ACTOR) as work:
        work.emit(charge(stage, request_id, -500, revision=2))
    await drain()
    assert await balance(stage) == (23500, 0, 1500)


async def test_every_fen_of_a_wallet_is_in_one_account_of_its_entries(stage: Stage, drain: Drain) -> None:
    elder = await take_over(stage)
    first, _ = await hold(stage, 3000)
    await hold(stage, 4500)
    async with stage.works(SYSTEM_ACTOR) as work:
        work.emit(charge(stage, first, 2500))
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        entries = await queries.entries(work, elder, MONTH)
    for account, expected in zip(
        (WalletAccount.FREE, WalletAccount.HELD, WalletAccount.SPENT), await balance(stage), strict=True
    ):
        came = sum(entry.fen for entry in entries if entry.to_account is account)
        went = sum(entry.fen for entry in entries if entry.from_account is account)
        assert came - went == expected


async def test_a_death_ends_the_enrolment_and_its_quota(stage: Stage, drain: Drain) -> None:
    elder = await take_over(stage)
    await hold(stage, 3000)
    async with stage.works(SYSTEM_ACTOR) as work:
        work.emit(PersonDeceased(person_id=elder, died_on=date(2026, 3, 1)))
    await drain()
    async with stage.works(SYSTEM_ACTOR) as work:
        (enrolment,) = await queries.history(work, elder)
        assert (enrolment.state, enrolment.end_reason) == (EnrolmentState.ENDED, EndReason.DEATH)
        assert await queries.open_enrolment(work, elder) is None
    assert (await balance(stage))[:2] == (0, 3000)


async def test_a_suspended_elder_is_resumed_and_reassessed_after_hospital(stage: Stage) -> None:
    elder = await take_over(stage)
    async with stage.works(OPERATOR) as work:
        await operations.suspend(work, person_id=elder, reason=SuspendReason.HOSPITAL)
        with pytest.raises(operations.NotNow):
            await operations.suspend(work, person_id=elder, reason=SuspendReason.AWAY)
        assert (await operations.resume(work, person_id=elder)).reassess_on == date(2026, 3, 2)


async def test_half_of_what_is_left_goes_into_the_next_month_and_the_rest_expires(stage: Stage) -> None:
    elder = await take_over(stage)
    await hold(stage, 3000)
    stage.clock.advance(timedelta(days=30))
    async with stage.works(SYSTEM_ACTOR) as work:
        assert await wallet.turn_months(work) == 1
        april = await queries.wallet(work, elder, "2026-04")
        assert april is not None
        assert (april.granted_fen, april.carried_in_fen, april.free_fen) == (25000, 12500, 37500)
        expired = select(func.sum(WalletEntry.fen)).where(WalletEntry.to_account == WalletAccount.EXPIRED)
        assert (await work.session.execute(expired)).scalar_one() == 9500
        assert await wallet.turn_months(work) == 0
