"""Which roles may ask what of the companion modules' registers; each register says who changes what."""

from typing import Final

from kit.access.roles import Policy, Role

_HANDS: Final = frozenset({Role.CLERK, Role.SECTION, Role.MANAGER})

POLICY: Final[Policy] = {
    "civil.records.read": frozenset({Role.CLERK, Role.SECTION, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "civil.records.change": _HANDS,
    "civil.records.inspect": _HANDS,
    "civil.records.move": _HANDS | {Role.FINANCE},
}
