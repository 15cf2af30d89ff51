"""The words `topics`: Kafka's topics as they are declared in the code, and as they are."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from bootstrap.terminal import Json, run, say
from kit.refusal import Refusal
from kit.settings import Settings

if TYPE_CHECKING:
    from events.delivery.cluster import Cluster
    from events.delivery.declared import Deviation

app = typer.Typer(no_args_is_help=True, help="Kafka's topics: partitions, replicas, retention, who may use them.")


class KafkaNotNamed(Refusal):
    """No Kafka is named whose topics could be asked for."""

    code = "kafka.not_named"


@app.command("diff")
def topics_diff(*, as_json: Json = False) -> None:
    """Say what on NOWALLS_KAFKA is not as declared; status 1 where anything is."""
    from events.delivery import declared

    deviations = _ask(declared.diff)
    say({"deviations": deviations}, as_json=as_json)
    if deviations:
        raise typer.Exit(1)


@app.command("apply")
def topics_apply(*, as_json: Json = False) -> None:
    """Bring NOWALLS_KAFKA to what is declared, and say what was not; needs an account that may."""
    from events.delivery import declared

    say({"changed": _ask(declared.apply)}, as_json=as_json)


def _ask(act: "Callable[[Cluster], list[Deviation]]") -> list[dict[str, str]]:
    from events.delivery.cluster import Cluster
    from processes.rooms import ROOMS  # noqa: F401 - a topic is declared by the events of the rooms

    async def asking() -> Any:
        cluster = Cluster.of(Settings.read())
        if cluster is None:
            raise KafkaNotNamed
        return await asyncio.to_thread(act, cluster)

    return [{"of": row.of, "field": row.field, "actual": row.actual, "wanted": row.wanted} for row in run(asking())]
