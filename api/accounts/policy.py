"""The actions about accounts and the roles that may do them."""

from typing import Final

from kit.access.roles import EVERYBODY, Policy, Role

POLICY: Final[Policy] = {
    # the exchange ends its sessions and changes its password, and sees nothing else of the platform
    "account.read": EVERYBODY | {Role.EXCHANGE},
    "account.change": EVERYBODY | {Role.EXCHANGE},
    "accounts.read": frozenset({Role.ADMINISTRATOR}),
    "accounts.change": frozenset({Role.ADMINISTRATOR}),
    "refused_actions.read": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
