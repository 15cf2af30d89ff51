"""The codes of an authenticator and the ten that replace it once each."""

import secrets

import pyotp
from sqlalchemy import update

from api.accounts.model import Account, RecoveryCode
from events.work import Work

STEP_SECONDS = 30


async def accepted(work: Work, account: Account, code: str) -> bool:
    """Tell whether a code proves the second factor; a recovery code is spent by that."""
    if fits(work, account, account.totp_sealed, code):
        return True
    blind = work.vault.blind(f"recovery|{account.id}", code.strip().lower())
    spent = await work.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.blind == blind, RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
        .values(used_at=work.now)
        .returning(RecoveryCode.blind)
    )
    return spent.scalar() is not None


def fits(work: Work, account: Account, sealed: bytes | None, code: str) -> bool:
    """Tell whether an authenticator with this sealed secret shows the code now; a code works once."""
    if sealed is None:
        return False
    totp = pyotp.TOTP(work.vault.open(account.key, f"account|totp|{account.id}", sealed))
    step = int(work.now.timestamp()) // STEP_SECONDS
    for candidate in (step, step - 1, step + 1):
        # A code works once, so a person who saw it being typed cannot use it again.
        if candidate > account.totp_last_step and secrets.compare_digest(
            totp.at(candidate * STEP_SECONDS).encode(), code.strip().encode()
        ):
            account.totp_last_step = candidate
            return True
    return False
