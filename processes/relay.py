"""The relay: publishes what was told to Kafka; one works, others stand by."""

import asyncio

from events.relay import Relay
from kit.settings import Settings, SettingWrong
from processes.assembly import house


async def main() -> None:
    """Run until ended."""
    settings = Settings.read()
    if settings.kafka is None:
        raise SettingWrong(name="NOWALLS_KAFKA", why="the relay needs to know the brokers")
    async with house(settings) as found:
        await Relay(found.works.database.url, settings.kafka).run()


if __name__ == "__main__":
    asyncio.run(main())
