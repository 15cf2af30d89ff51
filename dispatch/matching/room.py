"""The declaration of this room: decision records, matching's handlers, rules and chores."""

from datetime import timedelta
from pathlib import Path

from dispatch.matching import handlers, operations
from dispatch.matching.model import DecisionRecord
from dispatch.matching.plan import overnight, overruns, replanning
from dispatch.matching.policy import POLICY
from dispatch.matching.rules import RULES
from kit.room import Chore, Room

ROOM = Room(
    name="dispatch.matching",
    models=(DecisionRecord,),
    handlers=(
        handlers.when_requested,
        handlers.when_reopened,
        handlers.when_relaxed,
        handlers.when_amended,
        handlers.when_refused,
        handlers.when_lapsed,
        handlers.when_withdrawn,
        handlers.when_missed,
        handlers.when_aborted,
        handlers.when_worker_unavailable,
        handlers.when_shift_ended,
        handlers.when_company_exited,
        handlers.when_death_reported,
        handlers.when_death_report_withdrawn,
        handlers.when_stay_reported,
        handlers.when_resumed,
        handlers.when_refused_plan_again,
        handlers.when_withdrawn_plan_again,
        handlers.when_missed_plan_again,
    ),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(
        Chore(name="look again", every=timedelta(minutes=1), act=operations.look_again),
        Chore(name="overrun", every=timedelta(minutes=1), act=overruns.follow),
        Chore(name="plan again", every=timedelta(minutes=5), act=replanning.replan_today, slow=True),
        Chore(name="night", every=timedelta(minutes=2), act=overnight.plan_standing, slow=True),
    ),
    policy=POLICY,
)
