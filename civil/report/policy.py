"""Which roles may read the whole district's reports."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "civil.report.read": frozenset({Role.MANAGER, Role.AUDITOR}),
}
