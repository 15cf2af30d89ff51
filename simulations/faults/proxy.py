"""A TCP proxy between the platform and what it stands on: it can be cut, slow, or open at one end only."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

_BLOCK = 65_536

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Line(StrEnum):
    """How the line is."""

    WELL = "well"
    SLOW = "slow"  # every block comes later by `delay`
    SILENT = "silent"  # half open: connections stay, and nothing comes through
    CUT = "cut"  # connections are reset, and new ones at once


class Proxy:
    """Listen on a port of the loopback and pass on what comes to wherever `connect` leads."""

    def __init__(self, connect: Connect, *, delay: float = 0.2) -> None:
        self._connect = connect
        self._delay = delay
        self._line = Line.WELL
        self._well = asyncio.Event()
        self._well.set()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator["Proxy"]:
        """Pass on beside the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()
            self.put(Line.CUT)

    def put(self, line: Line) -> None:
        """Change how the line is, for open connections too."""
        self._line = line
        if line is Line.SILENT:
            self._well.clear()
        else:
            self._well.set()
        if line is Line.CUT:
            for writer in list(self._open):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._well.wait()
        if self._line is Line.CUT:
            writer.transport.abort()
            return
        try:
            inner_reader, inner_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, inner_writer}
        try:
            await asyncio.gather(self._pass(reader, inner_writer), self._pass(inner_reader, writer))
        finally:
            self._open -= {writer, inner_writer}
            for each in (writer, inner_writer):
                each.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while block := await reader.read(_BLOCK):
                await self._well.wait()
                if self._line is Line.SLOW:
                    await asyncio.sleep(self._delay)
                writer.write(block)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()
