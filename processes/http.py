"""The HTTP process: the API and the start page, on NOWALLS_PORT."""

import asyncio
import signal
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

import uvicorn

from api.app import build
from bootstrap import exclusive, shutdown
from bootstrap.platform import Platform, platform
from kit.metrics import State
from kit.settings import Settings
from processes.rooms import ROOMS


class Server(uvicorn.Server):
    """uvicorn, which stops serving at the first signal and no more: what comes after is its caller's."""

    heeds_signals = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals; uvicorn's own way ends the program before anything is put away."""
        if not self.heeds_signals:
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    def stop(self) -> None:
        """Stop as a signal does."""
        self.should_exit = True


def server(running: Platform, *, parts: MutableMapping[str, State] | None = None) -> Server:
    """Make what serves the API until a signal ends it; open streams are given two seconds."""
    application = build(running.works, running.rooms, parts=parts)
    return Server(uvicorn.Config(application, log_config=None, timeout_graceful_shutdown=2, server_header=False))


async def main() -> None:
    """Run the API alone; deliveries, relay and ticker are processes of their own."""
    settings = Settings.read()
    taken = exclusive.port("0.0.0.0", settings.port)  # noqa: S104 - inside its container; compose publishes it on loopback
    async with platform(settings, ROOMS) as running:
        await server(running).serve(sockets=[taken])


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
