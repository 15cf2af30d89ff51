"""The room of satisfaction: ratings, call-backs and complaints."""

from datetime import timedelta
from pathlib import Path

from kit.room import Chore, Room
from providers.satisfaction import draws, handlers, operations
from providers.satisfaction.model import (
    CallBack,
    CallBackDraw,
    CodeReading,
    Complaint,
    ComplaintStep,
    Rateable,
    Rating,
)
from providers.satisfaction.policy import POLICY
from providers.satisfaction.rules import RULES

ROOM = Room(
    name="providers.satisfaction",
    models=(Rateable, Rating, CodeReading, CallBack, CallBackDraw, Complaint, ComplaintStep),
    handlers=(handlers.when_finished,),
    rules=RULES,
    refusals=Path(__file__).with_name("refusals.toml"),
    chores=(
        Chore(name="confirm", every=timedelta(minutes=5), act=operations.confirm_by_silence),
        Chore(name="call-backs", every=timedelta(minutes=10), act=draws.turn_day),
    ),
    policy=POLICY,
)
