"""Which roles may bring the lists of this room."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "people.import": frozenset({Role.MANAGER}),
    "requests.import": frozenset({Role.OPERATOR, Role.MANAGER}),
}
