"""Topic `settlement`: charges, statements and payments; key is the company and month."""

from uuid import UUID

from events.contracts.event import Event


class _SettlementEvent(Event):
    topic = "settlement"
    key_field = "provider_id"

    provider_id: UUID
    month: str  # the district's month, 2026-03

    @property
    def key(self) -> str:
        """Return `provider:month`: a month's settlement of one company shares a partition."""
        return f"{self.provider_id}:{self.month}"


class ChargeMade(_SettlementEvent):
    """Emitted by settlement: one visit has become one charge line (or a correcting line, revision over 1)."""

    subject_field = "charge_id"

    charge_id: UUID
    visit_id: UUID
    request_id: UUID
    person_id: UUID
    item_code: str
    division_code: str
    payable_fen: int
    subsidised_fen: int
    own_fen: int
    deduction_fen: int
    rule_version: str
    revision: int


class ChargeUnfunded(_SettlementEvent):
    """Emitted by settlement: a part of a charge that neither the elder agreed to nor the quota bears; people decide."""

    subject_field = "charge_id"

    charge_id: UUID
    visit_id: UUID
    unfunded_fen: int


class _StatementEvent(_SettlementEvent):
    subject_field = "statement_id"

    statement_id: UUID


class StatementDrafted(_StatementEvent):
    """Emitted by settlement: a company's month is drawn up and frozen."""

    lines: int
    total_fen: int


class StatementConfirmed(_StatementEvent):
    """Emitted by settlement: the company agrees."""


class LineDisputed(_StatementEvent):
    """Emitted by settlement: the company disagrees with one line."""

    line_id: UUID


class LineDecided(_StatementEvent):
    """Emitted by settlement: the bureau has decided on a disputed line."""

    line_id: UUID
    upheld: bool


class StatementApproved(_StatementEvent):
    """Emitted by settlement: a second person has approved the statement."""


class StatementPaid(_StatementEvent):
    """Emitted by settlement: finance has paid it; nothing in it changes any more."""

    total_fen: int
