"""The words `kafka`: a throw-away Apache Kafka on this machine."""

import asyncio
from pathlib import Path

import typer

from bootstrap.terminal import Json, run, say
from kit.settings import Settings
from processes import kafka as broker

app = typer.Typer(no_args_is_help=True, help="A throw-away Apache Kafka on this machine.")


@app.command("up")
def kafka_up(*, brokers: int = 1, as_json: Json = False) -> None:
    """Start one or three real brokers from jars; set NOWALLS_KAFKA to what is printed."""
    say({"NOWALLS_KAFKA": run(asyncio.to_thread(broker.start, _kafka_folder(), brokers=brokers))}, as_json=as_json)


@app.command("down")
def kafka_down() -> None:
    """Stop the brokers that `kafka up` started."""
    run(asyncio.to_thread(broker.stop, _kafka_folder()))


def _kafka_folder() -> Path:
    folder = Settings.read().home / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
