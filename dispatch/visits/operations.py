"""The verbs of visits, under one name; each is written beside its kind."""

from dispatch.visits.amending import Amendment, amend, reschedule
from dispatch.visits.attendance import ActIn, abort, arrive, depart, leave, nobody_home
from dispatch.visits.bookings import WorkerBusy
from dispatch.visits.changes import (
    cancel_for,
    change_worker,
    close_disclosures_due,
    emit_moved,
    follow_divisions,
    miss_due,
    rework,
    take_hours,
    withdraw_rework,
)
from dispatch.visits.lifecycle import Choice
from dispatch.visits.offers import Offered, VisitOrder, accept, lapse, lapse_due, offer, offer_all, refuse, withdraw
from dispatch.visits.verification import back_fill, decide_held, verify, void

__all__ = [
    "ActIn",
    "Amendment",
    "Choice",
    "Offered",
    "VisitOrder",
    "WorkerBusy",
    "abort",
    "accept",
    "amend",
    "arrive",
    "back_fill",
    "cancel_for",
    "change_worker",
    "close_disclosures_due",
    "decide_held",
    "depart",
    "emit_moved",
    "follow_divisions",
    "lapse",
    "lapse_due",
    "leave",
    "miss_due",
    "nobody_home",
    "offer",
    "offer_all",
    "refuse",
    "reschedule",
    "rework",
    "take_hours",
    "verify",
    "void",
    "withdraw",
    "withdraw_rework",
]
