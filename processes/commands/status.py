"""The word `status`: how far each group is behind, what waits for a person, where the log's chain ends."""

from typing import Any

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from kit.settings import Settings


def status(*, as_json: Json = False) -> None:
    """Say how far each consumer group is behind, which dead letters wait, and where the log's chain ends."""
    say(run(_status()), as_json=as_json)


async def _status() -> dict[str, Any]:
    from bootstrap.platform import platform
    from events import log
    from events.delivery import dead_letters, lag
    from events.delivery.cluster import Cluster
    from processes.rooms import ROOMS

    settings = Settings.read()
    async with platform(settings, ROOMS) as running:
        counts = await lag.measure(running.works, sorted(running.deliverer.handlers), Cluster.of(settings))
        async with running.works(SYSTEM("command line")) as work:
            signed = await log.signed_head(work)
            return {
                "lag": counts,
                "dead_letters": {cause.value: count for cause, count in (await dead_letters.counts(work)).items()},
                "head": str(await log.head(work)),
                "signed": str(signed) if signed else None,
                "unsealed_seconds": round(await log.unsealed_seconds(work), 1),
            }
