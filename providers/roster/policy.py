"""Which roles may ask what of the roster."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "companies.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.PROVIDER, Role.AUDITOR}),
    "companies.change": frozenset({Role.MANAGER}),
    "companies.account.read": frozenset({Role.MANAGER, Role.FINANCE, Role.PROVIDER, Role.AUDITOR}),
    "companies.account.change": frozenset({Role.MANAGER, Role.FINANCE}),
    "contracts.read": frozenset({Role.MANAGER, Role.FINANCE, Role.PROVIDER, Role.AUDITOR}),
    "workers.read": frozenset({Role.MANAGER, Role.PROVIDER, Role.AUDITOR}),
    "workers.change": frozenset({Role.PROVIDER, Role.MANAGER}),
    "workers.absence": frozenset({Role.PROVIDER, Role.MANAGER}),
}
