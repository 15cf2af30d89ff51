"""What the log says of reviews: which seed was committed when, and what is drawn by it; a part of `replay`, pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.contracts.event import Event
from events.contracts.settlement import DrawCommitted, DrawFrozen
from kit import sample
from providers.settlement.papers import Line
from providers.settlement.review import drawing

READ: Final[tuple[type[Event], ...]] = (DrawCommitted, DrawFrozen)
"""The events of reviews."""
Pairs = Mapping[str, tuple[Any, Any]]
"""What an event says and what is computed, by field."""


class PaperDraw(NamedTuple):
    """The draw of one paper, drawn again; `committed` and `frozen` are numbers of events, 0 where there is none.

    `late` counts the visits that the log knew before the seed was committed: of these the draw proves nothing.
    """

    committed: int
    frozen: int
    seed_hash: str | None
    seed: str
    list_hash: str
    percent: int
    visits: list[UUID]
    drawn: list[UUID]
    late: int


@dataclass(slots=True)
class ReviewBooks:
    """What the events up to now say of reviews."""

    seeds: dict[tuple[UUID, str], tuple[int, str]] = field(default_factory=dict)
    draws: dict[UUID, PaperDraw] = field(default_factory=dict)

    def commit(self, number: int, event: DrawCommitted) -> None:
        """Take the hash of a seed; the first that was committed counts."""
        self.seeds.setdefault((event.provider_id, event.month), (number, event.seed_hash))

    def freeze(
        self,
        number: int,
        event: DrawFrozen,
        lines: Iterable[Line],
        *,
        seen: Mapping[UUID, int],
        percents: Collection[int],
    ) -> Pairs:
        """Draw a paper's visits again; return what the event says of them beside what is computed.

        `seen` maps the events of visits to their numbers, `percents` are all shares that the rule had for the month.
        """
        rows = drawing.listed(lines)
        visits = [line.visit_id for line in rows]
        committed, seed_hash = self.seeds.get((event.provider_id, event.month), (0, None))
        seed = _bytes(event.seed)
        drawn = sample.draw(seed, visits, percent=event.percent)
        late = sum(line.verified_by is None or seen[line.verified_by] < committed for line in rows)
        draw = PaperDraw(
            committed=committed,
            frozen=number,
            seed_hash=seed_hash,
            seed=event.seed,
            list_hash=sample.list_hash(visits),
            percent=event.percent,
            visits=visits,
            drawn=drawn,
            late=late if committed else len(visits),
        )
        self.draws[event.statement_id] = draw
        return {
            "seed": (sample.commitment(seed), seed_hash),
            "percent": (event.percent, event.percent if event.percent in percents else max(percents)),
            "list_hash": (event.list_hash, draw.list_hash),
            "visits": (event.visits, len(visits)),
            "drawn": (event.drawn, len(drawn)),
        }


def _bytes(seed: str) -> bytes:
    """Return the bytes of a seed; none where the text is not hexadecimal, which no commitment agrees with."""
    try:
        return bytes.fromhex(seed)
    except ValueError:
        return b""
