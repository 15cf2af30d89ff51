"""Post charges and payments in double entry, and tell what was charged."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert

from events.contracts.settlement import ChargeMade, ChargeUnfunded
from events.work import Work
from providers.settlement.arithmetic import DeductionReason, Facts
from providers.settlement.model import Account, Charge, LedgerEntry
from providers.settlement.papers import facts_hash


async def enter(work: Work, rows: Sequence[Charge]) -> None:
    """Write charges and reversals, post each in double entry, and tell of them."""
    work.session.add_all(rows)
    await work.session.flush()
    legs = [
        (row, account, fen)
        for row in rows
        for account, fen in (
            (Account.SUBSIDY, row.subsidised_fen),
            (Account.DUE, -row.subsidised_fen),
            (Account.OWN, row.own_fen),
            (Account.COLLECTABLE, -row.own_fen),
        )
        if fen
    ]
    await post(work, [(row.id, row.provider_id, account, fen) for row, account, fen in legs])
    for row in rows:
        _emit(work, row)


async def post(work: Work, legs: Sequence[tuple[UUID, UUID, Account, int]]) -> None:
    """Write ledger legs (posting, company, account, fen) in one statement; the database refuses a sum but zero."""
    if legs:
        await work.session.execute(
            insert(LedgerEntry).values(
                [
                    {
                        "posting_id": posting,
                        "provider_id": provider,
                        "account": account,
                        "fen": fen,
                        "posted_at": work.now,
                    }
                    for posting, provider, account, fen in legs
                ]
            )
        )


def _emit(work: Work, row: Charge) -> None:
    facts = Facts.read(row.facts)
    work.emit(
        ChargeMade(
            charge_id=row.id,
            visit_id=row.visit_id,
            request_id=row.request_id,
            person_id=row.person_id,
            provider_id=row.provider_id,
            item_code=row.item_code,
            division_code=row.division_code,
            month=row.month,
            payable_fen=row.payable_fen,
            subsidised_fen=row.subsidised_fen,
            own_fen=row.own_fen,
            deduction_fen=row.deducted_fen,
            rule_version=row.rule_version,
            revision=row.revision,
            kind=row.kind.value,
            price_fen=row.price_fen,
            facts_hash=facts_hash(facts),
            verified_by=row.verified_by,
            void=facts.void,
            complaint_percent=facts.complaint_percent,
            forgiven=[reason.value for reason in facts.forgiven],
            covered_fen=facts.covered_fen,
        )
    )
    unfunded = int(row.deductions.get(DeductionReason.UNFUNDED, 0))
    if unfunded > 0:
        work.emit(
            ChargeUnfunded(
                charge_id=row.id,
                visit_id=row.visit_id,
                provider_id=row.provider_id,
                month=row.month,
                unfunded_fen=unfunded,
            )
        )
