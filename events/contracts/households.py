"""Topic `households`: what has changed in a household of the registry; key is the household."""

from uuid import UUID

from events.contracts.event import Event


class HouseholdChanged(Event):
    """Emitted by registry: a household was opened, closed or moved, or its members or head are others."""

    topic = "households"
    key_field = "household_id"
    subject_field = "household_id"

    household_id: UUID
    change: str
    division_code: str
    person_ids: list[UUID]
