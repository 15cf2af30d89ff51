"""/health and /metrics of each process on a port of its own, for who watches over the machines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from api.app import build_probes
from bootstrap import exclusive
from bootstrap.platform import Platform, task
from kit.metrics import State
from processes.server import Server

PORTS = {"worker": 8001, "relay": 8002, "ticker": 8003, "http": 8004}
"""The port of each process where NOWALLS_PROBE_PORT names none."""


@asynccontextmanager
async def serving(running: Platform, process: str, parts: dict[str, State]) -> AsyncIterator[None]:
    """Answer /health and /metrics beside the block, on NOWALLS_PROBE_PORT; refuse `serve.port_taken`.

    Nothing else is answered there, and compose publishes the port to no one outside its network.
    """
    port = running.settings.probe_port or PORTS[process]
    listener = exclusive.port("0.0.0.0", port)  # noqa: S104 - Prometheus asks from another container
    application = build_probes(running.works, running.rooms, parts)
    server = Server(uvicorn.Config(application, log_config=None, timeout_graceful_shutdown=1, server_header=False))
    server.heeds_signals = False
    async with task(server.serve(sockets=[listener])) as answering:
        yield
        server.stop()
        await asyncio.wait([answering], timeout=3)
