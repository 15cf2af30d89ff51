"""The word `serve`: everything in one process; what `python3 run.py` does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from bootstrap import exclusive
from bootstrap.terminal import run
from kit import postgres
from kit.settings import Settings


def serve(
    *,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="--no-demo leaves the district empty, to be filled by `import`")
    ] = True,
    history: Annotated[
        bool,
        typer.Option("--history/--no-history", help="--no-history leaves the invented district without a past year"),
    ] = True,
) -> None:
    """Run everything in one process: database, API, handlers, ticker and, with NOWALLS_KAFKA, the relay."""
    settings = Settings.read()
    with exclusive.home(settings.home), exclusive.port(host, settings.port) as taken:
        with ThreadPoolExecutor(1) as beside:
            if settings.database_url is None:
                # It takes as long as importing the rooms does; `platform` meets a failure again and reports it.
                beside.submit(postgres.start, settings.embedded)
            from processes import serving

        run(serving.serve(settings, taken, host=host, demo=demo, history=history), lasting=True)
