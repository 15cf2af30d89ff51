"""The room of the lists that are imported: lists of companies, workers and service items."""

from kit.room import ImportKind, Room
from providers import imports

ROOM = Room(
    name="providers",
    imports=(
        ImportKind(name="providers", take_in=imports.companies),
        ImportKind(name="workers", take_in=imports.workers),
        ImportKind(name="catalogue", take_in=imports.items),
    ),
)
