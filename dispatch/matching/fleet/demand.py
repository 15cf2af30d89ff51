"""What a request needs of who comes, in the form that the engine reads and the decision record keeps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from kit.china import identifiers
from providers.catalogue.model import Skill

_NEWER = ("barred_companies", "wanted", "only_company", "only_worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a request needs: place, minutes, skill, workers; the start is between `earliest` and `latest`, inclusive.

    A person may have chosen the company, `only_company`, and of it the worker who must come, `only_worker`.
    """

    latitude: float
    longitude: float
    minutes: int
    earliest: datetime
    latest: datetime
    skill: Skill
    sex: identifiers.Sex | None
    persons: int
    familiar: frozenset[UUID]
    barred: frozenset[UUID]
    asked: frozenset[UUID]  # companies that refused, lapsed or missed, and are not asked again
    item_code: str
    division_code: str
    barred_companies: frozenset[UUID] = frozenset()
    wanted: frozenset[UUID] = frozenset()  # workers whom the elder asks for; preferred in place of the familiar ones
    only_company: UUID | None = None
    only_worker: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the demand in the form in which the decision record stores it; a newer key without value is left out.

        Records of earlier versions do not have these keys, and their hash must stay.
        """
        return {
            name: sorted(map(str, value)) if isinstance(value, frozenset) else _plain(value)
            for name, value in asdict(self).items()
            if value or name not in _NEWER
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        sets = ("familiar", "barred", "asked", "barred_companies", "wanted")
        people = {name: frozenset(map(UUID, kept.get(name, ()))) for name in sets}
        times = {name: datetime.fromisoformat(kept[name]) for name in ("earliest", "latest")}
        chosen = {name: UUID(kept[name]) for name in ("only_company", "only_worker") if name in kept}
        sex = identifiers.Sex(kept["sex"]) if kept["sex"] else None
        return cls(**{**kept, **people, **times, **chosen, "skill": Skill(kept["skill"]), "sex": sex})


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
