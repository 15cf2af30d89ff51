"""The chain over the event log: any change of history shows, down to the first event that was touched.

One sealer links events by transaction number: h(n) = SHA-256(h(n-1) + canonical row). It takes rows whose transaction
is older than every running one, so that nothing can still appear before a sealed row.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import RowMapping, select, text

from events.heads import Head, SignedHead
from events.model import LoggedEvent
from events.work import Work
from kit import clock, metrics
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal

GENESIS = bytes(32)
NEWEST = SortOrder("events of the log", LoggedEvent.position, falling=1)
BATCH = 1000
SEALED_WITHIN_SECONDS = 300.0
"""A big import may delay the sealer for minutes; after this time the sealer counts as stopped."""
_LOCK = 0x6E6F77616C6C73  # one sealer at a time: the bytes of "nowalls"

_NEXT = text(
    """
    select l.position, l.id, l.type, l.topic, l.key, l.subject, l.occurred_at, l.recorded_at, l.actor, l.correlation,
           l.causation, l.data, l.written_by::text as written_by
    from event_log l
    where (l.written_by, l.position) > (cast(:written_by as text)::xid8, :position)
      and l.written_by < pg_snapshot_xmin(pg_current_snapshot())
    -- named with its table: alone it would be the text above, by which 1000 comes before 999
    order by l.written_by, l.position limit :batch
    """
)
_SEALED = text(
    """
    select s.number, s.hash, s.position as sealed_position, s.written_by::text as sealed_by, l.position, l.id, l.type,
           l.topic, l.key, l.subject, l.occurred_at, l.recorded_at, l.actor, l.correlation, l.causation, l.data,
           l.written_by::text as written_by
    from event_seal s left join event_log l on l.position = s.position
    where s.number > :number order by s.number limit :batch
    """
)
_LINKS = text(
    """
    select string_agg(hash, ''::bytea order by number) as links from event_seal where number <= :last
    group by (number - 1) / 10000 order by (number - 1) / 10000
    """
)
_SEAL = text(
    """
    insert into event_seal (number, position, written_by, hash)
    values (:number, :position, cast(cast(:written_by as text) as xid8), :hash)
    """
)


class HeadCut(Refusal):
    """The chain does not hold the newest signed head any more: history was changed, or its end cut off."""

    code = "log.head_cut"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification; `first_bad` is the number of the first event that does not match, or None.

    `signed` is the newest signed head that the chain was compared with, None where none has been signed.
    """

    head: Head
    unsealed: int
    first_bad: int | None
    why: str
    signed: SignedHead | None = None


def canonical(row: RowMapping) -> bytes:
    """Write one log row so that equal facts give equal bytes: every column, sorted, JSON without spaces."""
    names = (
        "position",
        "id",
        "type",
        "topic",
        "key",
        "subject",
        "occurred_at",
        "recorded_at",
        "actor",
        "correlation",
        "causation",
        "data",
        "written_by",
    )
    content: dict[str, Any] = {name: row[name] for name in names}
    for name in ("occurred_at", "recorded_at"):
        content[name] = content[name].isoformat()
    for name in ("id", "correlation", "causation"):
        content[name] = None if content[name] is None else str(content[name])
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def link(previous: bytes, row: RowMapping) -> bytes:
    """Return the next hash of the chain."""
    return hashlib.sha256(previous + canonical(row)).digest()


_OLDEST_UNSEALED = text(
    """
    select coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0) from (
      select recorded_at from event_log
      where (written_by, position) > (
        select coalesce(max(s.written_by), '0'::xid8), coalesce(max(s.position), 0) from
          (select written_by, position from event_seal order by number desc limit 1) s)
      order by written_by, position limit 1
    ) as oldest
    """
)


async def unsealed_seconds(work: Work) -> float:
    """Return for how many seconds the first event that is not sealed yet has been waiting; 0 when all are."""
    return float((await work.session.execute(_OLDEST_UNSEALED)).scalar_one())


async def head(work: Work) -> Head:
    """Return the end of the chain."""
    last = (
        await work.session.execute(text("select number, hash from event_seal order by number desc limit 1"))
    ).first()
    return Head(last.number, bytes(last.hash)) if last else Head(0, GENESIS)


async def links(work: Work, *, last: int) -> list[bytes]:
    """Return the links of the chain up to a number, in order."""
    rows = await work.session.execute(_LINKS, {"last": last})
    return [row.links[place : place + 32] for row in rows for place in range(0, len(row.links), 32)]


async def seal(work: Work) -> int:
    """Chain the next events, at most `BATCH`; return how many. A second sealer at the same time does nothing."""
    if not (await work.session.execute(text("select pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK})).scalar_one():
        return 0
    last = (
        await work.session.execute(
            text("select number, hash, position, written_by::text as xid from event_seal order by number desc limit 1")
        )
    ).first()
    number, at = (last.number, bytes(last.hash)) if last else (0, GENESIS)
    where = {"written_by": last.xid if last else "0", "position": last.position if last else 0, "batch": BATCH}
    rows = (await work.session.execute(_NEXT, where)).mappings().all()
    seals: list[dict[str, Any]] = []
    for row in rows:
        number, at = number + 1, link(at, row)
        seals.append({"number": number, "position": row["position"], "written_by": row["written_by"], "hash": at})
    if seals:
        await work.session.execute(_SEAL, seals)
        metrics.SEALED.inc(len(seals))
    return len(seals)


async def seal_all(work: Work) -> Head:
    """Chain every event that can be chained now, after whoever is sealing; return the end of the chain."""
    await work.session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    while await seal(work) == BATCH:
        pass
    return await head(work)


_HASH = text("select hash from event_seal where number = :number")


async def sign(work: Work) -> None:
    """Sign the end of the chain and keep it outside the database, where it has moved since the last time.

    Refused: `log.head_cut` where the chain no longer holds what was signed last, for a signature of what is left would
    hide it; `log.heads_forged`, `log.heads_unusable`.
    """
    if work.heads is None:
        return
    signed = await asyncio.to_thread(work.heads.newest)
    end = await head(work)
    if signed is not None:
        stored = (await work.session.execute(_HASH, {"number": signed.head.number})).scalar_one_or_none()
        if stored is None or bytes(stored) != signed.head.hash:
            raise HeadCut(number=signed.head.number, at=signed.at)
    if end.number > (signed.head.number if signed else 0):
        await asyncio.to_thread(work.heads.append, end, work.now)
        metrics.SIGNED.set(end.number)


async def signed_head(work: Work) -> SignedHead | None:
    """Return the newest head that was signed; refuse `log.heads_forged`, `log.heads_unusable`."""
    return None if work.heads is None else await asyncio.to_thread(work.heads.newest)


async def verify(work: Work, *, anchor: Head | None = None) -> Verdict:
    """Walk the whole chain again and compare it with itself and with the newest signed head.

    `anchor` is a head printed earlier. A tail that was cut off shows against either of them. Refused:
    `log.heads_forged`, `log.heads_unusable`.
    """
    signed = await signed_head(work)
    anchors = {"printed": anchor} if anchor is not None else {}
    if signed is not None:
        anchors[f"signed at {signed.at}"] = signed.head
    end, first_bad, why = await _walk(work, anchors)
    if first_bad is not None:
        return Verdict(end, 0, first_bad, why, signed)
    total = (await work.session.execute(text("select count(*) from event_log"))).scalar_one()
    return Verdict(end, total - end.number, None, "", signed)


async def _walk(work: Work, anchors: Mapping[str, Head]) -> tuple[Head, int | None, str]:
    """Recompute the chain; return how far it is whole, the number of the first event that is not, and why."""
    number, at = 0, GENESIS
    pending = {name: anchor for name, anchor in anchors.items() if anchor.number}
    while True:
        rows = (await work.session.execute(_SEALED, {"number": number, "batch": BATCH})).mappings().all()
        for row in rows:
            if row["number"] != number + 1:
                return Head(number, at), number + 1, "a link is missing"
            if row["position"] is None:
                return Head(number, at), row["number"], "the event is missing"
            if link(at, row) != bytes(row["hash"]):
                return Head(number, at), row["number"], "the event or its link was changed"
            number, at = row["number"], bytes(row["hash"])
            for name in [name for name, anchor in pending.items() if anchor.number == number]:
                if pending.pop(name).hash != at:
                    return Head(number, at), number, f"the chain is not the one whose head was {name}"
        if len(rows) < BATCH:
            break
    for name in pending:
        return Head(number, at), number + 1, f"the chain ends before the head that was {name}"
    return Head(number, at), None, ""


async def search(
    work: Work,
    *,
    begins: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    day: date | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Sequence[LoggedEvent]:
    """Return events, the newest first: whose type begins so, about a subject, by an actor, of a day of the district."""
    query = select(LoggedEvent)
    if begins is not None:
        query = query.where(LoggedEvent.type.startswith(begins, autoescape=True))
    if subject is not None:
        query = query.where(LoggedEvent.subject == subject)
    if actor is not None:
        query = query.where(LoggedEvent.actor == actor)
    if day is not None:
        midnight = clock.at_local(day, 0)
        query = query.where(LoggedEvent.occurred_at >= midnight, LoggedEvent.occurred_at < midnight + timedelta(days=1))
    return (await work.session.execute(NEWEST.page(query, work.vault, after=after, limit=limit))).scalars().all()
