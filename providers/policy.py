"""Which roles may bring the lists of this room."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "providers.import": frozenset({Role.MANAGER}),
    "workers.import": frozenset({Role.MANAGER}),
    "catalogue.import": frozenset({Role.MANAGER}),
}
