"""What the log says of the steps that a paper has taken since it was drawn up; a part of `replay`, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from events.contracts.event import Event
from events.contracts.settlement import (
    LineDecided,
    LineDisputed,
    PaymentReturned,
    StatementConfirmed,
    StatementPaid,
    StatementReminded,
)

READ: Final[tuple[type[Event], ...]] = (
    LineDisputed,
    LineDecided,
    StatementReminded,
    StatementConfirmed,
    StatementPaid,
    PaymentReturned,
)
"""The events of a paper's steps."""
Step = LineDisputed | LineDecided | StatementReminded | StatementConfirmed | StatementPaid | PaymentReturned
Pairs = Mapping[str, tuple[Any, Any]]
"""What an event says and what follows from those before it, by field."""


class PaidOnce(NamedTuple):
    """One payment of a paper, and whether the bank sent it back; an event of 0.1 does not name the payment."""

    payment_id: UUID | None
    fen: int
    returned: bool = False


@dataclass(slots=True)
class Progress:
    """How far a paper has come: open objections, a reminder since the last decision, how it was confirmed, payments."""

    disputed: set[UUID] = field(default_factory=set)
    reminded: bool = False
    by_silence: bool = False
    payments: list[PaidOnce] = field(default_factory=list)

    @property
    def is_paid(self) -> bool:
        """Tell whether a payment stands."""
        return self._standing() is not None

    def take(self, event: Step) -> Pairs:
        """Take the next step: silence confirms after a reminder alone, and what was paid is paid again if it came back.

        Returns what the event says beside what follows from the events before it.
        """
        match event:
            case LineDisputed():
                self.disputed.add(event.line_id)
            case LineDecided():
                self.disputed.discard(event.line_id)
                self.reminded = False
            case StatementReminded():
                self.reminded = True
            case StatementConfirmed():
                self.by_silence = event.by_silence and self.reminded and not self.disputed
                return {"by_silence": (event.by_silence, self.by_silence)}
            case StatementPaid():
                paid = self._standing()
                self.payments.append(PaidOnce(event.payment_id, event.total_fen))
                return {"payment": (event.payment_id, event.payment_id if paid is None else "paid before")}
            case PaymentReturned():
                return {"returned": (event.payment_id, self._return(event))}
        return {}

    def _standing(self) -> PaidOnce | None:
        """Return the payment that did not come back."""
        return self.payments[-1] if self.payments and not self.payments[-1].returned else None

    def _return(self, event: PaymentReturned) -> UUID | None:
        paid = self._standing()
        if paid is None or paid.payment_id not in {None, event.payment_id} or paid.fen != event.total_fen:
            return None
        self.payments[-1] = PaidOnce(event.payment_id, paid.fen, returned=True)
        return event.payment_id
