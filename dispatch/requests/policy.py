"""Which roles may ask what of requests and standing orders."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "requests.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.CLERK, Role.SECTION, Role.AUDITOR}),
    "requests.place": frozenset({Role.OPERATOR}),
    "requests.dispatch": frozenset({Role.OPERATOR, Role.MANAGER}),
    "requests.assign": frozenset({Role.OPERATOR, Role.MANAGER}),
    "requests.amend": frozenset({Role.OPERATOR, Role.MANAGER}),
    "requests.cancel": frozenset({Role.OPERATOR, Role.MANAGER}),
    "standing_orders.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "standing_orders.change": frozenset({Role.OPERATOR}),
}
