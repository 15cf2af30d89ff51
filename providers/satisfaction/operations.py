"""Hear whether a visit was good: ratings by the elder's code, blind call-backs, and silence."""

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from events.contracts.feedback import FeedbackGiven
from events.contracts.visits import VisitFinished
from events.work import Work
from kit import clock
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from kit.vault import Vault
from providers.satisfaction import complaints
from providers.satisfaction.model import (
    CallBack,
    CallBackReason,
    CallState,
    Channel,
    CodeReading,
    Rateable,
    Rating,
)
from providers.satisfaction.rules import (
    BadScore,
    CallBackHoursApart,
    CallBackTries,
    CallBackWithinHours,
    FeedbackCodeTries,
    FeedbackSilenceHours,
)

_BY_CODE = frozenset({Channel.CODE, Channel.FAMILY})


class UnknownVisit(Refusal):
    """No finished visit of that id."""

    code = "feedback.unknown_visit"
    kind = Kind.NOT_FOUND


class ScoreOutOfRange(Refusal):
    """Not a score from 1 to 5."""

    code = "feedback.score_out_of_range"


class AlreadyGiven(Refusal):
    """The visit has its rating."""

    code = "feedback.already_given"
    kind = Kind.CONFLICT


class ReaderMayNotRate(Refusal):
    """Whoever read the rating code out may not give the rating."""

    code = "feedback.reader_may_not_rate"
    kind = Kind.FORBIDDEN


class CodeLocked(Refusal):
    """Too many wrong codes."""

    code = "feedback.code_locked"
    kind = Kind.TOO_MANY


class CallBackUnknown(Refusal):
    """No such call-back."""

    code = "callback.unknown"
    kind = Kind.NOT_FOUND


class CallBackFinished(Refusal):
    """The call-back has its answers or has been given up."""

    code = "callback.finished"
    kind = Kind.CONFLICT


class CallBackTooSoon(Refusal):
    """The last try was at the same hours."""

    code = "callback.too_soon"
    kind = Kind.CONFLICT


class ScoreWithoutVisit(Refusal):
    """Nobody came, and yet there is a score."""

    code = "callback.score_without_visit"


class StayOutOfRange(Refusal):
    """A stay of less than nothing or more than a day."""

    code = "callback.stay_out_of_range"


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What became of a code: a wrong one is an answer and not a refusal, for its try must be kept."""

    accepted: bool
    tries_left: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What an elder said on the telephone; `score` None where no opinion could be given."""

    came: bool
    stayed_minutes: int | None
    goods_instead: bool
    score: int | None


@dataclass(frozen=True, slots=True)
class Revealed:
    """What the operator may see once the answers are saved."""

    visit_id: UUID
    provider_id: UUID
    complaint_id: UUID | None


# One round trip for every finished visit: the first visit of an elder's life here is also put on the list of calls.
_OPEN = text(
    """
    with opened as (
      insert into rateable (visit_id, provider_id, person_id, item_code, division_code, finished_at, month, code_tries,
                            valid, call_state)
      select :visit_id, :provider_id, :person_id, :item_code, :division_code, :finished_at, :month, 0, false,
             case when exists (select from rateable where person_id = :person_id) then null else 'asked' end
      on conflict (visit_id) do nothing
      returning visit_id, person_id, item_code, call_state
    )
    insert into call_back (id, visit_id, person_id, item_code, reason, state, due_at, tries)
    select :call_back_id, visit_id, person_id, item_code, 'first_service', 'asked', :due_at, 0
    from opened where call_state = 'asked'
    """
)


async def open_for_rating(work: Work, *, visit: VisitFinished) -> None:
    """Make a finished visit rateable; a person's first service is to be called back. Doing it again changes nothing."""
    within = (await rules.read(work.session, CallBackWithinHours, at=work.now)).span
    await work.session.execute(
        _OPEN,
        {
            **visit.model_dump(include={"visit_id", "provider_id", "person_id", "item_code", "division_code"}),
            "finished_at": visit.left_at,
            "month": clock.month_of(visit.left_at),
            "call_back_id": new_id(),
            "due_at": visit.left_at + within,
        },
    )


def feedback_code(vault: Vault, visit_id: UUID) -> str:
    """Return the six digits by which an elder proves to have had this visit; made again when needed, never stored."""
    digest = hashlib.sha256(vault.token("feedback-code", str(visit_id)).encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


async def read_code(work: Work, *, visit_id: UUID) -> tuple[str, UUID]:
    """Return a visit's rating code and its elder, for the desk that says it to her; the reading is recorded.

    Refuses `feedback.unknown_visit`.
    """
    rateable = await work.session.get(Rateable, visit_id)
    if rateable is None:
        raise UnknownVisit
    await note_reader(work, visit_id=visit_id)
    return feedback_code(work.vault, visit_id), rateable.person_id


async def note_reader(work: Work, *, visit_id: UUID) -> None:
    """Keep that this actor has handed out a way to rate a visit, and so may not rate it."""
    work.session.add(CodeReading(visit_id=visit_id, read_by=work.actor.label, read_at=work.now))


async def _not_a_reader(work: Work, visit_id: UUID, by: str) -> None:
    query = select(exists().where(CodeReading.visit_id == visit_id, CodeReading.read_by == by))
    if await work.session.scalar(query):
        raise ReaderMayNotRate


async def give_by_code(
    work: Work, *, visit_id: UUID, code: str, score: int, channel: Channel = Channel.CODE, by: str | None = None
) -> CodeAnswer:
    """Rate a visit 1 to 5 by the elder's code, once; a wrong code is counted and answered.

    After five the code is worth nothing and the elder is called back. `by` is who is signed in where the code is
    typed; a person who has read the code out may not.

    Refuses `feedback.unknown_visit`, `.score_out_of_range`, `.already_given`, `.code_locked`, `.reader_may_not_rate`.
    """
    if channel not in _BY_CODE:
        message = f"{channel} is not given by code"
        raise ValueError(message)
    if not 1 <= score <= 5:
        raise ScoreOutOfRange
    rateable = await _rateable(work, visit_id)
    if by is not None:
        await _not_a_reader(work, visit_id, by)
    tries = (await rules.read(work.session, FeedbackCodeTries, at=work.now)).value
    if rateable.code_tries >= tries:
        raise CodeLocked
    if not hmac.compare_digest(feedback_code(work.vault, visit_id).encode(), code.strip().encode()):
        rateable.code_tries += 1
        if rateable.code_tries >= tries:
            # Somebody may have spoiled the code so that the elder cannot use it: the elder is asked by telephone.
            await ask(work, [visit_id], reason=CallBackReason.CODE_LOCKED, since=work.now)
        return CodeAnswer(accepted=False, tries_left=tries - rateable.code_tries)
    await _rate_once(work, rateable, channel=channel, score=score)
    return CodeAnswer(accepted=True, tries_left=tries - rateable.code_tries)


async def give_by_link(work: Work, *, visit_id: UUID, score: int, by: str | None = None) -> None:
    """Rate a visit 1 to 5 for the family, once; the caller has read the visit out of a link of theirs.

    Refuses `feedback.unknown_visit` before the visit is over, `.score_out_of_range`, `.already_given`, and
    `.reader_may_not_rate` to the person, signed in as `by`, who made the link.
    """
    if not 1 <= score <= 5:
        raise ScoreOutOfRange
    rateable = await _rateable(work, visit_id)
    if by is not None:
        await _not_a_reader(work, visit_id, by)
    await _rate_once(work, rateable, channel=Channel.FAMILY, score=score)


async def confirm_by_silence(work: Work, *, limit: int = 1000) -> int:
    """Confirm visits of which nothing was heard for 72 hours; that is no rating. Returns how many, at most `limit`."""
    silence = (await rules.read(work.session, FeedbackSilenceHours, at=work.now)).span
    silent = (
        select(Rateable.visit_id)
        .where(Rateable.channel.is_(None), Rateable.finished_at <= work.now - silence)
        .order_by(Rateable.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    done = await work.session.execute(
        update(Rateable)
        .where(Rateable.visit_id.in_(silent.scalar_subquery()))
        .values(channel=Channel.AUTO)
        .returning(Rateable.visit_id)
        .execution_options(synchronize_session=False)
    )
    return len(done.scalars().all())


async def record_call_back(work: Work, *, call_back_id: UUID, answers: Answers) -> Revealed:
    """Save an elder's answers and only then reveal whose visit it was; the answer overrides a rating by code.

    An elder who says that nobody came opens a complaint, unless one about the visit is open already. Refuses
    `callback.unknown`, `.finished`, `.score_without_visit`, `.stay_out_of_range`, `feedback.score_out_of_range`,
    and `feedback.reader_may_not_rate` to who has read the visit's rating code.
    """
    if answers.score is not None and not 1 <= answers.score <= 5:
        raise ScoreOutOfRange
    if not answers.came and answers.score is not None:
        raise ScoreWithoutVisit
    if answers.stayed_minutes is not None and not 0 <= answers.stayed_minutes <= 24 * 60:
        raise StayOutOfRange
    call_back = await _open_call_back(work, call_back_id)
    await _not_a_reader(work, call_back.visit_id, work.actor.label)
    rateable = await _rateable(work, call_back.visit_id)
    call_back.state = CallState.DECLINED if answers.score is None else CallState.ANSWERED
    call_back.answers = asdict(answers)
    call_back.saved_by, call_back.saved_at = work.actor.label, work.now
    rateable.call_state = call_back.state
    if answers.score is not None:
        await _rate(work, rateable, channel=Channel.CALLBACK, score=answers.score)
    elif not rateable.valid:
        rateable.channel = Channel.CALLBACK
        await _keep(work, rateable.visit_id, channel=Channel.CALLBACK, score=None)
    complaint_id = None
    if not answers.came:
        complaint = await complaints.open_about(work, rateable.visit_id)
        if complaint is None:
            complaint = await complaints.receive(work, visit_id=rateable.visit_id, words="回访：老人称无人上门。")
        complaint_id = complaint.id
    return Revealed(visit_id=rateable.visit_id, provider_id=rateable.provider_id, complaint_id=complaint_id)


async def record_no_answer(work: Work, *, call_back_id: UUID) -> CallState:
    """Record a call without an answer; after three at other hours the elder counts as not reached, and still as asked.

    Refuses `callback.unknown`, `.finished`, `.too_soon` (less than three hours after the last try).
    """
    call_back = await _open_call_back(work, call_back_id)
    apart = (await rules.read(work.session, CallBackHoursApart, at=work.now)).span
    if call_back.last_try_at is not None and work.now < call_back.last_try_at + apart:
        raise CallBackTooSoon(not_before=f"{clock.local(call_back.last_try_at + apart):%m-%d %H:%M}")
    call_back.tries += 1
    call_back.last_try_at = work.now
    if call_back.tries >= (await rules.read(work.session, CallBackTries, at=work.now)).value:
        call_back.state = CallState.NOT_REACHED
        (await _rateable(work, call_back.visit_id)).call_state = CallState.NOT_REACHED
    return call_back.state


async def _rateable(work: Work, visit_id: UUID) -> Rateable:
    rateable = await work.session.get(Rateable, visit_id, with_for_update=True)
    if rateable is None:
        raise UnknownVisit
    return rateable


async def _open_call_back(work: Work, call_back_id: UUID) -> CallBack:
    call_back = await work.session.get(CallBack, call_back_id, with_for_update=True)
    if call_back is None:
        raise CallBackUnknown
    if call_back.state is not CallState.ASKED:
        raise CallBackFinished
    return call_back


async def _rate(work: Work, rateable: Rateable, *, channel: Channel, score: int) -> None:
    rateable.score, rateable.channel, rateable.valid = score, channel, True
    await _keep(work, rateable.visit_id, channel=channel, score=score)
    work.emit(
        FeedbackGiven(
            visit_id=rateable.visit_id,
            provider_id=rateable.provider_id,
            item_code=rateable.item_code,
            division_code=rateable.division_code,
            score=score,
            channel=channel.value,
            valid=True,
        )
    )
    bad = (await rules.read(work.session, BadScore, at=work.now)).value
    if score <= bad and channel is not Channel.CALLBACK:
        await work.session.flush()
        await ask(work, [rateable.visit_id], reason=CallBackReason.BAD_RATING, since=work.now)


async def _rate_once(work: Work, rateable: Rateable, *, channel: Channel, score: int) -> None:
    if rateable.channel not in {None, Channel.AUTO}:
        raise AlreadyGiven
    await _rate(work, rateable, channel=channel, score=score)


async def _keep(work: Work, visit_id: UUID, *, channel: Channel, score: int | None) -> None:
    row = {"visit_id": visit_id, "channel": channel, "score": score}
    await work.session.execute(
        insert(Rating).values({**row, "id": new_id(), "given_at": work.now, "recorded_by": work.actor.label})
    )


async def ask(work: Work, visits: list[UUID], *, reason: CallBackReason, since: datetime) -> None:
    """Put visits on the list of calls, due 48 hours after they finished or after `since` if that is later.

    One that is on the list stays as it is; but a bad rating of an elder who could not be reached is asked again.
    """
    if not visits:
        return
    within = (await rules.read(work.session, CallBackWithinHours, at=work.now)).span
    wanted = await work.session.execute(
        select(Rateable.visit_id, Rateable.person_id, Rateable.item_code, Rateable.finished_at).where(
            Rateable.visit_id.in_(visits)
        )
    )
    rows = [
        {
            "id": new_id(),
            "visit_id": row.visit_id,
            "person_id": row.person_id,
            "item_code": row.item_code,
            "reason": reason,
            "state": CallState.ASKED,
            "due_at": max(row.finished_at, since) + within,
            "tries": 0,
        }
        for row in wanted
    ]
    fresh = upsert(CallBack).values(rows)
    again = {name: fresh.excluded[name] for name in ("reason", "state", "due_at", "tries")}
    vain = (CallBack.state == CallState.NOT_REACHED) & (fresh.excluded.reason == CallBackReason.BAD_RATING)
    made = fresh.on_conflict_do_update(index_elements=["visit_id"], set_=again, where=vain)
    asked = (await work.session.execute(made.returning(CallBack.visit_id))).scalars().all()
    await work.session.execute(
        update(Rateable)
        .where(Rateable.visit_id.in_(asked))
        .values(call_state=CallState.ASKED)
        .execution_options(synchronize_session=False)
    )
