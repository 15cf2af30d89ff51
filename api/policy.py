"""Who may do what: one table, merged from what each room contributes, deny by default.

Every route names one action, and an action that is not here is nobody's. The table decides the verb; which rows the
actor sees is decided by the database role of its scope and that role's row policies (`kit.database`).
"""

from collections.abc import Iterable
from typing import Final

from kit.access.actor import Actor
from kit.access.roles import EVERYBODY, Policy, Role
from kit.refusal import Kind, Refusal
from kit.room import Room

API: Final[Policy] = {
    # the stream names people of every division
    "live.listen": EVERYBODY - {Role.CLERK, Role.SECTION},
    "imports.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "board.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.AUDITOR}),
    "rules.read": frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "rules.change": frozenset({Role.MANAGER}),
    "rules.backdate": frozenset({Role.MANAGER}),
    "changes.read": frozenset({Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR}),
    "changes.decide": frozenset({Role.MANAGER}),
    "funnel.read": frozenset({Role.OPERATOR, Role.MANAGER, Role.FINANCE, Role.AUDITOR}),
    "numbers.read": frozenset({Role.MANAGER, Role.AUDITOR}),
    "metrics.read": frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.AUDITOR}),
}
"""What is asked of no room but this one."""


def merged(rooms: Iterable[Room]) -> Policy:
    """Merge what the rooms contribute; an action that two rooms claim is an error in the program."""
    table: dict[str, frozenset[Role]] = {}
    for room in rooms:
        if twice := sorted(table.keys() & room.policy.keys()):
            message = f"{room.name} and a room before it decide who may do {', '.join(twice)}"
            raise ValueError(message)
        table |= room.policy
    return table


OPEN_TO_ALL = frozenset(
    {
        "sign_in",
        "get_health",
        "get_metrics",
        "get_funnel",
        "watch_funnel",
        "rate_visit",
        "get_words",
        "get_family_visit",
        "rate_family_visit",
    }
)
"""The routes, by name, that ask for nobody's session; any other that names no action stops the program's start."""


class NotAllowed(Refusal):
    """The role may not do what was asked."""

    code = "actor.not_allowed"
    kind = Kind.FORBIDDEN


def allows(table: Policy, actor: Actor, action: str) -> bool:
    """Tell whether the table gives the actor's role the action."""
    return actor.role in table.get(action, frozenset())


def actions_of(table: Policy, role: Role) -> list[str]:
    """Return the actions that the table gives a role, by name."""
    return sorted(action for action, roles in table.items() if role in roles)
