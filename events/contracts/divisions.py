"""Topic `divisions`: acts that rename, re-code, merge or split divisions; key is the act."""

from datetime import date
from uuid import UUID

from events.contracts.event import Event


class DivisionChanged(Event):
    """Emitted by registry: divisions became others by one act (撤乡设镇); several successors mean a split."""

    topic = "divisions"
    key_field = "change_id"
    subject_field = "change_id"

    change_id: UUID
    valid_from: date
    successors: dict[str, list[str]]
