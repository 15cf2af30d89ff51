"""The benchmark of a month of money: visits laid into the log and the tables by COPY, then settled by the real command.

Each measured word is a process of its own, from its start to its end, so that seconds and memory are what a person at
the terminal sees. Everything that is started is ended.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg

from events import log
from events.contracts.event import Envelope, Event
from events.contracts.settlement import ChargeMade
from events.contracts.visits import VisitVerified
from events.work import Works
from kit import clock, postgres
from kit.access.actor import SYSTEM
from kit.clock import FixedClock
from kit.database import Database
from kit.vault import Vault
from providers.catalogue import operations as catalogue
from providers.catalogue import queries as catalogued
from providers.settlement import standards as rule_standards
from providers.settlement.arithmetic import Amounts, Standards, charge
from providers.settlement.papers import CHARGE, charge_id, facts_hash, seen_facts
from simulations.revisions import ROOT, DidNotFinish
from simulations.sampling import Sampler

MONTH: Final = "2026-03"
_FIRST = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
_COMPANIES, _DAYS, _AT_ONCE = 8, 31, 5_000
_NAMES = UUID("0190a5d0-0000-7000-8000-000000000000")
_ITEMS = (("B01", 60), ("B03", 60), ("B05", 90), ("B07", 45))
_OUTCOMES = (("completed", 94), ("nobody_home", 4), ("cancelled_late", 2))
_LOGGED = ("id", "type", "topic", "key", "subject", "occurred_at", "actor", "correlation", "causation", "data")
_ENTRY = ("posting_id", "account", "provider_id", "fen", "posted_at")
Row = dict[str, Any]


class _Layout:
    """Make up visits and what settlement makes of them, the same for the same number."""

    def __init__(self, prices: dict[str, int], standards: Standards) -> None:
        self.prices, self.standards, self.sampler = prices, standards, Sampler(7)

    def visit(self, number: int) -> VisitVerified:
        """Return one verified visit; some are late, short, unproven, to nobody, or more than the quota bears."""
        draw = self.sampler
        item, minutes = _ITEMS[number % len(_ITEMS)]
        start = _FIRST + timedelta(days=number % _DAYS, minutes=15 * draw.whole(0, 40, "start", number))
        late = draw.whole(31, 60, "late", number) if draw.chance(0.05, "is late", number) else 0
        done = minutes * draw.whole(40, 75, "part", number) // 100 if draw.chance(0.04, "short", number) else minutes
        price = self.prices[item]
        return VisitVerified(
            visit_id=uuid5(_NAMES, f"visit {number}"),
            request_id=uuid5(_NAMES, f"request {number}"),
            provider_id=uuid5(_NAMES, f"company {number % _COMPANIES}"),
            person_id=uuid5(_NAMES, f"person {number % 5_000}"),
            worker_id=uuid5(_NAMES, f"worker {number % 600}"),
            item_code=item,
            division_code="130903001001",
            planned_start=start,
            planned_minutes=minutes,
            quantity=1 + number % 2,
            arrived_at=start + timedelta(minutes=late),
            left_at=start + timedelta(minutes=late + done),
            late_minutes=late,
            done_minutes=done,
            evidence_grade="D" if draw.chance(0.02, "no proof", number) else "AB"[number % 2],
            outcome=draw.weighted(_OUTCOMES, "outcome", number),
            urgent=False,
            category="B",
            copay_percent=(0, 10, 20)[number % 3],
            quota_held_fen=price if draw.chance(0.9, "quota", number) else price // 3,
        )

    def rows(self, number: int) -> tuple[list[Row], Row, list[Row]]:
        """Return the events of one visit and its charge, the row of the charge, and the legs of its posting."""
        visit = self.visit(number)
        facts, at = seen_facts(visit), visit.left_at + timedelta(minutes=5)
        price_fen = self.prices[visit.item_code]
        amounts = charge(facts, price_fen=price_fen, standards=self.standards)
        verified = _logged(visit, uuid5(_NAMES, f"verified {number}"), at, cause=None)
        row = {
            "id": charge_id(visit.visit_id, 1, CHARGE),
            "visit_id": visit.visit_id,
            "request_id": visit.request_id,
            "person_id": visit.person_id,
            "provider_id": visit.provider_id,
            "item_code": visit.item_code,
            "division_code": visit.division_code,
            "month": clock.month_of(visit.planned_start),
            "revision": 1,
            "kind": CHARGE,
            "price_fen": price_fen,
            "rule_version": self.standards.version,
            "payable_fen": amounts.payable,
            "subsidised_fen": amounts.subsidised,
            "own_fen": amounts.own,
            "verified_by": verified["id"],
        }
        of_event = {name: value for name, value in row.items() if name != "id"}
        made = ChargeMade(charge_id=row["id"], deduction_fen=amounts.deducted, facts_hash=facts_hash(facts), **of_event)
        row |= {
            "visited_on": clock.day_of(visit.planned_start),
            "planned_start": visit.planned_start,
            "facts": json.dumps(facts.json()),
            "claimed_fen": amounts.claimed,
            "deducted_fen": amounts.deducted,
            "deductions": json.dumps(amounts.deductions),
            "made_at": at,
        }
        charged = _logged(made, uuid5(_NAMES, f"charged {number}"), at, cause=verified["id"])
        return [verified, charged], row, _legs(row["id"], visit.provider_id, amounts, at)


def _logged(event: Event, id_: UUID, at: datetime, *, cause: UUID | None) -> Row:
    data = event.model_dump(mode="json")
    envelope = Envelope(id_, event.type_name(), event.subject, at, "bench", id_, cause, data)
    values = (event.topic, event.key, envelope.subject, at, envelope.actor, envelope.correlation, cause)
    return dict(zip(_LOGGED, (id_, envelope.type, *values, json.dumps(data)), strict=True))


def _legs(posting: UUID, provider_id: UUID, amounts: Amounts, at: datetime) -> list[Row]:
    pairs = (("subsidy", "due", amounts.subsidised), ("own", "collectable", amounts.own))
    legs = [(account, fen) for debit, credit, whole in pairs for account, fen in ((debit, whole), (credit, -whole))]
    return [dict(zip(_ENTRY, (posting, account, provider_id, fen, at), strict=True)) for account, fen in legs if fen]


async def _lay(url: str, visits: int, progress: Callable[[int, int, str], None]) -> float:
    """Write the visits, seal the log as the ticker would have, and return how many seconds the sealing took."""
    database = Database(url, connections=2)
    works = Works(database, FixedClock(_FIRST - timedelta(days=30)), Vault(bytes(range(64))), routes={})
    try:
        async with works(SYSTEM("bench")) as work:
            await catalogue.ship_catalogue(work)
            standards = await rule_standards.at(work, _FIRST)
            await rule_standards.keep(work, standards)
        async with works(SYSTEM("bench")) as work:
            prices = {item: await catalogued.price(work, item, _FIRST) for item, _ in _ITEMS}
        layout = _Layout({item: fen for item, fen in prices.items() if fen is not None}, standards)
        connection = await asyncpg.connect(dsn=postgres.plain(url))
        try:
            numbers = iter(range(visits))
            while some := [layout.rows(number) for number in islice(numbers, _AT_ONCE)]:
                await _copy(connection, "event_log", [event for events, _, _ in some for event in events])
                await _copy(connection, "charge", [row for _, row, _ in some])
                await _copy(connection, "ledger_entry", [leg for _, _, legs in some for leg in legs])
                progress(0, 3, "lay out")
            await connection.execute("analyze")
        finally:
            await connection.close()
        began = perf_counter()
        async with works(SYSTEM("bench")) as work:
            await log.seal_all(work)
        return perf_counter() - began
    finally:
        await database.close()


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", table: str, rows: Sequence[Row]) -> None:
    columns = list(rows[0])
    records: Iterator[tuple[Any, ...]] = (tuple(row[name] for name in columns) for row in rows)
    await connection.copy_records_to_table(table, records=list(records), columns=columns)


def _settle(folder: Path, url: str, *words: str) -> dict[str, Any]:
    """Run the word `settle` and return its answer with its seconds, of those its own processor's, and its most MB.

    Refuses `bench.did_not_finish` where it ends with anything but 0.
    """
    environment = os.environ | {"NOWALLS_HOME": str(folder / "home"), "NOWALLS_DATABASE_URL": url, "NOWALLS_KAFKA": ""}
    line = [sys.executable, "-P", "-m", "processes", "settle", *words, "--json"]
    with (folder / "out").open("wb") as out, (folder / "errors").open("wb") as errors:
        began = perf_counter()
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        process = os.posix_spawn(sys.executable, line, environment | {"PYTHONPATH": str(ROOT)}, file_actions=actions)
        _, status, used = os.wait4(process, 0)
        seconds = perf_counter() - began
    if status:
        raise DidNotFinish(what="settle", says=(folder / "errors").read_text(encoding="utf-8")[-300:])
    answer: dict[str, Any] = json.loads((folder / "out").read_text(encoding="utf-8").splitlines()[-1])
    cpu = round(used.ru_utime + used.ru_stime, 2)
    return answer | {"seconds": round(seconds, 2), "cpu_s": cpu, "memory_mb": _megabytes(used)}


def _megabytes(used: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return round(used.ru_maxrss * unit / 2**20, 1)


def run(*, visits: int, progress: Callable[[int, int, str], None]) -> dict[str, Any]:
    """Draw up and replay a month of some visits; return seconds and memory of both, and whether they agree.

    Refuses `bench.did_not_finish`.
    """
    with tempfile.TemporaryDirectory(prefix="nowalls-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        address = postgres.start(folder / "pg", throw_away=True)
        url = asyncio.run(postgres.make_database(address, "settling"))
        progress(0, 3, "lay out")
        started = _settle(folder, url, "2025-01")  # brings the schema; what a start costs with nothing to do
        sealed = asyncio.run(_lay(url, visits, progress))
        progress(1, 3, "draw up")
        drawn = _settle(folder, url, MONTH)
        progress(2, 3, "replay")
        replayed = _settle(folder, url, MONTH, "--replay")
    measured = ("seconds", "cpu_s", "memory_mb")
    return {
        "visits": visits,
        "stated": drawn["visits"],
        "statements": drawn["statements"],
        "charges_fen": drawn["charges_fen"],
        "sealed_s": round(sealed, 2),
        "started": {name: started[name] for name in measured},
        "drawn": {name: drawn[name] for name in measured},
        "replayed": {name: replayed[name] for name in measured},
        "equal": replayed["sha256"] == drawn["sha256"] and not replayed["disagreements"],
    }
