"""The verbs of care requests, under one name; each is written beside its kind."""

from dispatch.requests.changes import cancel, cancel_all, follow_divisions, locked, mark, mark_unserved
from dispatch.requests.checks import check_duplicate, check_elder
from dispatch.requests.consent import agree, cover
from dispatch.requests.placing import NewRequest, place, quote, seal_note
from dispatch.requests.reopening import reopen
from dispatch.requests.standing import (
    OrderAmendment,
    amend_standing_order,
    end,
    end_all,
    make_due,
    materialise,
    orders_left,
    pause,
    place_standing_order,
    restore_all,
)

__all__ = [
    "NewRequest",
    "OrderAmendment",
    "agree",
    "amend_standing_order",
    "cancel",
    "cancel_all",
    "check_duplicate",
    "check_elder",
    "cover",
    "end",
    "end_all",
    "follow_divisions",
    "locked",
    "make_due",
    "mark",
    "mark_unserved",
    "materialise",
    "orders_left",
    "pause",
    "place",
    "place_standing_order",
    "quote",
    "reopen",
    "restore_all",
    "seal_note",
]
