"""What a session's token is worth: how long it lasts, what is kept of it, whom it speaks for."""

import hashlib
from datetime import timedelta

from api.accounts.model import Account
from kit.access.actor import Actor

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)


def hash_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def actor_of(account: Account) -> Actor:
    """Return the account as an actor."""
    return Actor(
        role=account.role,
        label=f"account:{account.id}",
        account_id=account.id,
        provider_id=account.provider_id,
        worker_id=account.worker_id,
    )
