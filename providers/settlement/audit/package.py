"""A statement that proves itself without a server: its events, their place in the log, its rules, prices and lines."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import segno
from sqlalchemy import select

from events.contracts.settlement import ChargeMade, ChargeRecorded, LineDecided
from events.heads import Head
from events.work import Work
from kit import text
from providers.catalogue.model import Item
from providers.roster.model import Company
from providers.settlement import journal, queries
from providers.settlement.audit import evidence
from providers.settlement.audit.evidence import Evidence
from providers.settlement.audit.page import base64_of, html
from providers.settlement.model import Statement
from providers.settlement.papers import Line, Paper
from providers.settlement.replay import Books
from providers.settlement.rules import STANDARDS

Choices = dict[str, list[int]]
"""The numbers of the events that a line may rest on, by what they record: its price, or a rule."""
_CHARGES = {ChargeMade.type_name(), ChargeRecorded.type_name()}
_FINDINGS = {kind.type_name() for kind in evidence.FINDINGS}


async def package(work: Work, statement: Statement) -> str:
    """Return a statement's audit package as a page; it names nobody but the company.

    Refuses `statement.not_found` where no event knows the statement, `statement.not_sealed`, `statement.no_tree`.
    """
    books = await journal.books(work, provider_id=statement.provider_id)
    paper = books.papers.get(statement.id)
    if paper is None:
        raise queries.StatementNotFound
    if paper.reaches is None:
        raise evidence.NoTree
    choices = {line.id: _choices(books, line, paper.reaches) for line in paper.lines}
    numbers = {number for each in choices.values() for listed in each.values() for number in listed}
    behind = await evidence.of(work, paper, numbers=numbers)
    company = await work.session.get_one(Company, statement.provider_id)
    codes = {line.item_code for line in paper.lines}
    names = await work.session.execute(select(Item.code, Item.name).where(Item.code.in_(codes)))
    head = str(Head(behind.drafted.number, behind.drafted.link))
    return html(
        {
            "drafted": behind.drafted.number,
            "head": head,
            "qr": ["".join(map(str, row)) for row in segno.make(head, error="m", micro=False).matrix],
            "path": [base64_of(digest) for digest in behind.path],
            "events": [
                [row.number, base64_of(row.previous), base64_of(row.link), row.content] for row in behind.rows.values()
            ],
            **_lines(books, paper, behind, choices),
            "company": {"name": company.name, "uscc": company.uscc},
            "items": {row.code: row.name for row in names},
            "words": {kind: text.words()[kind] for kind in ("ChargeKind", "DeductionReason")},
        }
    )


def _lines(books: Books, paper: Paper, behind: Evidence, choices: Mapping[UUID, Choices]) -> dict[str, Any]:
    """Name the events of each line by number, and the rule values of each set of them."""
    rows = behind.rows.values()
    charges = {
        row.data["charge_id"]: row.number for row in rows if row.type in _CHARGES and row.data.get("kind") is not None
    }
    numbers = {row.id: row.number for row in rows}
    findings: dict[UUID, list[int]] = {}
    for row in rows:
        if row.type in _FINDINGS:
            findings.setdefault(UUID(row.data.get("visit_id") or row.data["person_id"]), []).append(row.number)
        elif row.type == LineDecided.type_name():
            findings.setdefault(behind.decided[row.data["line_id"]], []).append(row.number)
    rules: dict[tuple[str, tuple[int, ...]], dict[str, Any]] = {}
    places: dict[tuple[str, tuple[int, ...]], int] = {}
    lines = []
    for line in paper.lines:
        charge = charges.get(str(line.id), 0)
        visit = numbers.get(line.verified_by, 0) if line.verified_by else 0
        used = {name: _latest(listed, charge) for name, listed in choices[line.id].items()}
        price = used.pop("price")
        key = line.rule_version, tuple(used.values())
        if key not in rules:
            standards = books.values.standards(line.rule_version, line.planned_start)
            values = {name: getattr(standards, name, None) for name in STANDARDS}
            rules[key] = {"version": line.rule_version, "values": values, "numbers": used}
        first = behind.first.get(line.visit_id)
        lines.append(
            {
                "charge": charge,
                "visit": visit,
                "first": numbers.get(first, 0) if first else visit,
                "price": price,
                "rules": places.setdefault(key, len(places)),
                "findings": sorted({*findings.get(line.visit_id, ()), *findings.get(line.person_id, ())}),
            }
        )
    return {"lines": lines, "rules": list(rules.values())}


def _choices(books: Books, line: Line, last: int) -> Choices:
    """Return which events up to the last one could have set the line's price and each of its rule values."""
    prices = [
        number
        for number, price in books.values.price_events(line.item_code, line.visited_on)
        if price.price_fen == line.price_fen
    ]
    choices = {"price": prices}
    standards = books.values.standards(line.rule_version, line.planned_start)
    for name in STANDARDS:
        value = getattr(standards, name, None)
        choices[name] = [number for number, kept in books.values.rule_values(name, line.planned_start) if kept == value]
    return {name: [number for number in numbers if 0 < number <= last] for name, numbers in choices.items()}


def _latest(numbers: Iterable[int], charge: int) -> int:
    """Return the last event before the charge, else the first there is; 0 where the log holds none."""
    ordered = sorted(numbers)
    return max((number for number in ordered if number < charge), default=ordered[0] if ordered else 0)
