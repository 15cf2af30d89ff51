"""The declaration of this room: accounts, sessions and idempotency keys."""

from datetime import timedelta

from api.accounts import operations
from api.accounts.model import Account, AccountSession, Attempt, IdempotencyKey, RecoveryCode, RefusedAction
from api.accounts.policy import POLICY
from api.accounts.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="api.accounts",
    models=(Account, AccountSession, RecoveryCode, Attempt, RefusedAction, IdempotencyKey),
    rules=RULES,
    chores=(Chore(name="forget", every=timedelta(hours=1), act=operations.forget_old),),
    policy=POLICY,
)
