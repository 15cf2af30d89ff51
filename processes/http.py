"""The HTTP process: the API and the start page, on NOWALLS_PORT."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn

from api.app import build
from kit.metrics import State
from kit.settings import Settings
from processes import running, taking
from processes.assembly import House, house


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving at the first signal and no more: uvicorn's own way ends the program before what comes after."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(found: House, taken: socket.socket, *, parts: Mapping[str, State] | None = None) -> None:
    """Serve until a signal ends it; open streams are given two seconds."""
    application = build(found.works, parts=parts)
    configuration = uvicorn.Config(
        application, log_level="warning", timeout_graceful_shutdown=2, server_header=False
    )  # fmt: skip
    await _Server(configuration).serve(sockets=[taken])


async def main() -> None:
    """Run the API alone; deliveries, relay and ticker are processes of their own."""
    settings = Settings.read()
    taken = taking.port("0.0.0.0", settings.port)  # noqa: S104 - inside its container; compose publishes it on loopback
    async with house(settings) as found:
        await serve(found, taken)


if __name__ == "__main__":
    running.run(main(), lasting=True)
