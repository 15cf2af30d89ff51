"""The ticker: what happens because time passes. Each chore once at a time, by a lease in the database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bootstrap import shutdown
from bootstrap.platform import house
from events import log as chain
from events.work import Work, Works
from kit import traces
from kit.access.actor import SYSTEM
from kit.refusal import Refusal
from kit.settings import Settings

log = logging.getLogger("nowalls.ticker")

_LEASE = text("select pg_try_advisory_xact_lock(:lock, hashtext(:chore))")
_LOCK = 0x7469636B  # the bytes of "tick"
_PLANNING = frozenset({"plan again", "night"})  # take minutes for a large district; an offer that lapses cannot wait

Chore = Callable[[Work], Awaitable[object]]


def chores() -> list[tuple[str, timedelta, Chore]]:
    """Return what is done how often, each in a work of its own, each safe to do twice."""
    from api.accounts import operations as accounts
    from dispatch.enrolment import wallet
    from dispatch.escalation import operations as escalation
    from dispatch.matching import operations as matching
    from dispatch.matching.plan import overnight, overruns, replanning
    from dispatch.requests import operations as requests
    from dispatch.visits import operations as visits
    from providers.satisfaction import draws
    from providers.satisfaction import operations as satisfaction

    return [
        ("seal", timedelta(seconds=1), chain.seal),
        ("lapse", timedelta(seconds=1), visits.lapse_due),
        ("escalate", timedelta(seconds=15), escalation.sweep),
        ("look again", timedelta(minutes=1), matching.look_again),
        ("plan again", timedelta(minutes=5), replanning.replan_today),
        ("overrun", timedelta(minutes=1), overruns.follow),
        ("missed", timedelta(seconds=15), visits.miss_due),
        ("confirm", timedelta(minutes=5), satisfaction.confirm_by_silence),
        ("call-backs", timedelta(minutes=10), draws.turn_day),
        ("standing orders", timedelta(minutes=1), requests.make_due),
        ("night", timedelta(minutes=2), overnight.plan_standing),
        ("months", timedelta(minutes=10), wallet.turn_months),
        ("disclosures", timedelta(minutes=10), visits.close_disclosures_due),
        ("forget", timedelta(hours=1), accounts.forget_old),
    ]


class Ticker:
    """Do the chores as they come due; what fails is logged and tried again at its next turn."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._failing: set[str] = set()

    async def state(self) -> str:
        """Say `ok`, or which chores failed when they were last tried."""
        return f"failing: {', '.join(sorted(self._failing))}" if self._failing else "ok"

    async def run(self) -> None:
        """Tick until cancelled; planning has a line of its own."""
        async with asyncio.TaskGroup() as lines:
            lines.create_task(self._line([one for one in chores() if one[0] not in _PLANNING]))
            lines.create_task(self._line([one for one in chores() if one[0] in _PLANNING]))

    async def _line(self, line: list[tuple[str, timedelta, Chore]]) -> None:
        clock = self._works.clock
        due = {name: clock.now() for name, _, _ in line}
        while True:
            for name, every, chore in line:
                if clock.now() >= due[name]:
                    due[name] = clock.now() + every
                    await self._do(name, chore)
            await asyncio.sleep(0.5)

    async def _do(self, name: str, chore: Chore) -> None:
        try:
            async with self._works(SYSTEM("ticker")) as work:
                if (await work.session.execute(_LEASE, {"lock": _LOCK, "chore": name})).scalar_one():
                    await chore(work)
        except OSError as error:
            log.warning("the database is away; the chore %s waits: %s", name, traces.summary(error))
            self._failing.add(name)
        except (DBAPIError, Refusal) as error:
            log.error("the chore %s failed\n%s", name, traces.traced(error))  # noqa: TRY400 - without its words
            self._failing.add(name)
        else:
            self._failing.discard(name)


async def main() -> None:
    """Run the ticker as a process of its own."""
    async with house(Settings.read()) as found:
        await Ticker(found.works).run()


if __name__ == "__main__":
    shutdown.run(main(), lasting=True)
