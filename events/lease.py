"""Leases: a name that one process holds until a deadline, which it renews; a frozen holder loses it.

The deadline is kept by the database's clock. A process that works under a lease lets `fence` look, inside its own unit
of work and after everything else, whether the lease is still its own: a process that was frozen meanwhile commits
nothing.
"""

import asyncio
import secrets

import asyncpg
from sqlalchemy import text

from events.work import Work, Works
from kit import loops
from kit.access.actor import SYSTEM

SECONDS = 15.0
"""The duration of a lease from its last renewal; a holder renews it three times in that span."""

_TAKE = text(
    """
    insert into lease (name, owner, until) values (:name, :owner, clock_timestamp() + make_interval(secs => :seconds))
    on conflict (name) do update set owner = excluded.owner, until = excluded.until
    where lease.owner = excluded.owner or lease.until < clock_timestamp()
    returning owner
    """
)
_HELD = text("select exists (select from lease where name = :name and owner = :owner and until > clock_timestamp())")
_HELD_PLAIN = "select exists (select from lease where name = $1 and owner = $2 and until > clock_timestamp())"
_GIVE_BACK = text("delete from lease where name = :name and owner = :owner")


class LeaseLostError(Exception):
    """Another process has taken the lease: what was done under it must not be committed."""


class Lease:
    """One process's claim to a name; `run` takes it when it is free and keeps it."""

    def __init__(self, works: Works, name: str, *, seconds: float = SECONDS) -> None:
        self._works = works
        self.name = name
        self._seconds = seconds
        self._owner = secrets.token_hex(8)
        self._until = 0.0
        self.asked = False
        """Whether the database has answered once who holds the lease."""
        self._attempts = loops.Attempts(f"lease {name}")

    @property
    def held(self) -> bool:
        """Return whether this process held the lease at its last renewal and that renewal is still valid."""
        return asyncio.get_running_loop().time() < self._until

    @property
    def failing(self) -> bool:
        """Tell whether the last renewal failed, for example because the database is away."""
        return self._attempts.failing

    async def renew(self) -> bool:
        """Take the lease, or make its deadline later; return whether this process holds it."""
        asked = asyncio.get_running_loop().time()
        async with self._works(SYSTEM("lease")) as work:
            facts = {"name": self.name, "owner": self._owner, "seconds": self._seconds}
            taken = (await work.session.execute(_TAKE, facts)).scalar() is not None
        # Counted from before the question, so that this process stops earlier than the database says it must.
        self._until = asked + self._seconds if taken else 0.0
        self.asked = True
        return taken

    async def fence(self, work: Work) -> None:
        """Raise `LeaseLostError` unless the lease is still held; the work is undone then."""
        held = (await work.session.execute(_HELD, {"name": self.name, "owner": self._owner})).scalar_one()
        if not held:
            self._until = 0.0
            raise LeaseLostError(self.name)

    async def fence_on(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Do what `fence` does, in the transaction of a plain connection."""
        if not await connection.fetchval(_HELD_PLAIN, self.name, self._owner):
            self._until = 0.0
            raise LeaseLostError(self.name)

    async def run(self) -> None:
        """Renew until cancelled; then give the lease back, so that the next process need not wait for its end."""

        async def turn() -> None:
            await self.renew()
            await asyncio.sleep(self._seconds / 3)

        try:
            await loops.keep(self._attempts, turn)
        finally:
            if self.held:
                async with self._works(SYSTEM("lease")) as work:
                    await work.session.execute(_GIVE_BACK, {"name": self.name, "owner": self._owner})
