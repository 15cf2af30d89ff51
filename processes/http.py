"""The HTTP process: the API and the start page, on NOWALLS_PORT."""

import asyncio
import re
import signal
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import errors
from api.app import build
from bootstrap import exclusive, shutdown
from bootstrap.platform import Platform, platform
from kit.metrics import State
from kit.settings import Settings
from processes.rooms import ROOMS

_LANGUAGE = re.compile(rb"^accept-language:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 that refuses what no parser takes, such as raw Chinese in an address, as the API refuses."""

    def data_received(self, data: bytes) -> None:
        """Keep what has come, for the language of a refusal."""
        self._received = data
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's English words are not for people
        """Refuse in the language that was asked for, and close the connection."""
        asked = _LANGUAGE.search(self._received)
        headers = [(b"accept-language", asked[1])] if asked else []
        line = self._received.split(b"\r\n", 1)[0]
        code = "input.invalid" if line.isascii() else "address.not_encoded"
        answer = errors.problem(Request({"type": "http", "headers": headers}), 400, code)
        content = bytes(answer.body)
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: {answer.media_type}\r\ncontent-length: {len(content)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + content)
        self.transport.close()


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
    config = uvicorn.Config(
        application, http=Protocol, log_config=None, timeout_graceful_shutdown=2, server_header=False
    )
    return Server(config)


async def main() -> None:
    """Run the API alone; deliveries, relay and ticker are processes of their own."""
    settings = Settings.read()
    taken = exclusive.port("0.0.0.0", settings.port)  # noqa: S104 - inside its container; compose publishes it on loopback
    async with platform(settings, ROOMS) as running:
        await server(running).serve(sockets=[taken])


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
