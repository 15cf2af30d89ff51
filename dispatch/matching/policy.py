"""Which roles may ask what of decision records and of who is kept apart from whom."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "barred.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "barred.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "decisions.replay": frozenset({Role.MANAGER, Role.AUDITOR}),
    "decisions.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
}
