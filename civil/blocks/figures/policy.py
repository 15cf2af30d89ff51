"""Which roles may read figures; a clerk or an officer only those of the own section, of the own division."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "civil.figures.read": frozenset({Role.CLERK, Role.SECTION, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
}
