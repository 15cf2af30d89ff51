"""The relay: publishes what was told to Kafka; one works, others stand by."""

from bootstrap import shutdown
from bootstrap.platform import platform
from events.delivery.relay import Relay
from kit.refusal import Refusal
from kit.settings import Settings
from processes.rooms import ROOMS


class NoKafka(Refusal):
    """A relay without a broker has nothing to do."""

    code = "relay.no_kafka"


async def main() -> None:
    """Run until ended."""
    settings = Settings.read()
    if settings.kafka is None:
        raise NoKafka
    async with platform(settings, ROOMS) as running:
        await Relay(running.works.database.url, settings.kafka).run()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
