"""The word `revision`: the next step of the schema's history."""

import asyncio
from typing import Annotated

import typer


def revision(message: Annotated[str, typer.Argument(help="what changed")]) -> None:
    """Write the revision that leads from the history in migrations/ to what the models declare now."""
    from bootstrap import revision as revisions
    from processes import rooms  # noqa: F401 - the models that are compared with the history

    path = asyncio.run(revisions.write(message))
    print("the history is current" if path is None else f"wrote {path}; read it before it is committed")
