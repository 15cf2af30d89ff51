"""The database itself shows a company's people their own rows alone: asked of every table there is."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit import postgres
from kit.access import scope
from kit.access.scope import Section
from kit.china import identifiers
from kit.database import AUDITOR_ROLE, AXES, CLERK_ROLE, OWN_ROLE, PROVIDER_ROLE, ROLES, Base
from tests.api.lives import DISTRICT, OWN, SHARED, VILLAGES, Company
from tests.api.world import World

FOR_ALL = {"item", "price", "division", "rule", "charge_standards", "rehearsal"}
"""What everybody may read: the catalogue, the map, the rules."""


async def _readable(world: World, table: str) -> list[str]:
    """Return the columns of a table that the companies' role may read."""
    rows = await world.plain.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped"
        " and has_column_privilege($2, attrelid, attname, 'select')",
        table,
        PROVIDER_ROLE,
    )
    return [row["attname"] for row in rows]


async def _rows(world: World, table: str, columns: list[str], company: Company | None) -> set[str]:
    """Read a table as a company's people, or with no company named."""
    names = ", ".join(f't."{column}"' for column in columns)
    query = text(f'select to_jsonb(r)::text from (select {names} from "{table}" t) r')
    if company is not None:
        async with world.works.database.session(scope.Company(company.id)) as session:
            return set((await session.execute(query)).scalars())
    async with world.works.database.sessions[PROVIDER_ROLE].begin() as session:
        return set((await session.execute(query)).scalars())


async def test_every_table_is_under_row_security_that_binds_its_owner_too(world: World) -> None:
    rows = await world.plain.fetch(
        "select relname, relrowsecurity and relforcerowsecurity as held from pg_class"
        " where relkind in ('r', 'p', 'm', 'v', 'f') and relnamespace = 'public'::regnamespace"
    )
    assert {row["relname"] for row in rows} == set(Base.metadata.tables)
    assert [row["relname"] for row in rows if not row["held"]] == []


EVERYBODY, BUREAU, NOBODY = "provider clerk own auditor", "auditor", ""
COMPANYS, PERSONS, CLERKS = "provider auditor", "own auditor", "clerk auditor"
SEEN_BY = {
    # the map, the catalogue, the rules, and whether this is a rehearsal
    **dict.fromkeys(("division", "item", "price", "rule", "rehearsal"), EVERYBODY),
    # what a company signed, whom it employs, what it was offered and is paid; the elder's clerk need not know
    **dict.fromkeys(("company", "contract", "contract_item", "charge_standards", "worker", "certificate"), COMPANYS),
    **dict.fromkeys(("shift", "absence", "roster_revision", "booking", "offer", "act", "rateable"), COMPANYS),
    **dict.fromkeys(("complaint", "charge", "statement", "statement_line", "dispute", "payment"), COMPANYS),
    # how a company's own statement is drawn for review, and what was said of its lines
    "review_draw": COMPANYS,
    "line_review": COMPANYS,
    "payment_return": COMPANYS,
    # who somebody is and where they live: of a company's those alone whom it is sent to
    "person": EVERYBODY,
    "address": EVERYBODY,
    "contact": "provider own auditor",
    "disclosure": "provider own auditor",
    # what a town keeps of its people
    "person_fact": "clerk own auditor",
    "household_member": "clerk own auditor",
    "household": "clerk auditor",
    "household_division": "clerk auditor",
    "division_change": "clerk auditor",
    "undecided_address": "clerk auditor",
    # home care: who asks and is visited
    "care_request": EVERYBODY,
    "visit": EVERYBODY,
    "enrolment": "clerk own auditor",
    # about one person, and for no clerk: money, health, what an elder has of the month's quota
    **dict.fromkeys(("bank_account", "enrolment_term", "wallet", "standing_order"), PERSONS),
    # what a visitor must know is shown to the company that is promised to come
    "health_note": "provider own auditor",
    # every reader writes down what they read; a clerk does not read who else read
    "read_audit": EVERYBODY,
    # whom a company must not send, and whom an elder asks for
    "barred": COMPANYS,
    "wanted_worker": COMPANYS,
    # what the bureau decides, asks and is told; a rating or a call-back must not come back to the company
    **dict.fromkeys(("assessment", "finding", "decision_record", "escalation_case", "refused_call"), BUREAU),
    **dict.fromkeys(("rating", "call_back", "call_back_draw", "complaint_step", "settlement_deceased"), BUREAU),
    **dict.fromkeys(("code_reading", "pending_change", "closed_month", "budget_report"), BUREAU),
    # who has called, and who is not registered yet
    **dict.fromkeys(("phone_call", "newcomer"), BUREAU),
    **dict.fromkeys(("ledger_entry", "wallet_entry", "standing_day", "roster_division_step"), BUREAU),
    # the platform itself
    **dict.fromkeys(
        ("event_log", "event_seal", "event_inbox", "event_outgoing", "event_delivery", "event_progress"), BUREAU
    ),
    **dict.fromkeys(("dead_letter", "lease", "refused_action", "simulation", "simulated_part"), BUREAU),
    # what secures an account; whoever signs in asks by way of the platform's own role
    **dict.fromkeys(("account", "account_session", "account_recovery_code", "attempt"), NOBODY),
    "idempotency_key": "provider clerk",
    # what a town's clerk and a section bring before the bureau, and who draws what; money goes out at the desks alone
    **dict.fromkeys(("civil_case", "civil_case_step", "civil_grant", "civil_grant_term", "civil_covered"), CLERKS),
    **dict.fromkeys(("civil_pay_run", "civil_pay_line", "civil_payment"), BUREAU),
    # the things and the funds of a town; who plans a fund and lets money in works at the desks
    **dict.fromkeys(("civil_record", "civil_record_version", "civil_inspection"), CLERKS),
    **dict.fromkeys(("civil_fund", "civil_fund_plan", "civil_fund_entry", "civil_fund_consent"), CLERKS),
}
"""Which people beside the desks may read or write a table at all, decided for each table; `info` says which rows."""


async def test_for_every_table_it_is_decided_who_may_touch_it(world: World) -> None:
    assert SEEN_BY.keys() == Base.metadata.tables.keys(), "decide here who may read the new table, and say why"
    query = (
        "select relname, has_any_column_privilege($1, oid, 'select') or has_any_column_privilege($1, oid, 'insert')"
        " or has_any_column_privilege($1, oid, 'update') or has_table_privilege($1, oid, 'delete') as may,"
        " exists (select from pg_policy where polrelid = pg_class.oid and polroles = array[$1::regrole::oid]) as rows"
        " from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    for axis, role in AXES.items():
        rows = await world.plain.fetch(query, role)
        may = {row["relname"] for row in rows if row["may"]}
        assert may == {row["relname"] for row in rows if row["rows"]}, axis
        assert may == {table for table, axes in SEEN_BY.items() if axis in axes.split()}, axis


async def test_no_company_reads_a_row_of_another(world: World) -> None:
    read, shared = 0, set()
    for table in Base.metadata.tables:
        columns = await _readable(world, table)
        if not columns:
            with pytest.raises(DBAPIError, match="permission denied"):
                await _rows(world, table, ["ctid"], world.lived.companies[0])
            continue
        seen = [await _rows(world, table, columns, company) for company in world.lived.companies]
        nobodys = await _rows(world, table, columns, None)
        if table in FOR_ALL:
            assert seen[0] == seen[1] == seen[2] == nobodys, table
            continue
        assert nobodys == set(), f"{table} shows rows to people of no company"
        for company, rows in zip(world.lived.companies, seen, strict=True):
            assert all(str(company.id) in row for row in rows) or "provider_id" not in columns, table
            for other in world.lived.companies:
                assert other is company or not any(str(other.id) in row or other.mark in row for row in rows), table
        shared |= {(table, row) for row in seen[0] & seen[1]}
        read += sum(map(len, seen))
    assert read > 200
    # What two companies may both read is the elder whom both visit: telephone, door, and what matters at the door.
    assert {table for table, _ in shared} <= {"person", "contact", "address", "health_note", "rateable"}
    assert len([row for table, row in shared if table == "person"]) == 1


async def test_no_company_writes_a_row_of_another_nor_gives_one_of_its_own_away(world: World) -> None:
    own, other = world.lived.companies[:2]
    written = set()
    for table in Base.metadata.sorted_tables:
        verbs = [
            verb
            for verb in ("insert", "update", "delete", "truncate")
            if await world.plain.fetchval("select has_table_privilege($1, $2, $3)", PROVIDER_ROLE, table.name, verb)
        ]
        assert not {"delete", "truncate"} & set(verbs), table.name
        # Whoever may write what all may read would write for all.
        assert not verbs or table.name not in FOR_ALL, table.name
        if "update" in verbs and "provider_id" in table.columns:
            async with world.works.database.session(scope.Company(own.id)) as session:
                moved = await session.execute(
                    text(f'update "{table.name}" set provider_id = provider_id where provider_id = :id returning 1'),
                    {"id": other.id},
                )
                assert moved.all() == [], table.name
            assert await _given_away(world, table.name, own, other) == 0, table.name
            written.add(table.name)
    assert {"visit", "offer", "worker"} <= written


async def _given_away(world: World, table: str, own: Company, other: Company) -> int:
    """Try to make another company's what is one's own; return how many rows went."""
    query = text(f'update "{table}" set provider_id = :other returning 1')
    try:
        async with world.works.database.session(scope.Company(own.id)) as session:
            return len((await session.execute(query, {"other": other.id})).all())
    except DBAPIError:
        return 0


async def test_the_company_named_in_one_transaction_is_forgotten_in_the_next(world: World) -> None:
    own = world.lived.companies[0]
    async with world.works.database.session(scope.Company(own.id)) as session:
        assert (await session.execute(text("select count(*) from visit"))).scalar_one() > 0
        pid = (await session.execute(text("select pg_backend_pid()"))).scalar_one()
    async with world.works.database.sessions[PROVIDER_ROLE].begin() as session:
        assert (await session.execute(text("select pg_backend_pid()"))).scalar_one() == pid  # the same connection
        assert (await session.execute(text("select count(*) from visit"))).scalar_one() == 0


async def test_the_application_owns_nothing_and_cannot_leave_its_role_for_more(world: World) -> None:
    rows = await world.plain.fetch(
        "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as mighty from pg_roles"
        " where rolname like 'nowalls%'"
    )
    assert {row["rolname"]: row["mighty"] for row in rows} == dict.fromkeys(ROLES, False)
    owned = await world.plain.fetchval(
        "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname like 'nowalls%'"
    )
    assert owned == 0
    connection = await asyncpg.connect(dsn=postgres.plain(world.works.database.url))
    try:
        await connection.execute("set role nowalls_provider")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table mine (id int)")
    finally:
        await connection.close()


async def _people_of(world: World, code: str) -> set[UUID]:
    """Return who lives in a division, asked of the addresses alone."""
    rows = await world.plain.fetch(
        "select person_id from address where valid_to is null and left(division_code, length($1)) = $1",
        identifiers.division_prefix(code),
    )
    return {row["person_id"] for row in rows}


async def _seen(world: World, table: str, within: scope.Scope) -> list[dict[str, Any]]:
    async with world.works.database.session(within) as session:
        rows = await session.execute(text(f'select to_jsonb(t) from "{table}" t'))
        return [dict(row) for row in rows.scalars()]


CLERKS_TABLES = {"person", "address", "household", "household_member", "care_request", "visit", "enrolment"}
CARE = {"care_request", "visit", "enrolment"}


@pytest.mark.parametrize("code", [*OWN[:2], *VILLAGES[0], SHARED, DISTRICT, "130999001009"])
async def test_a_clerk_reads_the_rows_of_who_lives_in_the_division_and_no_others(world: World, code: str) -> None:
    people = await _people_of(world, code)
    assert bool(people) == (code != "130999001009")
    for table in CLERKS_TABLES - {"household"}:
        column = "id" if table == "person" else "person_id"
        for sections in ({Section.ELDERCARE}, {Section.MINORS}):
            rows = await _seen(world, table, scope.Division(code, frozenset(sections)))
            expected = set() if table in CARE and Section.ELDERCARE not in sections else people
            assert {UUID(row[column]) for row in rows} <= expected, (table, sections)
            if table in {"person", "address", "enrolment"}:
                assert {UUID(row[column]) for row in rows} == expected, (table, sections)


READINGS = {("read_audit", "insert")}
TOWNS = {
    *((table, "insert") for table in SEEN_BY if table.startswith("civil_") and SEEN_BY[table] == CLERKS),
    *((table, "update") for table in ("civil_case", "civil_grant", "civil_covered", "civil_record")),
    ("civil_fund_consent", "update"),
    *(("idempotency_key", verb) for verb in ("insert", "update")),
} - {("civil_fund", "insert"), ("civil_fund_plan", "insert")}
"""What a clerk writes: the town's own cases and the benefits that follow from them; no step is ever changed."""


@pytest.mark.parametrize(
    ("role", "writes"),
    [(CLERK_ROLE, READINGS | TOWNS), (OWN_ROLE, READINGS), (AUDITOR_ROLE, READINGS)],
    ids=["clerk", "own", "auditor"],
)
async def test_the_narrow_roles_write_what_is_decided_and_nothing_else(
    world: World, role: str, writes: set[tuple[str, str]]
) -> None:
    for table in Base.metadata.tables:
        for verb in ("insert", "update", "delete", "truncate"):
            query = "select has_any_column_privilege($1, $2, $3)" if verb in {"insert", "update"} else None
            may = await world.plain.fetchval(
                query or "select has_table_privilege($1, $2, $3)", role, f"public.{table}", verb
            )
            assert may == ((table, verb) in writes), (table, verb)
    emits = await world.plain.fetchval("select has_function_privilege($1, 'nowalls_emit(jsonb)', 'execute')", role)
    assert emits == (role == CLERK_ROLE)


@pytest.mark.parametrize("role", [CLERK_ROLE, OWN_ROLE])
async def test_without_a_division_or_a_person_named_there_are_no_rows(world: World, role: str) -> None:
    async with world.works.database.sessions[role].begin() as session:
        for table in Base.metadata.tables:
            if table not in FOR_ALL and await world.plain.fetchval(
                "select has_table_privilege($1, $2, 'select')", role, table
            ):
                assert (await session.execute(text(f'select count(*) from "{table}"'))).scalar_one() == 0, table


async def test_one_person_reads_the_own_rows_and_nobody_elses(world: World) -> None:
    person = world.lived.companies[0].elders[0]
    read = 0
    for table in Base.metadata.tables.values():
        if table.name in FOR_ALL or "own_sees" not in table.info:
            continue
        rows = await _seen(world, table.name, scope.Own(person))
        column = "id" if table.name == "person" else "person_id"
        assert all(row[column] == str(person) for row in rows), table.name
        whole = await world.plain.fetchval(f'select count(*) from "{table.name}" where {column} = $1', person)
        assert len(rows) == whole, table.name
        read += len(rows)
    assert read > 10


async def test_the_auditor_reads_every_row_of_the_bureau_and_no_account(world: World) -> None:
    denied = set()
    for table in Base.metadata.tables:
        query = text(f'select count(*) from "{table}"')
        try:
            async with world.works.database.session(reads_only=True) as session:
                rows = (await session.execute(query)).scalar_one()
        except DBAPIError:
            denied.add(table)
            continue
        assert rows == await world.plain.fetchval(str(query)), table
    assert denied == {"account", "account_session", "account_recovery_code", "attempt", "idempotency_key"}
    for act in ("update person set name = name", "delete from rule", "insert into rehearsal values (true, 0, now())"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.works.database.session(reads_only=True) as session:
                await session.execute(text(act))


async def test_the_division_named_in_one_transaction_is_forgotten_in_the_next(world: World) -> None:
    async with world.works.database.session(scope.Division(OWN[0], frozenset({Section.ELDERCARE}))) as session:
        assert (await session.execute(text("select count(*) from visit"))).scalar_one() > 0
        pid = (await session.execute(text("select pg_backend_pid()"))).scalar_one()
    async with world.works.database.sessions[CLERK_ROLE].begin() as session:
        assert (await session.execute(text("select pg_backend_pid()"))).scalar_one() == pid  # the same connection
        assert (await session.execute(text("select count(*) from person"))).scalar_one() == 0
