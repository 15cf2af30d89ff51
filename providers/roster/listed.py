"""What is on record of companies and workers whom a list names again, to be compared with what it says."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from events.work import Work
from kit import geo
from kit.geo import Point
from providers.roster import queries
from providers.roster.model import Company, ContractItem, Worker

_SAME_PLACE_METRES = 2.0


async def company_differs(work: Work, company: Company, values: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns whose values are not those on record of a company and its last contract."""
    there: dict[str, Any] = {
        "name": company.name,
        "grade": company.grade,
        "medical_licence": company.medical_licence,
        "medical_licence_until": company.medical_licence_until,
        "phone": company.phone,
    }
    names = [name for name, value in there.items() if values.get(name) != value]
    account = values.get("bank_account")
    if account is not None and work.vault.blind("bank_account", account) != company.bank_blind:
        names.append("bank_account")
    contracts = await queries.contracts_of(work, company.id)
    begins = values.get("contract_from")
    contract = next((row for row in contracts if row.valid_from == begins), None)
    if begins is None:
        return names
    if contract is None:
        return [*names, "contract_from"]
    terms = {
        "contract_to": contract.valid_to,
        "monthly_capacity": contract.monthly_capacity,
        "share_target": contract.share_target,
    }
    names += [name for name, value in terms.items() if values.get(name) != value]
    rows = await work.session.execute(
        select(ContractItem.item_code, ContractItem.division_code).where(ContractItem.contract_id == contract.id)
    )
    pairs = {(row.item_code, row.division_code) for row in rows}
    names += ["items"] * ({item for item, _ in pairs} != set(values["items"]))
    names += ["divisions"] * ({code for _, code in pairs} != set(values["divisions"]))
    return names


async def worker_differs(work: Work, worker: Worker, values: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns whose values are not those on record of a worker."""
    there = {"name": worker.name, "sex": worker.sex, "transport": worker.transport, "max_minutes": worker.max_minutes}
    names = [name for name, value in there.items() if values.get(name) is not None and values[name] != value]
    number = values.get("phone")
    if number is not None and work.vault.blind("phone", number) != worker.phone_blind:
        names.append("phone")
    at = geo.to_wgs84(Point(values["latitude"], values["longitude"]), values["datum"])
    if geo.metres(at, Point(worker.latitude, worker.longitude)) > _SAME_PLACE_METRES:
        names.append("latitude")
    papers = {
        (row.skill, row.number, row.valid_from, row.expires_on)
        for row in await queries.certificates_of(work, worker.id)
    }
    if any((paper.skill, paper.number, paper.valid_from, paper.expires_on) not in papers for paper in values["papers"]):
        names.append("papers")
    hours = {
        (row.weekdays, row.from_minute, row.to_minute, row.break_from, row.break_to)
        for row in await queries.shifts_of(work, worker.id)
    }
    if any(
        (shift.weekdays, shift.from_minute, shift.to_minute, shift.break_from, shift.break_to) not in hours
        for shift in values["shifts"]
    ):
        names.append("shifts")
    return names
