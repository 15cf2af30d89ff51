"""Which roles may ask what of offers and visits, and of who is kept apart from whom."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    "offers.read": frozenset({Role.PROVIDER, Role.WORKER, Role.MANAGER, Role.AUDITOR}),
    "offers.answer": frozenset({Role.PROVIDER, Role.WORKER}),
    "barred.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "barred.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "visits.read": frozenset(
        {
            Role.PROVIDER,
            Role.WORKER,
            Role.OPERATOR,
            Role.MANAGER,
            Role.FINANCE,
            Role.CLERK,
            Role.SECTION,
            Role.AUDITOR,
        }
    ),
    "visits.act": frozenset({Role.WORKER}),
    "visits.door_note": frozenset({Role.PROVIDER, Role.WORKER}),
    "visits.codes": frozenset({Role.OPERATOR}),
    "visits.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "visits.candidates": frozenset({Role.PROVIDER, Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "visits.reassign": frozenset({Role.PROVIDER, Role.OPERATOR, Role.MANAGER}),
    "visits.evidence": frozenset({Role.PROVIDER, Role.WORKER, Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "visits.decide": frozenset({Role.MANAGER}),
}
