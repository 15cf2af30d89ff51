"""The relay: publishes emitted events to Kafka; one works, others stand by."""

from bootstrap import shutdown
from bootstrap.platform import platform
from events.delivery.cluster import Cluster
from events.delivery.relay import Relay
from kit.refusal import Refusal
from kit.settings import Settings
from processes import probes
from processes.rooms import ROOMS


class NoKafka(Refusal):
    """A relay without a broker has nothing to do."""

    code = "relay.no_kafka"


async def main() -> None:
    """Run until ended."""
    settings = Settings.read()
    if (cluster := Cluster.of(settings)) is None:
        raise NoKafka
    async with platform(settings, ROOMS) as running:
        publishing = Relay(running.works, cluster)
        async with probes.serving(running, "relay", {"relay": publishing.state}):
            await publishing.run()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
