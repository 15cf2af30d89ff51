"""Read what the log says of money, in the order of its chain."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from events.contracts.event import REGISTRY
from events.work import Work
from providers.settlement.replay import READ, Books, NumberedEvent

_EVENTS: Final = text(
    """
    with sealed as (select number, written_by, position from event_seal order by number desc limit 1),
    chained as (
      select s.number, s.position from event_seal s where cast(:last as bigint) is null or s.number <= :last
      union all
      -- what the sealer takes next, by the numbers that it will give
      select coalesce((select number from sealed), 0) + row_number() over (order by l.written_by, l.position),
             l.position
      from event_log l
      where cast(:last as bigint) is null and l.written_by < pg_snapshot_xmin(pg_current_snapshot())
        and (l.written_by, l.position) > (
          coalesce((select written_by from sealed), '0'::xid8), coalesce((select position from sealed), 0))
    )
    select c.number, l.id, l.type, l.data
    from chained c join event_log l on l.position = c.position
    where l.type = any(:types)
      and (cast(:provider as text) is null or coalesce(l.data->>'provider_id', :provider) = :provider)
    order by c.number
    """
).bindparams(
    bindparam("types", type_=ARRAY(String)), bindparam("last", type_=BigInteger), bindparam("provider", type_=String)
)
_AT_ONCE = 2000


async def books(work: Work, *, last: int | None = None, provider_id: UUID | None = None) -> Books:
    """Fold the events up to the number `last`, of one company or of all; without it, all that can be sealed now.

    Nothing is sealed by it: whoever asks, and whenever, is answered the same.
    """
    asked = {"types": [kind.type_name() for kind in READ], "last": last, "provider": provider_id and str(provider_id)}
    read = Books()
    rows = await work.session.stream(_EVENTS, asked, execution_options={"yield_per": _AT_ONCE})
    async for number, id_, type_, data in rows:
        read.read(NumberedEvent(number, id_, REGISTRY[type_].model_validate(data)))
    return read
