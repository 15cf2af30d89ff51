"""Which roles may ask what of the catalogue."""

from typing import Final

from kit.access.roles import EVERYBODY, Policy, Role

POLICY: Final[Policy] = {
    "catalogue.read": EVERYBODY,
    "catalogue.change": frozenset({Role.MANAGER}),
}
