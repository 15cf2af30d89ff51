"""Who acts: every operation and query is done by somebody, in a role, within a scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kit.access.roles import Role
from kit.access.scope import EVERYTHING, Company, Division, Everything, Scope

SCOPE_OF: Final[Mapping[Role, type[Scope]]] = {
    Role.PROVIDER: Company,
    Role.WORKER: Company,
    Role.CLERK: Division,
    Role.SECTION: Division,
}
"""The kind of scope that a role needs; a person of any other role sees everything that the policy lets them ask for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting person or part of the platform."""

    role: Role
    label: str
    account_id: UUID | None = None
    scope: Scope = EVERYTHING

    def __post_init__(self) -> None:
        """Refuse a scope that does not fit the role; only the platform itself may act within any."""
        if self.role is Role.SYSTEM:
            return
        worker_id = self.scope.worker_id if isinstance(self.scope, Company) else None
        fits = type(self.scope) is SCOPE_OF.get(self.role, Everything)
        if not fits or (worker_id is not None) != (self.role is Role.WORKER):
            message = f"{self.scope} is no scope for the role {self.role.value}"
            raise ValueError(message)

    @property
    def company(self) -> Company | None:
        """Return the company's scope where the actor is one of a company's people."""
        return self.scope if isinstance(self.scope, Company) else None

    @property
    def reads_only(self) -> bool:
        """Tell whether the database lets this actor write nothing but the record of its own readings."""
        return self.role is Role.AUDITOR


def SYSTEM(label: str) -> Actor:  # noqa: N802 - reads as the constant it nearly is
    """Return the platform itself, acting under the name of one of its parts."""
    return Actor(role=Role.SYSTEM, label=label)
