"""The worker: runs the handlers; start several, and Kafka or the outbox shares the groups among them."""

import asyncio

from bootstrap import shutdown
from bootstrap.platform import deliveries, platform, set_aside
from kit.metrics import State
from kit.settings import Settings
from processes import kernels, probes
from processes.rooms import ROOMS


async def main() -> None:
    """Run until ended."""
    async with platform(Settings.read(), ROOMS) as running:
        parts: dict[str, State] = {"kernels": kernels.starting}
        async with probes.serving(running, "worker", parts):
            await kernels.warm(asyncio.Event())
            set_aside()
            async with deliveries(running, relay=False) as reading:
                parts.pop("kernels")
                parts |= reading
                await asyncio.Event().wait()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
