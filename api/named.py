"""Rows with the names that go with them: of people masked, of colleagues whole."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request

from api.accounts import queries as accounts
from api.acting import works_of
from api.shapes.about import AboutPerson
from events.work import Work
from kit.access.actor import SYSTEM
from registry import queries as registry

Shape = TypeVar("Shape", bound=AboutPerson)
_ACCOUNT = "account:"
"""How the label of an account begins."""


async def named(work: Work, shapes: Sequence[Shape]) -> list[Shape]:
    """Return rows with the names of the people they are about, as far as the actor may see the people."""
    people = {shape.person_id for shape in shapes if shape.person_id is not None}
    names = await registry.masked_names(work, people) if people else {}
    return [
        shape if shape.person_id is None else shape.model_copy(update={"person_name": names.get(shape.person_id)})
        for shape in shapes
    ]


async def shown(work: Work, shape: type[Shape], rows: Sequence[Any]) -> list[Shape]:
    """Return stored rows as their shape, with names."""
    return await named(work, [shape.model_validate(row, from_attributes=True) for row in rows])


async def colleagues(request: Request, labels: Iterable[str]) -> dict[str, str]:
    """Return what the accounts are called that did what the asker has just been shown: label → name.

    Accounts are opened to no clerk's database role; the platform reads these names alone.
    """
    ids = {UUID(label[len(_ACCOUNT) :]): label for label in labels if label.startswith(_ACCOUNT)}
    if not ids:
        return {}
    async with works_of(request)(SYSTEM("names")) as work:
        names = await accounts.display_names(work, ids)
    return {ids[account_id]: name for account_id, name in names.items()}
