"""Which roles may ask what of the registry."""

from typing import Final

from kit.access.roles import EVERYBODY, Policy, Role

POLICY: Final[Policy] = {
    # clerks: only who lives in their division, and by no telephone
    "people.find": frozenset({Role.OPERATOR, Role.MANAGER, Role.CLERK, Role.SECTION, Role.AUDITOR}),
    "people.callers": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "people.lookup": frozenset({Role.OPERATOR, Role.MANAGER}),
    # companies: only whom they may visit; clerks: only who lives in their division
    "people.read": frozenset(
        {Role.OPERATOR, Role.MANAGER, Role.PROVIDER, Role.WORKER, Role.CLERK, Role.SECTION, Role.AUDITOR}
    ),
    "people.register": frozenset({Role.OPERATOR, Role.MANAGER}),
    "people.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "people.death.report": frozenset({Role.OPERATOR, Role.MANAGER}),
    "people.death.confirm": frozenset({Role.MANAGER}),
    "people.death.correct": frozenset({Role.MANAGER}),
    "people.facts.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.CLERK, Role.SECTION, Role.AUDITOR}),
    "people.facts.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "people.addresses": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "people.reveal": frozenset({Role.OPERATOR, Role.MANAGER, Role.FINANCE}),
    "people.erase": frozenset({Role.MANAGER}),
    "people.audit": frozenset({Role.MANAGER, Role.AUDITOR}),
    "households.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.CLERK, Role.SECTION, Role.AUDITOR}),
    "households.change": frozenset({Role.OPERATOR, Role.MANAGER}),
    "households.import": frozenset({Role.MANAGER}),
    "divisions.import": frozenset({Role.MANAGER}),
    "division_changes.import": frozenset({Role.MANAGER}),
    "divisions.read": EVERYBODY,
    "divisions.outlines": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "divisions.change": frozenset({Role.MANAGER}),
    "divisions.undecided": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "divisions.place": frozenset({Role.OPERATOR, Role.MANAGER}),
}
