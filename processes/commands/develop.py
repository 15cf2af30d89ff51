"""The words of the command line that change the checkout and not the district: its written documents, its history."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

DOCS = Path(__file__).resolve().parents[2] / "docs"


def revision(
    message: Annotated[str, typer.Argument(help="what changed")],
    *,
    first: Annotated[bool, typer.Option(help="begin the history again; only before the first release")] = False,
) -> None:
    """Write the revision that leads from the history in migrations/ to what the models declare now."""
    from bootstrap import revision as revisions

    path = asyncio.run(revisions.write(message, first=first))
    print("the history is current" if path is None else f"wrote {path}; read it before it is committed")


def documents() -> dict[Path, str]:
    """Write every document that is made from the code: file → content."""
    from api.app import build
    from bootstrap import schema
    from events import asyncapi
    from events.delivery import bus
    from events.delivery.transport import KafkaDelivery
    from events.work import Works
    from kit.clock import WallClock
    from kit.database import Database
    from kit.vault import Vault

    schema.import_models()
    schema.import_handlers()
    # Nothing here is ever connected to: the documents come from what is declared.
    works = Works(Database("postgresql+asyncpg://"), WallClock(), Vault(bytes(64)), routes=bus.routes())
    events = asyncapi.document(KafkaDelivery("kafka:9092", bus.Deliverer(works)).broker)
    return {
        DOCS / "events.md": asyncapi.page(events),
        DOCS / "asyncapi.json": _json(events),
        DOCS / "openapi.json": _json(build(works).openapi()),
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def docs() -> None:
    """Write the documents that are made from the code: docs/events.md, docs/asyncapi.json and docs/openapi.json."""
    for path, content in documents().items():
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")
