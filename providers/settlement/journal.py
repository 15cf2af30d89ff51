"""Read what the log says of money, in the order of its chain."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from events import log
from events.contracts.event import REGISTRY
from events.work import Work
from providers.settlement.replay import READ, Books, Numbered

_EVENTS: Final = text(
    """
    select s.number, l.id, l.type, l.data
    from event_seal s join event_log l on l.position = s.position
    where l.type = any(:types) and (cast(:last as bigint) is null or s.number <= :last)
      and (cast(:provider as text) is null or coalesce(l.data->>'provider_id', :provider) = :provider)
    order by s.number
    """
).bindparams(
    bindparam("types", type_=ARRAY(String)), bindparam("last", type_=BigInteger), bindparam("provider", type_=String)
)
_AT_ONCE = 2000


async def books(work: Work, *, last: int | None = None, provider_id: UUID | None = None) -> Books:
    """Fold the events up to the number `last`, of one company or of all; without it, all that can be sealed now.

    An actor that only reads seals nothing, and gets what is sealed.
    """
    if last is None:
        last = (await (log.head if work.actor.reads_only else log.seal_all)(work)).number
    asked = {"types": [kind.type_name() for kind in READ], "last": last, "provider": provider_id and str(provider_id)}
    read = Books()
    rows = await work.session.stream(_EVENTS, asked, execution_options={"yield_per": _AT_ONCE})
    async for number, id_, type_, data in rows:
        read.read(Numbered(number, id_, REGISTRY[type_].model_validate(data)))
    return read
