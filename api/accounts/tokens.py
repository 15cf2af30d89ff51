"""Session tokens: the lifetime at a desk, the hash that is stored, and the actor of their account."""

import hashlib
from datetime import timedelta

from api.accounts.model import Account
from kit.access.actor import Actor
from kit.access.scope import EVERYTHING, Company, Division, Scope, Section

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)


def hash_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def actor_of(account: Account, *, division_code: str | None = None) -> Actor:
    """Return the account as an actor; `division_code` is the code of its division today, where that has changed."""
    return Actor(account.role, f"account:{account.id}", account.id, _scope(account, division_code))


def _scope(account: Account, division_code: str | None) -> Scope:
    if account.provider_id is not None:
        return Company(account.provider_id, account.worker_id)
    if account.division_code is not None:
        return Division(division_code or account.division_code, frozenset(map(Section, account.sections)))
    return EVERYTHING
