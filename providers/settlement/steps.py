"""What the steps of a statement have in common: the row held for one step, and who may not take it."""

from uuid import UUID

from events.work import Work
from kit.refusal import Kind, Refusal
from providers.settlement import queries
from providers.settlement.model import TRANSITIONS, Statement, StatementState


class StatementCannotMove(Refusal):
    """The statement is not in the state that this step begins from."""

    code = "statement.cannot_move"
    kind = Kind.CONFLICT


class SecondPersonWanted(Refusal):
    """Who drew up, decided or approved may not take this step too."""

    code = "statement.second_person_wanted"
    kind = Kind.FORBIDDEN


async def locked(work: Work, statement_id: UUID, wanted: StatementState) -> Statement:
    """Hold a statement for its step to a state; refuse `statement.not_found`, `statement.cannot_move`."""
    statement = await work.session.get(Statement, statement_id, with_for_update=True)
    if statement is None:
        raise queries.StatementNotFound
    if wanted not in TRANSITIONS[statement.state]:
        raise StatementCannotMove(state=statement.state, wanted=wanted)
    return statement
