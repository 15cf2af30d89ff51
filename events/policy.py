"""Which roles may ask what of the log and of dead letters."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "dead_letters.read": frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.AUDITOR}),
    "dead_letters.change": frozenset({Role.ADMINISTRATOR}),
    "log.search": frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    "log.head": frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "log.verify": frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
}
