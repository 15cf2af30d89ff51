"""The declaration of this room: home care as the bureau's reports see it; no other room of civil knows dispatch."""

from civil.blocks.declared import Module, Title
from civil.homecare.contradictions import CONTRADICTIONS
from civil.homecare.figures import FIGURES
from civil.homecare.rules import RULES
from kit.access.scope import Section
from kit.room import Room

MODULE = Module(
    name="homecare",
    title=Title("居家养老", "home care"),
    section=Section.ELDERCARE,
    figures=FIGURES,
    contradictions=CONTRADICTIONS,
)
ROOM = Room(name="civil.homecare", rules=RULES)
