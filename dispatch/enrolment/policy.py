"""Which roles may ask what of enrolments; the quota and the assessments are not for clerks."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "enrolments.history": frozenset(
        {Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.CLERK, Role.SECTION, Role.AUDITOR}
    ),
    "enrolments.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "enrolments.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "enrolments.decide": frozenset({Role.MANAGER}),
}
