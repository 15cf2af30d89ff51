"""A district that has been lived in, copied for each test that wants it, with somebody signed in at every desk."""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from pypdf import PdfReader

from api.accounts.model import AccountSession
from api.accounts.tokens import LONGEST, hash_of
from api.app import V1, build
from events.work import Works
from kit import postgres
from kit.access.actor import SYSTEM, Actor
from kit.database import Base, sees
from kit.ids import new_id
from processes.rooms import ROOMS
from tests.api.lives import Company

UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HOST = "http://test"
BASE = HOST + V1
"""Below this every test's client asks, unless it names the host itself."""
SAME_REQUEST = {"X-Request-Id": "01890a5d-ac96-774b-bcce-b302099a8057"}
"""Every request of a test is one and the same, so that two answers differ only where they tell different things."""
AT_ROOT = {"/", "/docs", "/health", "/metrics", "/openapi.json", "/tour"}
PASSING = {"account_session", "idempotency_key", "attempt", "refused_action"}
"""Tables that remember requests, not the district."""

PASSING_COLUMNS = {"rateable": "code_tries"}
"""Anybody may try a code at any visit, and the trying is counted; no answer tells of it."""

NOUNS = {
    "offer_id": "select id from offer where provider_id = $1",
    "visit_id": "select id from visit where provider_id = $1",
    "request_id": "select distinct request_id from visit where provider_id = $1",
    "decision_id": "select id from decision_record where provider_id = $1",
    "worker_id": "select id from worker where provider_id = $1",
    "provider_id": "select id from company where id = $1",
    "statement_id": "select id from statement where provider_id = $1",
    "line_id": "select id from statement_line where provider_id = $1",
    "dispute_id": "select id from dispute where provider_id = $1",
    "complaint_id": "select id from complaint where provider_id = $1",
    "call_back_id": "select c.id from call_back c join visit v on v.id = c.visit_id where v.provider_id = $1",
    "case_id": "select c.id from escalation_case c join visit v on c.subject_id in (v.id, v.request_id)"
    " where v.provider_id = $1",
    "subject_id": "select distinct c.subject_id from escalation_case c"
    " join visit v on c.subject_id in (v.id, v.request_id) where v.provider_id = $1",
    "person_id": "select person_id from visit group by person_id"
    " having array_agg(distinct provider_id) = array[$1::uuid]",
    "household_id": "select h.household_id from household_member h join visit v using (person_id)"
    " where v.provider_id = $1",
    "order_id": "select s.id from standing_order s join visit v using (person_id) where v.provider_id = $1",
    "assessment_id": "select a.id from assessment a join visit v using (person_id) where v.provider_id = $1",
    "contract_id": "select id from contract where provider_id = $1",
    "dead_letter_id": "select id from dead_letter where convert_from(body, 'UTF8') = "
    "(select split_part(name, ' ', 1) from company where id = $1)",
    "absence_id": "select id from absence where provider_id = $1",
    "shift_id": "select id from shift where provider_id = $1",
    "account_id": "select id from account where provider_id = $1",
    "session_id": "select s.id from account_session s join account a on a.id = s.account_id where a.provider_id = $1",
    "change_id": "select id from pending_change where subject = $1::uuid::text",
    "civil_case_id": "select c.id from civil_case c join visit v using (person_id) where v.provider_id = $1",
    "run_id": "select id from civil_pay_run where $1::uuid is not null",
    "record_id": "select id from civil_record where $1::uuid is not null",
    "within_id": "select id from civil_record where $1::uuid is not null",
    "fund_id": "select id from civil_fund where $1::uuid is not null",
    "fund_entry_id": "select id from civil_fund_entry where $1::uuid is not null",
    "consent_id": "select id from civil_fund_consent where $1::uuid is not null",
    "act_id": "select id from act where provider_id = $1",
    "call_id": "select id from phone_call where $1::uuid is not null",
    "newcomer_id": "select id from newcomer where $1::uuid is not null",
}
"""Every kind of id that a route may ask for: how to find a company's own."""

OWN_MONEY = """
select to_jsonb(t)::text from event_log t where type like 'rules.%' or type like 'people.person_de%'
  and data->>'person_id' in (select person_id::text from charge where provider_id::text = $1)
  or data->>'provider_id' = $1 and (type like 'visits.visit_verified%' or type like 'visits.visit_voided%'
    or type like 'visits.visit_held%' or type like 'feedback.complaint_decided%' or type like 'settlement.%')
"""
"""The events that a company's own money follows from: the audit package of its statement shows them to it."""


@dataclass(slots=True)
class Lived:
    """What the district's life left behind: the database to copy, the hour, who there is, who is signed in.

    `document` is the OpenAPI document, the same for every copy; to make it takes more than a second.
    """

    database: str
    now: datetime
    companies: list[Company]
    shared: UUID
    tokens: dict[str, str]
    actors: dict[str, Actor]
    document: dict[str, Any]


async def sign_in_all(works: Works, actors: dict[str, Actor]) -> dict[str, str]:
    """Begin a session for every account, without waiting for argon2: user name → token."""
    tokens = {name: f"token-of-{name}-{new_id()}" for name in actors}
    async with works(SYSTEM("test")) as work:
        for name, actor in actors.items():
            assert actor.account_id is not None
            work.session.add(
                AccountSession(
                    token_hash=hash_of(tokens[name]),
                    account_id=actor.account_id,
                    begun_at=work.now,
                    ends_at=work.now + LONGEST,
                    seen_at=work.now,
                    client="test",
                )
            )
    return tokens


@dataclass(slots=True)
class World:
    """One copy, with the application on it; an account that a test opens here is signed in nowhere else."""

    lived: Lived
    works: Works
    app: FastAPI
    client: httpx.AsyncClient
    plain: "asyncpg.Connection[Any]"
    asked: int = 0
    routes: set[str] = field(default_factory=set)

    @classmethod
    async def open(cls, lived: Lived, works: Works) -> "World":
        app = build(works, ROOMS)
        app.openapi_schema = lived.document
        transport = httpx.ASGITransport(app=app)
        client = httpx.AsyncClient(
            transport=transport, base_url=BASE, headers={"Accept-Encoding": "identity"} | SAME_REQUEST
        )
        own = replace(lived, tokens=dict(lived.tokens), actors=dict(lived.actors))
        return cls(own, works, app, client, await asyncpg.connect(dsn=postgres.plain(works.database.url)))

    async def close(self) -> None:
        await self.client.aclose()
        await self.plain.close()

    async def ask(self, name: str | None, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as somebody by user name, or as nobody."""
        self.asked += 1
        headers = {"Authorization": f"Bearer {self.lived.tokens[name]}"} if name else {}
        return await self.client.request(method, address(path), headers=headers | more.pop("headers", {}), **more)

    async def ids(self, noun: str, company: Company) -> list[str]:
        """Return all ids of a kind that belong to a company."""
        return sorted({str(row[0]) for row in await self.plain.fetch(NOUNS[noun], company.id)})

    async def state(self, *, without: Iterable[str] = ()) -> dict[str, str]:
        """Return what the whole district looks like: table → hash of its rows."""
        left_out = PASSING | set(without)
        return {
            table.name: await self._hash(table.name, "true")
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }

    async def hidden_state(self, company: Company) -> dict[str, str]:
        """Return what of the district's nouns a company may not see: table → hash of the rows hidden from it."""
        hashes = {}
        for table in Base.metadata.sorted_tables:
            if table.name not in PASSING and not table.name.startswith("event_"):
                await self.plain.execute("select set_config('app.provider', $1, false)", str(company.id))
                hashes[table.name] = await self._hash(table.name, f"not ({table.info.get('provider_sees', 'false')})")
        return hashes

    async def _hash(self, table: str, where: str) -> str:
        row = f"(to_jsonb(t) - '{PASSING_COLUMNS.get(table, '')}')::text"
        query = f'select {row} from "{table}" t where {where.replace(f"{table}.", "t.")} order by 1'
        rows = await self.plain.fetch(query)
        return hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()

    async def secrets(self, company: Company) -> frozenset[str]:
        """Return every id that stands anywhere in the district and in no row that the company may see."""
        everything, seen = set(), set()
        for table in Base.metadata.sorted_tables:
            everything |= await self._uuids(f'select to_jsonb(t)::text from "{table.name}" t')
            sees = table.info.get("provider_sees")
            if sees is not None:
                await self.plain.execute("select set_config('app.provider', $1, false)", str(company.id))
                where = sees.replace(f"{table.name}.", "t.")
                seen |= await self._uuids(f'select to_jsonb(t)::text from "{table.name}" t where {where}')
        own = "select to_jsonb(t)::text from {} where provider_id = '{}'"
        seen |= await self._uuids(own.format("account t", company.id))
        seen |= await self._uuids(own.format("account_session t join account a on a.id = t.account_id", company.id))
        for (content,) in await self.plain.fetch(OWN_MONEY, str(company.id)):
            seen |= set(UUIDS.findall(content))
        return frozenset(everything - seen)

    async def hidden_from(self, name: str, axis: str, settings: Mapping[str, str]) -> frozenset[str]:
        """Return every id that stands anywhere and in no row that the table's `info` opens to an account's axis.

        `settings` are what that account's transactions set; the rows of the own account are no secret to it.
        """
        for setting, value in settings.items():
            await self.plain.execute("select set_config($1, $2, false)", setting, value)
        everything, seen = set(), set()
        for table in Base.metadata.sorted_tables:
            everything |= await self._uuids(f'select to_jsonb(t)::text from "{table.name}" t')
            expression = sees(table, axis)
            if expression is not None and "select" in table.info.get(f"{axis}_may", "select"):
                where = expression.replace(f"{table.name}.", "t.")
                seen |= await self._uuids(f'select to_jsonb(t)::text from "{table.name}" t where {where}')
        mine = f"select to_jsonb(t)::text from {{}} where a.username = '{name}'"
        seen |= await self._uuids(mine.format("account t join account a using (id)"))
        seen |= await self._uuids(mine.format("account_session t join account a on a.id = t.account_id"))
        return frozenset(everything - seen)

    async def _uuids(self, query: str) -> set[str]:
        return {uuid for row in await self.plain.fetch(query) for uuid in UUIDS.findall(row[0])}

    def words(self, company: Company) -> list[str]:
        """Return the words and numbers that only the other companies and their elders have."""
        others = [other for other in self.lived.companies if other is not company]
        return [word for other in others for word in (other.mark, *other.phones, *other.id_numbers)]


def address(path: str) -> str:
    """Return where to ask for a path: one of the OpenAPI document, one below `/api/v1` or one at the root."""
    return HOST + path if path.partition("?")[0] in AT_ROOT else path.removeprefix(V1)


def rows_of(answer: httpx.Response) -> Any:
    """Return an answer's content: of a list its rows, None where there is none."""
    content = answer.json() if answer.content else None
    return content["items"] if isinstance(content, dict) and content.keys() == {"items", "next"} else content


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the tables whose rows are not what they were."""
    return {table for table in before if after[table] != before[table]}


def _text(content: bytes) -> str:
    """Return what is written in an answer's body, which may be a workbook or a PDF."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as parts:
            return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    if content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return content.decode("utf-8", "replace")


def canaries(answer: Any, secrets: frozenset[str], words: list[str], asked: str) -> list[str]:
    """Return what an answer gives away that was not in the question itself."""
    text = _text(answer.content) + json.dumps(dict(answer.headers))
    leaked = [uuid for uuid in UUIDS.findall(text.lower()) if uuid in secrets and uuid not in asked]
    return leaked + [word for word in words if word in text and word not in asked]
