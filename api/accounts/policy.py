"""The actions about accounts and the roles that may do them."""

from typing import Final

from kit.access.roles import EVERYBODY, Policy, Role

POLICY: Final[Policy] = {
    "account.read": EVERYBODY,
    "account.change": EVERYBODY,
    "accounts.read": frozenset({Role.ADMINISTRATOR}),
    "accounts.change": frozenset({Role.ADMINISTRATOR}),
    "refused_actions.read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
