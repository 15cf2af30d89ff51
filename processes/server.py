"""uvicorn as the processes use it: refusals in the language that was asked for, and an end that its caller decides."""

import asyncio
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import errors

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
