"""Which roles may ask what of charges and statements."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "charges.read": frozenset({Role.FINANCE, Role.MANAGER, Role.PROVIDER, Role.AUDITOR}),
    "charges.adjust": frozenset({Role.FINANCE}),
    "charges.fund": frozenset({Role.MANAGER}),
    "ledger.read": frozenset({Role.FINANCE, Role.MANAGER, Role.AUDITOR}),
    "statements.read": frozenset({Role.FINANCE, Role.MANAGER, Role.PROVIDER, Role.AUDITOR}),
    "statements.draw_up": frozenset({Role.FINANCE}),
    "statements.confirm": frozenset({Role.PROVIDER}),
    "statements.dispute": frozenset({Role.PROVIDER}),
    "statements.decide": frozenset({Role.MANAGER}),
    "statements.approve": frozenset({Role.FINANCE, Role.MANAGER}),
    "statements.pay": frozenset({Role.FINANCE}),
    "statements.return": frozenset({Role.FINANCE}),
    "statements.payment_file": frozenset({Role.FINANCE, Role.AUDITOR}),
    "statements.explain": frozenset({Role.FINANCE, Role.MANAGER, Role.AUDITOR}),
    "statements.audit_package": frozenset({Role.FINANCE, Role.MANAGER, Role.PROVIDER, Role.AUDITOR}),
    "statements.recompute": frozenset({Role.FINANCE, Role.MANAGER}),
}
