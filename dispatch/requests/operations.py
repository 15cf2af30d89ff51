"""The verbs of care requests, under one name; each is written beside its kind."""

from dispatch.requests.changes import cancel, cancel_all, mark, mark_unserved
from dispatch.requests.placing import place
from dispatch.requests.standing import end, end_all, materialise, pause, place_standing_order

__all__ = [
    "cancel",
    "cancel_all",
    "end",
    "end_all",
    "mark",
    "mark_unserved",
    "materialise",
    "pause",
    "place",
    "place_standing_order",
]
