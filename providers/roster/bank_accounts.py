"""Where a company is paid: its bank account, sealed under its own key, found by a blind index, shown by four digits."""

import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from events.contracts.roster import CompanyAccountChanged
from events.work import Work
from kit.ids import new_id
from kit.imports.readers import reads
from kit.refusal import Kind, Refusal
from kit.rules import pending
from kit.rules.model import ChangeKind, PendingChange
from providers.roster import queries
from providers.roster.model import Company, CompanyState


class BankAccountInvalid(Refusal):
    """Not the number of a bank account: 8 to 32 digits."""

    code = "company.bank_account_invalid"


class BankAccountTaken(Refusal):
    """Another company of the programme is paid to this account."""

    code = "company.bank_account_taken"
    kind = Kind.CONFLICT


_ACCOUNT = ("bank_sealed", "bank_blind", "bank_set_by", "bank_set_at")


@reads(
    "银行账号，8 至 32 位数字；空格、横线不计",
    "a bank account of 8 to 32 digits; blanks and dashes do not count",
    BankAccountInvalid.code,
)
def read(written: str) -> str:
    """Return an account's digits without blanks and dashes; refuses `company.bank_account_invalid`."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", written))
    if not re.fullmatch(r"[0-9]{8,32}", digits):
        raise BankAccountInvalid
    return digits


def columns(work: Work, company_id: UUID, key: bytes, written: str | None) -> dict[str, Any]:
    """Return an account as the columns of a company, all of them null where there is none; refuses what `read` does."""
    if written is None:
        return dict.fromkeys(_ACCOUNT)
    digits = read(written)
    sealed = work.vault.seal(key, _context(company_id), digits)
    values = (sealed, work.vault.blind("bank_account", digits), work.actor.label, work.now)
    return dict(zip(_ACCOUNT, values, strict=True))


async def taken(work: Work, blinds: Sequence[bytes], *, but: UUID | None = None) -> set[bytes]:
    """Return which of these accounts, by their blind index, a company of the programme other than `but` is paid to."""
    query = select(Company.bank_blind).where(
        Company.bank_blind.in_(blinds), Company.state.not_in((CompanyState.EXITED, CompanyState.BLACKLISTED))
    )
    if but is not None:
        query = query.where(Company.id != but)
    return {blind for blind in (await work.session.execute(query)).scalars() if blind} if blinds else set()


def _context(provider_id: UUID) -> str:
    """Return what a company's sealed account is bound to."""
    return f"company|bank_sealed|{provider_id}"


def number(work: Work, company: Company) -> str | None:
    """Open the number of a company's account, for the payment file and for `masked`."""
    if company.bank_sealed is None:
        return None
    return work.vault.open(company.data_key, _context(company.id), company.bank_sealed)


def masked(work: Work, company: Company) -> str | None:
    """Return a company's account as desks may see it: the last four digits."""
    digits = number(work, company)
    return None if digits is None else "*" * (len(digits) - 4) + digits[-4:]


async def propose_bank_account(work: Work, *, provider_id: UUID, number: str) -> PendingChange:
    """Propose to which account a company is paid, for a second person; refuses what `set_bank_account` refuses."""
    company = await queries.company(work, provider_id)
    digits, id_ = read(number), new_id()
    if await taken(work, [work.vault.blind("bank_account", digits)], but=provider_id):
        raise BankAccountTaken
    sealed = work.vault.seal(company.data_key, f"pending_change|number|{id_}", digits)
    content = {"number": "*" * (len(digits) - 4) + digits[-4:], "sealed": b64encode(sealed).decode()}
    return await pending.propose(
        work.session,
        kind=ChangeKind.BANK_ACCOUNT,
        subject=str(provider_id),
        content=content,
        by=work.actor.label,
        now=work.now,
        id_=id_,
    )


async def confirm_bank_account(work: Work, change: PendingChange) -> Company:
    """Put a proposed account in force; refuses what `set_bank_account` refuses."""
    provider_id = UUID(change.subject)
    company = await queries.company(work, provider_id)
    sealed = b64decode(change.content["sealed"])
    digits = work.vault.open(company.data_key, f"pending_change|number|{change.id}", sealed)
    return await set_bank_account(work, provider_id=provider_id, number=digits)


async def set_bank_account(work: Work, *, provider_id: UUID, number: str) -> Company:
    """Say to which account a company is paid from now on; who says so does not pay to it. Emits CompanyAccountChanged.

    Refuses `company.not_found`, `company.bank_account_invalid`, and `company.bank_account_taken` where another company
    of the programme is paid to it.
    """
    query = select(Company).where(Company.id == provider_id).with_for_update()
    company = (await work.session.execute(query)).scalar_one_or_none()
    if company is None:
        raise queries.CompanyNotFound
    account = columns(work, provider_id, company.data_key, number)
    if account["bank_blind"] == company.bank_blind:
        return company
    if await taken(work, [account["bank_blind"]], but=provider_id):
        raise BankAccountTaken
    for name, value in account.items():
        setattr(company, name, value)
    work.emit(CompanyAccountChanged(provider_id=provider_id))
    return company
