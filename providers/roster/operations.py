"""Change who can come: admit and move companies, sign contracts, report absences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql

from events.contracts.roster import (
    CompanyAdmitted,
    CompanyExited,
    CompanySuspended,
    ContractRecorded,
    RosterChanged,
    WorkerUnavailable,
)
from events.work import Work
from kit import clock
from kit.china import identifiers, phone
from kit.china.rules import AreaCode
from kit.ids import new_id
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from providers.catalogue.model import Item
from providers.roster import bank_accounts, coverage, queries
from providers.roster.model import (
    COMPANY_MOVES,
    Absence,
    Company,
    CompanyState,
    Contract,
    ContractItem,
    DivisionStep,
    RosterRevision,
    WorkerState,
)

# Rows with and without a value go in one statement: a missing value is written as null, not left out.
WHOLE_ROWS = {"render_nulls": True}


class CompanyTaken(Refusal):
    """The credit code belongs to a company that was admitted before."""

    code = "company.taken"
    kind = Kind.CONFLICT


class CompanyCannotMove(Refusal):
    """The company's state does not lead to the one asked for."""

    code = "company.cannot_move"
    kind = Kind.CONFLICT


class ContractInvalid(Refusal):
    """Days, capacity or share of a contract contradict themselves."""

    code = "contract.invalid"


class ContractItemUnknown(Refusal):
    """A contract names a service that the catalogue does not have."""

    code = "contract.item_unknown"


class ContractUnlicensed(Refusal):
    """A contract names a medical service, and the company has no medical licence."""

    code = "contract.unlicensed"
    kind = Kind.CONFLICT


class ContractNotFound(Refusal):
    """No such contract, or none that this actor may know of."""

    code = "contract.not_found"
    kind = Kind.NOT_FOUND


class AbsenceInvalid(Refusal):
    """An absence that ends before it begins, or a shortened one that would be longer."""

    code = "absence.invalid"


class AbsenceNotFound(Refusal):
    """No such absence, or none that this actor may know of."""

    code = "absence.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCompany:
    """The papers of one company; `grade` is A to D, the licence allows medical items until its last day."""

    uscc: str
    name: str
    grade: str | None = None
    medical_licence: str | None = None
    medical_licence_until: date | None = None
    phone: str | None = None
    bank_account: str | None = None


async def changed(work: Work, provider_ids: Iterable[UUID]) -> None:
    """Count up what `roster_mark` reads and tell that these companies' rosters are not what they were."""
    for provider_id in sorted(set(provider_ids)):
        statement = postgresql.insert(RosterRevision).values(provider_id=provider_id, revision=1)
        await work.session.execute(
            statement.on_conflict_do_update(
                index_elements=[RosterRevision.provider_id], set_={"revision": RosterRevision.revision + 1}
            )
        )
        work.emit(RosterChanged(provider_id=provider_id))


async def admit_companies(work: Work, companies: Sequence[NewCompany]) -> list[UUID]:
    """Admit companies whose papers and site have been checked; returns their ids in the order given.

    Refuses `uscc.shape`, `uscc.checksum`, `company.bank_account_invalid`, `company.bank_account_taken` and
    `company.taken` (a company comes back by `activate`, not twice).
    """
    codes = [identifiers.read_uscc(entry.uscc) for entry in companies]
    taken = (await work.session.execute(select(Company.uscc).where(Company.uscc.in_(codes)).limit(1))).scalar()
    if taken is not None or len(set(codes)) < len(codes):
        raise CompanyTaken(uscc=taken or next(code for code in codes if codes.count(code) > 1))
    area_code = (await rules.read(work.session, AreaCode, at=work.now)).value
    rows = [_company_row(work, code, entry, area_code) for code, entry in zip(codes, companies, strict=True)]
    accounts = [row["bank_blind"] for row in rows if row["bank_blind"] is not None]
    if len(set(accounts)) < len(accounts) or await bank_accounts.taken(work, accounts):
        raise bank_accounts.BankAccountTaken
    if rows:
        await work.session.execute(insert(Company), rows, execution_options=WHOLE_ROWS)
    ids = [row["id"] for row in rows]
    for provider_id in ids:
        work.emit(CompanyAdmitted(provider_id=provider_id))
    await changed(work, ids)
    return ids


def _company_row(work: Work, uscc: str, entry: NewCompany, area_code: str) -> dict[str, Any]:
    company_id, key = new_id(), work.vault.new_key()
    account = bank_accounts.columns(work, company_id, key, entry.bank_account or None)
    return {
        "id": company_id,
        "uscc": uscc,
        "name": entry.name,
        "state": CompanyState.ADMITTED,
        "grade": entry.grade,
        "medical_licence": entry.medical_licence,
        "medical_licence_until": entry.medical_licence_until,
        "phone": phone.normalise(entry.phone, area_code=area_code) if entry.phone else None,
        "data_key": key,
        "admitted_at": work.now,
        **account,
    }


async def admit_company(work: Work, *, facts: NewCompany) -> Company:
    """Admit one company; refuses what `admit_companies` refuses."""
    (provider_id,) = await admit_companies(work, [facts])
    return await queries.company(work, provider_id)


async def _move(work: Work, provider_id: UUID, to: CompanyState, reason: str | None) -> Company:
    query = select(Company).where(Company.id == provider_id).with_for_update()
    company = (await work.session.execute(query)).scalar_one_or_none()
    if company is None:
        raise queries.CompanyNotFound
    if to not in COMPANY_MOVES[company.state]:
        raise CompanyCannotMove(state=company.state, to=to)
    company.state, company.state_reason = to, reason
    await changed(work, [provider_id])
    return company


async def activate_company(work: Work, *, provider_id: UUID) -> Company:
    """Let visits be offered to an admitted or suspended company; refuses `company.not_found`, `company.cannot_move`."""
    return await _move(work, provider_id, CompanyState.ACTIVE, None)


async def activate_companies(work: Work, *, provider_ids: Sequence[UUID]) -> None:
    """Let visits be offered to many companies that were just admitted; refuses `company.cannot_move`."""
    for provider_id in provider_ids:
        await activate_company(work, provider_id=provider_id)


async def suspend_company(work: Work, *, provider_id: UUID, reason: str) -> Company:
    """Offer no new visits to a company; what it has accepted stays its own."""
    company = await _move(work, provider_id, CompanyState.SUSPENDED, reason)
    work.emit(CompanySuspended(provider_id=provider_id, reason=reason))
    return company


async def exit_company(work: Work, *, provider_id: UUID, reason: str, blacklist: bool = False) -> Company:
    """End a company's part in the programme: contracts end today, open visits go to others by the event."""
    to = CompanyState.BLACKLISTED if blacklist else CompanyState.EXITED
    company = await _move(work, provider_id, to, reason)
    if company.exited_at is None:
        company.exited_at = work.now
        today = clock.day_of(work.now)
        await work.session.execute(
            update(Contract)
            .where(Contract.provider_id == provider_id, Contract.valid_to > today, Contract.ended_on.is_(None))
            .values(ended_on=today)
        )
        work.emit(CompanyExited(provider_id=provider_id))
    return company


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContract:
    """The terms of one contract: half-open days, visits a month, share of all visits (0–1), items × divisions."""

    provider_id: UUID
    valid_from: date
    valid_to: date
    monthly_capacity: int
    share_target: float
    item_codes: tuple[str, ...]
    division_codes: tuple[str, ...]


async def sign_contracts(work: Work, contracts: Sequence[NewContract]) -> list[UUID]:
    """Record contracts; returns their ids in the order given.

    Refuses `contract.invalid`, `contract.item_unknown`, `contract.unlicensed`, `company.not_found` and
    `division_code.shape`. A division covers everything below it; whether the code exists is not asked here.
    """
    medical = {row.code: row.medical for row in await work.session.execute(select(Item.code, Item.medical))}
    query = select(Company.id, Company.medical_licence).where(
        Company.id.in_({terms.provider_id for terms in contracts})
    )
    licences = {row.id: row.medical_licence for row in await work.session.execute(query)}
    heads: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for entry in contracts:
        _check(entry, medical, licences)
        contract_id = new_id()
        heads.append(
            {
                "id": contract_id,
                "provider_id": entry.provider_id,
                "valid_from": entry.valid_from,
                "valid_to": entry.valid_to,
                "monthly_capacity": entry.monthly_capacity,
                "share_target": entry.share_target,
                "signed_at": work.now,
            }
        )
        divisions = sorted({identifiers.read_division_code(code) for code in entry.division_codes})
        lines += [
            {
                "id": new_id(),
                "contract_id": contract_id,
                "provider_id": entry.provider_id,
                "item_code": item,
                "division_code": division,
            }
            for item in sorted(set(entry.item_codes))
            for division in divisions
        ]
    if heads:
        await work.session.execute(insert(Contract), heads)
        await work.session.execute(insert(ContractItem), lines)
    await _emit_contracts(work, [head["id"] for head in heads])
    await changed(work, [entry.provider_id for entry in contracts])
    return [head["id"] for head in heads]


def _check(entry: NewContract, medical: dict[str, bool], licences: dict[UUID, str | None]) -> None:
    if entry.provider_id not in licences:
        raise queries.CompanyNotFound
    if (
        entry.valid_to <= entry.valid_from
        or entry.monthly_capacity < 0
        or not 0 <= entry.share_target <= 1
        or not entry.item_codes
        or not entry.division_codes
    ):
        raise ContractInvalid
    for item in entry.item_codes:
        if item not in medical:
            raise ContractItemUnknown(item=item)
        if medical[item] and licences[entry.provider_id] is None:
            raise ContractUnlicensed(item=item)


async def _emit_contracts(work: Work, contract_ids: Sequence[UUID]) -> None:
    covered: dict[UUID, tuple[set[str], set[str]]] = {}
    query = select(ContractItem.contract_id, ContractItem.item_code, ContractItem.division_code)
    for row in await work.session.execute(query.where(ContractItem.contract_id.in_(contract_ids))):
        items, divisions = covered.setdefault(row.contract_id, (set(), set()))
        items.add(row.item_code)
        divisions.add(row.division_code)
    contracts = select(Contract).where(Contract.id.in_(contract_ids)).order_by(Contract.id)
    for contract in (await work.session.execute(contracts)).scalars():
        items, divisions = covered[contract.id]
        work.emit(
            ContractRecorded(
                contract_id=contract.id,
                provider_id=contract.provider_id,
                valid_from=contract.valid_from,
                valid_to=contract.valid_to,
                ended_on=contract.ended_on,
                monthly_capacity=contract.monthly_capacity,
                share_target=contract.share_target,
                item_codes=sorted(items),
                division_codes=sorted(divisions),
            )
        )


async def sign_contract(work: Work, *, terms: NewContract) -> Contract:
    """Record one contract; refuses what `sign_contracts` refuses."""
    (contract_id,) = await sign_contracts(work, [terms])
    return await work.session.get_one(Contract, contract_id)


async def end_contract(work: Work, *, contract_id: UUID, on: date) -> Contract:
    """End a contract before its time; refuses `contract.not_found` and, outside its days, `contract.invalid`."""
    contract = await work.session.get(Contract, contract_id, with_for_update=True)
    if contract is None:
        raise ContractNotFound
    if not contract.valid_from <= on <= contract.valid_to:
        raise ContractInvalid
    contract.ended_on = on
    await work.session.flush()
    await _emit_contracts(work, [contract.id])
    await changed(work, [contract.provider_id])
    return contract


async def follow_divisions(work: Work, *, change_id: UUID, successors: Mapping[str, Sequence[str]]) -> None:
    """Let contracts cover what covered divisions became by one act; what was signed stays as it is, twice is once."""
    rows = [{"change_id": change_id, **asdict(step)} for step in coverage.steps_of(successors)]
    if not rows:
        return
    await work.session.execute(postgresql.insert(DivisionStep).on_conflict_do_nothing(), rows)
    await changed(work, (await work.session.execute(select(Contract.provider_id).distinct())).scalars())


async def report_absence(work: Work, *, worker_id: UUID, from_at: datetime, until_at: datetime, reason: str) -> Absence:
    """Say that a worker cannot work in a half-open window; refuses `worker.not_found` and `absence.invalid`."""
    worker = await queries.worker(work, worker_id)
    if until_at <= from_at:
        raise AbsenceInvalid
    absence = Absence(
        worker_id=worker_id,
        provider_id=worker.provider_id,
        from_at=from_at,
        until_at=until_at,
        reason=reason,
        reported_at=work.now,
        reported_by=work.actor.label,
    )
    work.session.add(absence)
    await work.session.flush()
    await changed(work, [worker.provider_id])
    if worker.state is WorkerState.ACTIVE:
        work.emit(
            WorkerUnavailable(
                worker_id=worker_id, provider_id=worker.provider_id, from_at=from_at, until_at=until_at, reason=reason
            )
        )
    return absence


async def shorten_absence(work: Work, *, absence_id: UUID, until_at: datetime) -> Absence:
    """Bring a worker back earlier: the hours given back serve the requests that are matched next.

    Refuses `absence.not_found`, and `absence.invalid` unless the new end lies inside the old window.
    """
    absence = await work.session.get(Absence, absence_id, with_for_update=True)
    if absence is None:
        raise AbsenceNotFound
    if not absence.from_at < until_at <= absence.until_at:
        raise AbsenceInvalid
    absence.until_at = until_at
    await changed(work, [absence.provider_id])
    return absence
