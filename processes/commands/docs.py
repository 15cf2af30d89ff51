"""The word `docs`: the documents of this checkout that are written from the code."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"


@cache
def documents() -> dict[Path, str]:
    """Write every document that is made from the code: file → content."""
    from api.app import build
    from bootstrap import imports, list_page
    from events import asyncapi
    from events.delivery import bus
    from events.delivery.cluster import Cluster
    from events.delivery.transport import KafkaDelivery
    from events.work import Works
    from kit.clock import WallClock
    from kit.database import Database
    from kit.vault import Vault
    from processes.rooms import ROOMS

    # Nothing here is ever connected to: the documents come from what is declared.
    handlers = bus.table(handler for room in ROOMS for handler in room.handlers)
    works = Works(Database("postgresql+asyncpg://"), WallClock(), Vault(bytes(64)), routes=bus.routes(handlers))
    broker = KafkaDelivery(Cluster("kafka:9092"), bus.Deliverer(works, handlers)).broker
    events = asyncapi.document(broker, bus.routes(handlers))
    return {
        DOCS / "events.md": asyncapi.page(events),
        DOCS / "asyncapi.json": _json(events),
        DOCS / "imports.md": list_page.page(imports.kinds(ROOMS)),
        DOCS / "openapi.json": _json(build(works, ROOMS).openapi()),
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def docs() -> None:
    """Write the documents that are made from the code: docs/events.md, docs/imports.md and both JSON files."""
    for path, content in documents().items():
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")
