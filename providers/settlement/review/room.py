"""The room of reviews: the draw of each statement."""

from datetime import timedelta

from kit.room import Chore, Room
from providers.settlement.review import operations
from providers.settlement.review.model import ReviewDraw
from providers.settlement.review.rules import RULES

ROOM = Room(
    name="providers.settlement.review",
    models=(ReviewDraw,),
    rules=RULES,
    chores=(Chore(name="review-seeds", every=timedelta(minutes=10), act=operations.commit_seeds),),
)
