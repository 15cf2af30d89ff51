"""The room of reviews: the draw of each statement, and what a person says of its lines before the approval."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, Room
from providers.settlement.review import operations
from providers.settlement.review.model import LineReview, ReviewDraw
from providers.settlement.review.policy import POLICY
from providers.settlement.review.rules import RULES

ROOM = Room(
    name="providers.settlement.review",
    models=(ReviewDraw, LineReview),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(Chore(name="review-seeds", every=timedelta(minutes=10), act=operations.commit_seeds),),
    policy=POLICY,
)
