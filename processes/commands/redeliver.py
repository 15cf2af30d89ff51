"""The word `redeliver`: what the log has and a group missed is delivered again."""

from typing import Annotated

import typer

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from kit.refusal import Refusal
from processes.commands.works import open_works


class GroupUnknown(Refusal):
    """No room has a handler for this group."""

    code = "group.unknown"


def redeliver(
    *,
    after: Annotated[int, typer.Option("--from", help="a position in the log; 0: all of it")] = 0,
    group: Annotated[str | None, typer.Option(help="one consumer group; all without it")] = None,
    as_json: Json = False,
) -> None:
    """Deliver again what the log has and a group has neither handled nor among its dead letters."""

    async def act() -> dict[str, int]:
        from events.delivery import bus, redelivery
        from processes.rooms import ROOMS

        handlers = bus.table(handler for room in ROOMS for handler in room.handlers)
        if group is not None and group not in handlers:
            raise GroupUnknown(group=group, groups=", ".join(sorted(handlers)))
        counts: dict[str, int] = {}
        async with open_works() as works:
            for name in sorted(handlers) if group is None else [group]:
                async with works(SYSTEM("command line")) as work:
                    counts[name] = await redelivery.redeliver(work, group=name, kinds=handlers[name], after=after)
        return counts

    say(run(act()), as_json=as_json)
