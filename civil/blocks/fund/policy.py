"""Which roles may ask what of funds: who plans is not who lets money in, and nobody consents to the own question."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "civil.funds.read": frozenset({Role.CLERK, Role.SECTION, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "civil.funds.plan": frozenset({Role.MANAGER}),
    "civil.funds.enter": frozenset({Role.FINANCE}),
    "civil.funds.ask": frozenset({Role.CLERK, Role.SECTION, Role.FINANCE}),
    "civil.funds.consent": frozenset({Role.SECTION, Role.MANAGER}),
}
