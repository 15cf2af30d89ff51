"""The worker: runs the handlers; start several, and Kafka or the outbox shares the groups among them."""

import asyncio

from kit.settings import Settings
from processes import kernels, running
from processes.assembly import deliveries, house, set_aside


async def main() -> None:
    """Run until ended."""
    async with house(Settings.read()) as found:
        await kernels.warm(asyncio.Event())
        set_aside()
        async with deliveries(found, relay=False):
            await asyncio.Event().wait()


if __name__ == "__main__":
    running.run(main(), lasting=True)
