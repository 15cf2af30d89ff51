"""The HTTP process: the API and the start page, on NOWALLS_PORT."""

import asyncio
from collections.abc import Callable

import uvicorn

from api.app import build
from kit.settings import Settings
from processes.assembly import House, house


async def serve(found: House, *, host: str = "127.0.0.1", parts: dict[str, Callable[[], bool]] | None = None) -> None:
    """Serve until a signal ends it; open streams are given two seconds."""
    application = build(found.works, parts=parts)
    configuration = uvicorn.Config(
        application, host=host, port=found.settings.port, log_level="warning", timeout_graceful_shutdown=2,
        server_header=False,
    )  # fmt: skip
    await uvicorn.Server(configuration).serve()


async def main() -> None:
    """Run the API alone; deliveries, relay and ticker are processes of their own."""
    async with house(Settings.read()) as found:
        await serve(found, host="0.0.0.0")  # noqa: S104 - inside its container; compose publishes it on loopback


if __name__ == "__main__":
    asyncio.run(main())
