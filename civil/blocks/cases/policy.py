"""Which roles may ask what of the companion modules' cases; each kind of case says who makes which move."""

from typing import Final

from kit.access.roles import Policy, Role

_READERS: Final = frozenset({Role.CLERK, Role.SECTION, Role.MANAGER, Role.FINANCE, Role.AUDITOR})
_HANDS: Final = frozenset({Role.CLERK, Role.SECTION, Role.MANAGER})

POLICY: Final[Policy] = {
    "civil.cases.read": _READERS,
    "civil.cases.open": _HANDS,
    "civil.cases.move": _HANDS | {Role.FINANCE},  # who pays what a case has granted
}
