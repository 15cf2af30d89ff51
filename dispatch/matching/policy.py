"""Which roles may ask what of decision records."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "decisions.replay": frozenset({Role.MANAGER, Role.AUDITOR}),
    "decisions.own": frozenset({Role.PROVIDER}),
    "decisions.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
}
