"""What becomes of a call: reported by the exchange, taken by an operator, forgotten."""

from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from dispatch.calls.model import PhoneCall, PhoneCallState
from dispatch.calls.queries import NUMBER, CallNotFound
from dispatch.calls.rules import NumberDays
from events.contracts.calls import CallAnswered, CallEnded, CallRang
from events.work import Work
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry import queries as registry

_FORWARD: Final = tuple(PhoneCallState)


class CallNumberDiffers(Refusal):
    """The exchange has reported this call with another number."""

    code = "call.number_differs"
    kind = Kind.CONFLICT


class CallTaken(Refusal):
    """Another operator has the call."""

    code = "call.taken"
    kind = Kind.CONFLICT


class CallOver(Refusal):
    """The caller has hung up."""

    code = "call.over"
    kind = Kind.CONFLICT


async def report_call(work: Work, *, source_key: str, state: PhoneCallState, number: str | None) -> PhoneCall:
    """Keep what the exchange reports of one of its calls, and return the call as it is then.

    The first report of a key is when it rang. A call goes forward alone: a state that comes late, or again, changes
    nothing. Refuses `call.number_differs`, and what the reader of telephones refuses.
    """
    plain = None if number is None else await registry.telephone(work, number)
    call_id, key = new_id(), work.vault.new_key()
    made = await work.session.execute(
        insert(PhoneCall)
        .values(id=call_id, source_key=source_key, data_key=key, state=PhoneCallState.RINGING, rang_at=work.now)
        .on_conflict_do_nothing(index_elements=[PhoneCall.source_key])
        .returning(PhoneCall.id)
    )
    if made.scalar() is not None:
        work.emit(CallRang(call_id=call_id))
    query = select(PhoneCall).where(PhoneCall.source_key == source_key).with_for_update()
    call = (await work.session.execute(query.execution_options(populate_existing=True))).scalar_one()
    _keep_number(work, call, plain)
    _go_on(work, call, state)
    await work.session.flush()
    return call


def _keep_number(work: Work, call: PhoneCall, plain: str | None) -> None:
    """Seal the number of a call that has none yet; refuse `call.number_differs`."""
    if plain is None or call.data_key is None:
        return
    blind = work.vault.blind("phone", plain)
    if call.number_blind not in {None, blind}:
        raise CallNumberDiffers
    if call.number_blind is None:
        call.number_blind = blind
        call.number_sealed = work.vault.seal(call.data_key, f"{NUMBER}|{call.id}", plain)


def _go_on(work: Work, call: PhoneCall, state: PhoneCallState) -> None:
    if _FORWARD.index(state) <= _FORWARD.index(call.state):
        return
    call.state = state
    if state is PhoneCallState.ANSWERED:
        call.answered_at = work.now
        work.emit(CallAnswered(call_id=call.id))
    else:
        call.ended_at = work.now
        work.emit(CallEnded(call_id=call.id))


async def take_call(work: Work, *, call_id: UUID) -> PhoneCall:
    """Give a call to the operator who takes it, who may take it again; from then on it counts as answered.

    Refuses `call.not_found`, `call.taken` where another operator has it, and `call.over` where nobody had it in time.
    """
    call = await work.session.get(PhoneCall, call_id, with_for_update=True, populate_existing=True)
    if call is None:
        raise CallNotFound
    if call.taken_by is None:
        if call.state is PhoneCallState.ENDED:
            raise CallOver
        call.taken_by, call.taken_at = work.actor.account_id, work.now
        _go_on(work, call, PhoneCallState.ANSWERED)
    elif call.taken_by != work.actor.account_id:
        raise CallTaken
    await work.session.flush()
    return call


async def forget_numbers(work: Work) -> None:
    """Destroy the numbers of calls that are older than the rule says, and the keys that open them; for the ticker."""
    days = (await rules.read(work.session, NumberDays, at=work.now)).span
    await work.session.execute(
        update(PhoneCall)
        .where(PhoneCall.rang_at < work.now - days, PhoneCall.data_key.is_not(None))
        .values(data_key=None, number_sealed=None, number_blind=None)
    )
