"""The declaration of this room: cases that wait for a person."""

from datetime import timedelta
from pathlib import Path

from dispatch.escalation import handlers, operations
from dispatch.escalation.model import Case
from dispatch.escalation.policy import POLICY
from dispatch.escalation.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.escalation",
    models=(Case,),
    handlers=(
        handlers.when_nobody_found,
        handlers.when_reopened,
        handlers.when_relaxed,
        handlers.when_amended,
        handlers.when_assigned,
        handlers.when_held,
        handlers.when_unfunded,
        handlers.when_budget_reached,
        handlers.when_nobody_home,
        handlers.when_certificate_expiring,
        handlers.when_refused,
        handlers.when_lapsed,
        handlers.when_withdrawn,
        handlers.when_missed,
        handlers.when_aborted,
        handlers.when_death_reported,
        handlers.when_stay_reported,
        handlers.when_resumed,
        handlers.when_enrolment_ended,
        handlers.when_death_report_withdrawn,
        handlers.when_deceased,
        handlers.when_death_corrected,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="escalate", every=timedelta(seconds=15), act=operations.sweep),),
    policy=POLICY,
)
