"""The declaration of this room: home care as the bureau's reports see it; no other room of civil knows dispatch."""

from datetime import timedelta

from civil.blocks.declared import Module, Title
from civil.homecare import handlers, stays
from civil.homecare.contradictions import CONTRADICTIONS
from civil.homecare.figures import FIGURES
from civil.homecare.rules import RULES
from kit.access.scope import Section
from kit.room import Chore, Room

MODULE = Module(
    name="homecare",
    title=Title("居家养老", "home care"),
    section=Section.ELDERCARE,
    figures=FIGURES,
    contradictions=CONTRADICTIONS,
)
ROOM = Room(
    name="civil.homecare",
    handlers=(handlers.when_record_changed,),
    rules=RULES,
    chores=(Chore(name="residents of institutions", every=timedelta(hours=1), act=stays.suspend_residents),),
)
