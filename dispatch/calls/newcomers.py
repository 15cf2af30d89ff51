"""Callers who are not registered yet: noted in three fields while they speak, registered or dismissed later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select

from dispatch.calls.model import Newcomer
from dispatch.calls.queries import check_call
from events.work import Work
from kit.china import phone as telephones
from kit.geo import Datum
from kit.ids import new_id
from kit.pages import SortOrder
from kit.refusal import Kind, Refusal
from registry import operations as registry
from registry import queries as people
from registry.model import Person

NEWCOMERS: Final = SortOrder("newcomers", Newcomer.noted_at, Newcomer.id)
_SEALED: Final = ("name", "phone", "address")


class NewcomerNotFound(Refusal):
    """Nobody of this id was noted."""

    code = "newcomer.not_found"
    kind = Kind.NOT_FOUND


class NewcomerClosed(Refusal):
    """The caller was registered or dismissed."""

    code = "newcomer.closed"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class NewcomerLine:
    """One of them as a list may show it, name and number masked."""

    id: UUID
    name: str
    phone: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class NewcomerCard:
    """What a caller who is not registered has said, in full."""

    id: UUID
    name: str
    phone: str
    address: str
    noted_at: datetime


async def enter_newcomer(work: Work, *, name: str, phone: str, address: str, call_id: UUID | None = None) -> Newcomer:
    """Note a caller who is not registered: name, telephone and the address as it is said; the rest comes later.

    Refuses `call.not_found`, and what the reader of telephones refuses.
    """
    if call_id is not None:
        await check_call(work, call_id)
    newcomer_id, key, number = new_id(), work.vault.new_key(), await people.telephone(work, phone)
    said = dict(zip(_SEALED, (name, number, address), strict=True))
    newcomer = Newcomer(
        id=newcomer_id,
        call_id=call_id,
        data_key=key,
        phone_blind=work.vault.blind("phone", number),
        noted_at=work.now,
        noted_by=work.actor.label,
        **{f"{field}_sealed": work.vault.seal(key, _place(field, newcomer_id), text) for field, text in said.items()},
    )
    work.session.add(newcomer)
    await work.session.flush()
    return newcomer


async def register_newcomer(
    work: Work,
    *,
    newcomer_id: UUID,
    id_no: str,
    division_code: str,
    latitude: float,
    longitude: float,
    datum: Datum = Datum.WGS84,
    name: str | None = None,
    address: str | None = None,
) -> Person:
    """Register a caller with what is still missing; `name` and `address` replace what was heard on the telephone.

    Refuses `newcomer.not_found`, `newcomer.closed`, and what registering a person refuses.
    """
    newcomer, key = await _open(work, newcomer_id)
    said = _card(work, newcomer, key)
    person = await registry.register_person(
        work,
        name=name or said.name,
        id_no=id_no,
        phone=said.phone,
        address=address or said.address,
        division_code=division_code,
        latitude=latitude,
        longitude=longitude,
        datum=datum,
    )
    newcomer.person_id = person.id
    _close(work, newcomer)
    return person


async def dismiss_newcomer(work: Work, *, newcomer_id: UUID, reason: str) -> None:
    """Note why a caller is not registered: a wrong number, somebody who is registered already.

    Refuses `newcomer.not_found`, `newcomer.closed`.
    """
    newcomer, _ = await _open(work, newcomer_id)
    newcomer.reason = reason
    _close(work, newcomer)


async def newcomers(work: Work, *, after: str | None = None, limit: int = 50) -> Sequence[Newcomer]:
    """Return a page of those who wait to be registered, in the order in which they called."""
    page = NEWCOMERS.page(_waiting(), work.vault, after=after, limit=limit)
    return (await work.session.execute(page)).scalars().all()


async def newcomers_at(work: Work, number_blind: bytes | None) -> Sequence[Newcomer]:
    """Return who was noted with the number of a call and waits to be registered."""
    if number_blind is None:
        return []
    query = _waiting().where(Newcomer.phone_blind == number_blind).order_by(Newcomer.noted_at, Newcomer.id)
    return (await work.session.execute(query)).scalars().all()


def masked(work: Work, newcomer: Newcomer) -> NewcomerLine:
    """Return one who waits to be registered as a list may show it."""
    assert newcomer.data_key is not None  # noqa: S101 - who waits has a key; closing destroys it
    card = _card(work, newcomer, newcomer.data_key)
    return NewcomerLine(card.id, people.mask_name(card.name), telephones.mask(card.phone), card.noted_at)


async def newcomer_card(work: Work, newcomer_id: UUID, *, purpose: str) -> NewcomerCard:
    """Return what one of them has said, in full; the reading is recorded under the newcomer's id.

    Refuses `newcomer.not_found`, `newcomer.closed`.
    """
    row, key = await _open(work, newcomer_id)
    await people.record_reading(work, [newcomer_id], purpose=purpose, fields=_SEALED)
    return _card(work, row, key)


def _waiting() -> Select[Newcomer]:
    return select(Newcomer).where(Newcomer.closed_at.is_(None), Newcomer.data_key.is_not(None))


def _card(work: Work, row: Newcomer, key: bytes) -> NewcomerCard:
    name, phone, address = (
        work.vault.open(key, _place(field, row.id), getattr(row, f"{field}_sealed")) for field in _SEALED
    )
    return NewcomerCard(row.id, name, phone, address, row.noted_at)


def _place(field: str, newcomer_id: UUID) -> str:
    return f"newcomer|{field}_sealed|{newcomer_id}"


async def _open(work: Work, newcomer_id: UUID) -> tuple[Newcomer, bytes]:
    row = await work.session.get(Newcomer, newcomer_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NewcomerNotFound
    if row.closed_at is not None or row.data_key is None:
        raise NewcomerClosed
    return row, row.data_key


def _close(work: Work, row: Newcomer) -> None:
    row.closed_at = work.now
    row.data_key = row.name_sealed = row.phone_sealed = row.phone_blind = row.address_sealed = None
