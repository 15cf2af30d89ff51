"""What this package owns: the district's area code."""

from kit.china.rules import AreaCode
from kit.room import Room

ROOM = Room(name="kit.china", rules=(AreaCode,))
"""The rule of telephone numbers."""
