"""Which roles may ask what of call-backs, complaints and rates."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "callbacks.read": frozenset({Role.OPERATOR}),
    "callbacks.record": frozenset({Role.OPERATOR}),
    "complaints.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "draws.read": frozenset(
        {Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}
    ),  # the lists name every company's visits
    "complaints.receive": frozenset({Role.OPERATOR}),
    "complaints.decide": frozenset({Role.MANAGER}),
    "rates.read": frozenset({Role.MANAGER, Role.FINANCE, Role.OPERATOR, Role.PROVIDER, Role.AUDITOR}),
}
