"""Which roles may close a month, and read what is closed and how far the budget is charged."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "months.read": frozenset({Role.FINANCE, Role.MANAGER, Role.AUDITOR}),
    "months.close": frozenset({Role.FINANCE, Role.MANAGER}),
    "budget.read": frozenset({Role.FINANCE, Role.MANAGER, Role.AUDITOR}),
}
