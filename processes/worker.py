"""The worker: runs the handlers; start several, and Kafka or the outbox shares the groups among them."""

import asyncio

from kit.settings import Settings
from processes.assembly import deliveries, house
from routing import solve


async def main() -> None:
    """Run until ended."""
    await asyncio.to_thread(solve.warm)
    async with house(Settings.read()) as found, deliveries(found, relay=False):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
