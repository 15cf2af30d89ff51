"""The HTTP process: the API and the start page, on NOWALLS_PORT."""

from collections.abc import Callable, MutableMapping

import uvicorn

from api.app import build
from bootstrap import exclusive, shutdown
from bootstrap.platform import Platform, platform
from kit.metrics import State
from kit.settings import Settings
from processes import probes
from processes.rooms import ROOMS
from processes.server import Protocol, Server


def server(
    running: Platform,
    *,
    parts: MutableMapping[str, State] | None = None,
    demo_percent: Callable[[], int | None] = lambda: None,
) -> Server:
    """Make what serves the API until a signal ends it; open streams are given two seconds."""
    application = build(running.works, running.rooms, parts=parts, demo_percent=demo_percent)
    config = uvicorn.Config(
        application, http=Protocol, log_config=None, timeout_graceful_shutdown=2, server_header=False
    )
    return Server(config)


async def main() -> None:
    """Run the API alone; deliveries, relay and ticker are processes of their own."""
    settings = Settings.read()
    taken = exclusive.port("0.0.0.0", settings.port)  # noqa: S104 - inside its container; compose publishes it on loopback
    async with platform(settings, ROOMS) as running, probes.serving(running, "http", {}):
        await server(running).serve(sockets=[taken])


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
