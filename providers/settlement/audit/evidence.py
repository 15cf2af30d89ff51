"""What a statement rests on, out of the log: its events as they were hashed, and their place in the tree of events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, String, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from events import log, merkle
from events.contracts.event import Event
from events.contracts.feedback import ComplaintDecided
from events.contracts.people import PersonDeathCorrected, PersonDeceased
from events.contracts.settlement import (
    ChargeFunded,
    ChargeMade,
    ChargeRecorded,
    LineDecided,
    LineReviewed,
    StatementDrafted,
)
from events.contracts.visits import VisitHeld, VisitVoided
from events.work import Work
from kit.refusal import Kind, Refusal
from providers.settlement.model import Charge, ChargeKind, StatementLine
from providers.settlement.papers import Line, Paper

FINDINGS: Final[tuple[type[Event], ...]] = (
    VisitVoided,
    VisitHeld,
    ComplaintDecided,
    ChargeFunded,
    LineReviewed,
    PersonDeceased,
    PersonDeathCorrected,
)
"""What is found of a visit beside its own evidence, by the visit or by the person."""
_ROWS: Final = text(
    """
    with wanted as (
      select position from event_log where id = any(:ids)
      union select position from event_log where subject = any(:charges) and type = any(:made)
      union select position from event_log where subject = any(:subjects) and type = any(:findings)
      union select position from event_log
        where subject = any(:statements) and type = :decided and data->>'line_id' = any(:lines)
      union select position from event_log where subject = :statement and type = :drafted
      union select position from event_seal where number = any(:numbers)
    )
    select s.number, before.hash as previous, l.position, l.id, l.type, l.topic, l.key, l.subject, l.occurred_at,
           l.recorded_at, l.actor, l.correlation, l.causation, l.data, l.written_by::text as written_by
    from wanted join event_seal s using (position) join event_log l using (position)
    left join event_seal before on before.number = s.number - 1
    where s.number <= :reaches or l.type = :drafted  -- what was found since is no matter of this statement
    order by s.number
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    *(bindparam(name, type_=ARRAY(String)) for name in ("charges", "made", "subjects", "findings", "statements")),
    bindparam("lines", type_=ARRAY(String)),
    bindparam("numbers", type_=ARRAY(BigInteger)),
    bindparam("reaches", type_=BigInteger),
)


class NotSealed(Refusal):
    """The event of the statement is not in the chain yet."""

    code = "statement.not_sealed"
    kind = Kind.BUSY


class NoTree(Refusal):
    """The statement was drawn up before its event named the tree of events."""

    code = "statement.no_tree"
    kind = Kind.CONFLICT


class LoggedRow(NamedTuple):
    """One sealed event: its number, the link before its own, its own link, and the bytes that were hashed as text."""

    number: int
    previous: bytes
    link: bytes
    content: str
    id: UUID
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The events behind a statement by number; `drafted` is its own; `path` proves their place in the tree.

    `first` has the event that first verified a visit that was charged again; `decided` which visit a line was of.
    """

    rows: dict[int, LoggedRow]
    drafted: LoggedRow
    path: Sequence[bytes]
    first: dict[UUID, UUID]
    decided: dict[str, UUID]


async def of(work: Work, paper: Paper, *, numbers: Collection[int]) -> Evidence:
    """Return the events that a paper's lines rest on, with those of the numbers given (prices and rules).

    Refuses `statement.not_sealed` until the event of the statement is in the chain, and `statement.no_tree` for one of
    a release that did not name the tree.
    """
    again = {line.visit_id for line in paper.lines if line.revision > 1}
    first: dict[UUID, UUID] = {}
    charges = [line.id for line in paper.lines]
    if again:
        firsts = select(Charge.visit_id, Charge.verified_by).where(
            Charge.visit_id.in_(again), Charge.revision == 1, Charge.kind == ChargeKind.CHARGE
        )
        first = {visit_id: id_ for visit_id, id_ in await work.session.execute(firsts) if id_}
    weighed = [line for line in paper.lines if _weighed(line)]
    lines: list[tuple[UUID, UUID, UUID]] = []
    if forgiven := {line.visit_id for line in weighed if line.content()["facts"]["forgiven"]}:
        stated = select(StatementLine.id, StatementLine.statement_id, Charge.visit_id).join(Charge)
        rows_of = await work.session.execute(stated.where(Charge.visit_id.in_(forgiven)))
        lines = [(line_id, statement_id, visit_id) for line_id, statement_id, visit_id in rows_of]
    verified = {line.verified_by for line in paper.lines if line.verified_by} | set(first.values())
    asked = {
        "ids": sorted(verified),
        "charges": sorted(map(str, charges)),
        "made": [ChargeMade.type_name(), ChargeRecorded.type_name()],
        "subjects": sorted({str(id_) for line in weighed for id_ in (line.visit_id, line.person_id)}),
        "findings": [kind.type_name() for kind in FINDINGS],
        "statements": sorted({str(statement_id) for _, statement_id, _ in lines}),
        "lines": [str(line_id) for line_id, _, _ in lines],
        "decided": LineDecided.type_name(),
        "statement": str(paper.id),
        "drafted": StatementDrafted.type_name(),
        "numbers": sorted(numbers),
        "reaches": paper.reaches,
    }
    rows = [_row(row) for row in (await work.session.execute(_ROWS, asked)).mappings()]
    drafted = next((row for row in rows if row.type == StatementDrafted.type_name()), None)
    if drafted is None:
        raise NotSealed
    if drafted.data.get("tree_hash") is None:
        raise NoTree
    links = await log.links(work, last=drafted.data["reaches"])
    _, path = merkle.root_and_path(links, {row.number for row in rows})
    decided = {str(line_id): visit_id for line_id, _, visit_id in lines}
    return Evidence({row.number: row for row in rows}, drafted, path, first, decided)


def _weighed(line: Line) -> bool:
    """Tell whether something was found of the visit beside its own evidence."""
    facts = line.content()["facts"]
    return bool(facts["void"] or facts["complaint_percent"] or facts["forgiven"])


def _row(row: Any) -> LoggedRow:
    previous = log.GENESIS if row["previous"] is None else bytes(row["previous"])
    content = log.canonical(row).decode()
    return LoggedRow(row["number"], previous, log.link(previous, row), content, row["id"], row["type"], row["data"])
