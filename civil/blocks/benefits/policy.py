"""Which roles may ask what of benefits: who computes a run is not who approves it, whatever the role."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "civil.grants.read": frozenset({Role.CLERK, Role.SECTION, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "civil.pay_runs.read": frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "civil.pay_runs.compute": frozenset({Role.FINANCE}),
    "civil.pay_runs.approve": frozenset({Role.FINANCE, Role.MANAGER}),
    "civil.pay_runs.send": frozenset({Role.FINANCE}),
}
