"""The table of matching: decision records (派单凭证)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base, Long
from kit.ids import new_id


class DecisionOutcome(StrEnum):
    """The outcome of a decision: an offer was made, or nobody could be offered the request."""

    OFFERED = "offered"
    NOBODY = "nobody"


class DecisionRecord(Base):
    """One decision with all its inputs, in a compact form: workers and companies by number, costs in points.

    `candidates` rows are `[worker, second worker or 0, start (seconds of the day), points, travel, wait, continuity,
    share]`, best first. `beaten` lists the workers who could come at a higher price than the listed candidates.
    `ruled_out` maps a rule to the workers it excludes. `weights` is the content of `matching.weights`, `ask` the
    `Demand` as JSON, `snapshot` the PostgreSQL snapshot that was read, `snapshot_hash` the fingerprint of all inputs.
    `decided_by` and `reason` are of a person who chose the company or the worker, else null.
    Decisions that were made together in one transaction share `batch_id`, and each saw what those before it in
    `batch_place` had promised, which the snapshot does not show. `decision_replay.replay` decides again from these
    columns.
    """

    __tablename__ = "decision_record"
    __table_args__ = (
        Index("ix_decision_record_request_id", "request_id", "attempt"),
        Index("ix_decision_record_decided_at", "decided_at"),
        Index("ix_decision_record_batch_id", "batch_id", postgresql_where=text("batch_id is not null")),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[UUID]
    attempt: Mapped[int]
    district: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[datetime]
    outcome: Mapped[DecisionOutcome]
    provider_id: Mapped[UUID | None]
    worker_number: Mapped[Long | None]
    second_worker_number: Mapped[Long | None]
    starts_at: Mapped[datetime | None]
    engine: Mapped[str] = mapped_column(String(40))
    weights: Mapped[dict[str, Any]]
    ask: Mapped[dict[str, Any]]
    candidates: Mapped[list[Any]]
    beaten: Mapped[list[Any]]
    ruled_out: Mapped[dict[str, Any]]
    relaxation: Mapped[dict[str, Any] | None]
    snapshot: Mapped[str] = mapped_column(Text)
    snapshot_hash: Mapped[str] = mapped_column(String(64))
    batch_id: Mapped[UUID | None]
    batch_place: Mapped[int | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(200))
