"""Which roles may ask what of the cases that wait for a person."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "cases.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "cases.change": frozenset({Role.OPERATOR, Role.MANAGER}),
}
