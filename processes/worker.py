"""The worker: runs the handlers; start several, and Kafka or the outbox shares the groups among them."""

import asyncio

from bootstrap import shutdown
from bootstrap.platform import deliveries, house, set_aside
from kit.settings import Settings
from processes import kernels


async def main() -> None:
    """Run until ended."""
    async with house(Settings.read()) as found:
        await kernels.warm(asyncio.Event())
        set_aside()
        async with deliveries(found, relay=False):
            await asyncio.Event().wait()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
