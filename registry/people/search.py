"""Find people by what a caller says: a name or its pinyin, the last digits of a telephone, a part of the address.

Names stand open and so does their pinyin. Telephones and addresses are sealed, and found by blind indexes: of a number
its last four digits, of an address each whole number in it and each pair of neighbouring characters. Whoever has the
database without the key sees that two people share a pair, and not which one it is.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update

from events.work import Work
from kit.access.scope import Division
from kit.china import identifiers, pinyin
from kit.pages import SortOrder
from kit.refusal import Refusal
from kit.vault import Vault
from registry.model import Address, Contact, Person
from registry.people.directory import telephone, with_division

PEOPLE = SortOrder("people", Person.number)

TAIL: Final = 4
"""How many of a telephone's last digits are enough."""
_AT_ONCE: Final = 2_000
_TERM_BYTES: Final = 8
"""How much of a blind index of a part of an address is kept: enough that two parts are hardly ever taken for one."""
_PIECE: Final = re.compile(r"[0-9]+|[^\W\d_]+")


def name_forms(name: str) -> str:
    """Return the pinyin of a name as it is kept: every form after a blank."""
    return "".join(f" {form}" for form in pinyin.forms(name))


def tail_blind(vault: Vault, number: str) -> bytes:
    """Return the blind index of the last digits of a normalised telephone number."""
    return vault.blind("phone tail", number[-TAIL:])


def door_terms(vault: Vault, words: str) -> list[bytes]:
    """Return the blind indexes of the parts of an address, sorted; of what somebody says of it, those to look for."""
    return sorted(vault.blind("door", part)[:_TERM_BYTES] for part in set(_parts(words)))


def _parts(words: str) -> Iterator[str]:
    for piece in _PIECE.findall(unicodedata.normalize("NFKC", words).casefold()):
        if piece.isdigit():
            yield piece.lstrip("0") or "0"
        else:
            yield from ("".join(pair) for pair in pairwise(piece))


async def people(
    work: Work,
    *,
    said: str | None = None,
    name: str | None = None,
    division_code: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[tuple[Person, str | None]]:
    """Return a page of people by number, each with the division where they live.

    Chosen by what a caller says, by beginning of name and by division; erased people are left out.
    """
    query = with_division().where(Person.erased_at.is_(None))
    if said is not None:
        query = query.where(await _meant(work, said))
    if name is not None:
        query = query.where(Person.name.startswith(name, autoescape=True))
    if division_code is not None:
        query = query.where(Address.division_code.startswith(identifiers.division_prefix(division_code)))
    rows = await work.session.execute(PEOPLE.page(query, work.vault, after=after, limit=limit))
    return [(person, code) for person, code in rows]


async def _meant(work: Work, said: str) -> ColumnElement[bool]:
    """Return the condition on people who may be meant: by how the name begins, in characters or pinyin, or the address.

    Digits are a whole telephone number or its last four; any number may be one of the address too. Telephones are not
    opened to clerks: nobody is found by one.
    """
    digits = said.strip()
    ways: list[ColumnElement[bool]] = [Person.name.startswith(digits, autoescape=True)]
    if letters := pinyin.typed(said):
        ways.append(Person.pinyin.contains(f" {letters}", autoescape=True))
    if not isinstance(work.actor.scope, Division):
        if re.fullmatch(f"[0-9]{{{TAIL}}}", digits):
            ways.append(_reached_by(Contact.tail_blind == tail_blind(work.vault, digits)))
        elif number := await _number(work, said):
            ways.append(_reached_by(Contact.phone_blind == work.vault.blind("phone", number)))
    # No door is numbered 0001: that is the end of a telephone alone.
    if terms := [] if re.fullmatch(f"0[0-9]{{{TAIL - 1}}}", digits) else door_terms(work.vault, said):
        homes = select(Address.person_id).where(Address.valid_to.is_(None), Address.door_terms.contains(terms))
        ways.append(Person.id.in_(homes))
    return or_(*ways)


async def _number(work: Work, said: str) -> str | None:
    try:
        return await telephone(work, said)
    except Refusal:
        return None


def _reached_by(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Person.id.in_(select(Contact.person_id).where(condition))


async def index_waiting(work: Work) -> None:
    """Make what people are searched by for rows that an earlier release wrote, some thousands at a time.

    For the ticker; once all rows have it, nothing is left to do.
    """
    names = select(Person.id, Person.name).where(Person.pinyin.is_(None)).limit(_AT_ONCE)
    rows = (await work.session.execute(names.with_for_update(skip_locked=True))).all()
    await _set(work, Person, [{"id": row.id, "pinyin": name_forms(row.name)} for row in rows])
    numbers = (
        select(Contact.id, Contact.phone_sealed, Person.data_key)
        .join(Person, Person.id == Contact.person_id)
        .where(Contact.tail_blind.is_(None), Person.data_key.is_not(None))
        .limit(_AT_ONCE)
        .with_for_update(of=Contact, skip_locked=True)
    )
    indexed = []
    for contact_id, sealed, key in (await work.session.execute(numbers)).all():
        if key is not None:
            number = work.vault.open(key, f"contact|phone_sealed|{contact_id}", sealed)
            indexed.append({"id": contact_id, "tail_blind": tail_blind(work.vault, number)})
    await _set(work, Contact, indexed)
    homes = (
        select(Address.id, Address.text_sealed, Person.data_key)
        .join(Person, Person.id == Address.person_id)
        .where(Address.door_terms.is_(None), Address.valid_to.is_(None), Person.data_key.is_not(None))
        .limit(_AT_ONCE)
        .with_for_update(of=Address, skip_locked=True)
    )
    indexed = []
    for address_id, sealed, key in (await work.session.execute(homes)).all():
        if key is not None:
            words = work.vault.open(key, f"address|text_sealed|{address_id}", sealed)
            indexed.append({"id": address_id, "door_terms": door_terms(work.vault, words)})
    await _set(work, Address, indexed)


async def _set(work: Work, table: type[Person | Contact | Address], rows: list[dict[str, object]]) -> None:
    if rows:
        await work.session.execute(update(table), rows)
