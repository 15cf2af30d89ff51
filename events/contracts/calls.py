"""Topic `calls`: telephone calls that come in; key is the call. A number stands in none of them."""

from uuid import UUID

from events.contracts.event import Event


class _CallEvent(Event):
    topic = "calls"
    key_field = "call_id"
    subject_field = "call_id"

    call_id: UUID


class CallRang(_CallEvent):
    """Emitted by calls: the exchange has reported a call for the first time."""


class CallAnswered(_CallEvent):
    """Emitted by calls: somebody speaks with the caller, as the exchange or the operator who took the call says."""


class CallEnded(_CallEvent):
    """Emitted by calls: the exchange says that the call is over, answered or not."""
