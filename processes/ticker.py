"""The ticker: what happens because time passes. One at a time, by a lease in the database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from events import log as chain
from events.work import Work, Works
from kit import traces
from kit.actor import SYSTEM
from kit.refusal import Refusal

log = logging.getLogger("nowalls.ticker")

_LEASE = text("select pg_try_advisory_xact_lock(:lock)")
_LOCK = 0x7469636B  # one ticker at a time: the bytes of "tick"

Chore = Callable[[Work], Awaitable[object]]


def chores() -> list[tuple[str, timedelta, Chore]]:
    """Return what is done how often, each in a work of its own, each safe to do twice."""
    from api.accounts import operations as accounts
    from dispatch.enrolment import wallet
    from dispatch.escalation import operations as escalation
    from dispatch.matching import operations as matching
    from dispatch.matching import overnight, overruns, replanning
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


async def run(works: Works) -> None:
    """Tick until cancelled; a chore that fails is logged and tried again at its next turn."""
    due = {name: works.clock.now() for name, _, _ in chores()}
    while True:
        for name, every, chore in chores():
            if works.clock.now() < due[name]:
                continue
            due[name] = works.clock.now() + every
            try:
                async with works(SYSTEM("ticker")) as work:
                    if (await work.session.execute(_LEASE, {"lock": _LOCK})).scalar_one():
                        await chore(work)
            except (DBAPIError, OSError, Refusal) as error:
                log.error("the chore %s failed\n%s", name, traces.traced(error))  # noqa: TRY400 - without its words
        await asyncio.sleep(0.5)


async def main() -> None:
    """Run the ticker as a process of its own."""
    from kit.settings import Settings
    from processes.assembly import house

    async with house(Settings.read()) as found:
        await run(found.works)


if __name__ == "__main__":
    asyncio.run(main())
