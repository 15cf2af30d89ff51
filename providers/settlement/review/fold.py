"""What the log says of reviews: seeds, what is drawn by them, what was looked at; a part of `replay`, pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.contracts.event import Event
from events.contracts.settlement import DrawCommitted, DrawFrozen, LineReviewed, StatementApproved
from kit import sample
from providers.settlement.papers import Paper
from providers.settlement.review import drawing
from providers.settlement.review.drawing import Criteria, ReviewReason
from providers.settlement.review.rules import REVIEW

READ: Final[tuple[type[Event], ...]] = (DrawCommitted, DrawFrozen, LineReviewed, StatementApproved)
"""The events of reviews."""
Step = DrawFrozen | LineReviewed | StatementApproved
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
    criteria: Criteria
    visits: list[UUID]
    drawn: list[UUID]
    late: int


@dataclass(slots=True)
class ReviewBooks:
    """What the events up to now say of reviews; of each paper the lines to be looked at, and what was said of them."""

    seeds: dict[tuple[UUID, str], tuple[int, str]] = field(default_factory=dict)
    draws: dict[UUID, PaperDraw] = field(default_factory=dict)
    reviews: dict[UUID, dict[UUID, list[ReviewReason]]] = field(default_factory=dict)
    decided: dict[UUID, bool] = field(default_factory=dict)

    def commit(self, number: int, event: DrawCommitted) -> None:
        """Take the hash of a seed; the first that was committed counts."""
        self.seeds.setdefault((event.provider_id, event.month), (number, event.seed_hash))

    def freeze(
        self,
        number: int,
        event: DrawFrozen,
        paper: Paper,
        *,
        seen: Mapping[UUID, int],
        values: Mapping[str, Collection[Any]],
    ) -> Pairs:
        """Draw a paper's visits again; return what the event says of them beside what is computed.

        `seen` maps the events of visits to their numbers, `values` holds all values that each rule had for the month.
        """
        committed, seed_hash = self.seeds.get((event.provider_id, event.month), (0, None))
        seed, criteria = _bytes(event.seed), Criteria(event.percent, event.grades, event.amount_fen)
        selection = drawing.select(paper.lines, seed=seed, criteria=criteria)
        listed = drawing.listed(paper.lines)
        late = sum(line.verified_by is None or seen[line.verified_by] < committed for line in listed)
        draw = PaperDraw(
            committed=committed,
            frozen=number,
            seed_hash=seed_hash,
            seed=event.seed,
            list_hash=sample.list_hash(selection.visits),
            criteria=criteria,
            visits=list(selection.visits),
            drawn=list(selection.drawn),
            late=late if committed else len(listed),
        )
        self.draws[paper.id] = draw
        self.reviews[paper.id] = {paper.line_id(line): reasons for line, reasons in selection.reviews}
        rules = {name: (value := getattr(criteria, name), value if value in values[name] else None) for name in REVIEW}
        return {
            **rules,
            "seed": (sample.commitment(seed), seed_hash),
            "list_hash": (event.list_hash, draw.list_hash),
            "visits": (event.visits, len(draw.visits)),
            "drawn": (event.drawn, len(draw.drawn)),
            "reviews": (event.reviews, len(selection.reviews)),
        }

    def decide(self, event: LineReviewed, visit_id: UUID | None) -> Pairs:
        """Take what was said of a line; `visit_id` is the visit that the line is of."""
        reviewed = event.line_id in self.reviews.get(event.statement_id, ())
        self.decided[event.line_id] = event.stands
        return {
            "line_id": (event.line_id, event.line_id if reviewed else None),
            "visit_id": (event.visit_id, visit_id),
        }

    def waiting(self, statement_id: UUID) -> int:
        """Count the lines of a paper that nobody has looked at."""
        return len(self.reviews.get(statement_id, {}).keys() - self.decided.keys())


def _bytes(seed: str) -> bytes:
    """Return the bytes of a seed; none where the text is not hexadecimal, which no commitment agrees with."""
    try:
        return bytes.fromhex(seed)
    except ValueError:
        return b""
