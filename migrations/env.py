"""What Alembic runs for every command: the caller brings the connection, its transaction, and what to compare with."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Enum
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from events.model import TransactionId
from kit.database import Base

# SQLAlchemy knows every PostgreSQL type that the rooms use, except this one.
ischema_names["xid8"] = TransactionId


def written(kind: str, thing: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write an enum as the text it is kept as, and the type that only we know by its class; leave Alembic the rest."""
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    if kind == "type" and isinstance(thing, UserDefinedType):
        autogen.imports.add("from events.model import TransactionId")
        return "TransactionId()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=written,
    compare_server_default=True,
    process_revision_directives=context.config.attributes.get("complete"),
)
context.run_migrations()
