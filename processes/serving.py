"""Everything in one process: what `python3 run.py` starts."""

import asyncio
import secrets
import socket
from contextlib import nullcontext
from functools import partial
from importlib import import_module

from api.accounts import operations, queries
from events import log
from events.rehearsal import shown
from events.work import Works
from kit.actor import SYSTEM, Role
from kit.clock import RehearsalClock
from kit.metrics import State
from kit.settings import Settings
from processes import http, kernels
from processes.assembly import deliveries, house, task, while_running
from processes.running import console
from processes.ticker import Ticker


async def serve(settings: Settings, taken: socket.socket, *, host: str, demo: bool) -> None:
    """Run database, API, handlers, ticker and, with NOWALLS_KAFKA, the relay, until a signal ends them."""
    # On a higher floor than the processes, as all simulations are.
    district = import_module("simulations.demo")
    plays = demo and await district.prepare(settings)
    async with house(settings) as found:
        # Offers wait for the kernels, and nothing else does: they are machine code after the first start.
        warmed = found.deliverer.gates["matching"] = asyncio.Event()
        ticker = Ticker(found.works)
        async with (
            task(kernels.warm(warmed)) as warming,
            deliveries(found) as running,
            task(ticker.run()) as ticking,
        ):
            parts: dict[str, State] = {
                **running, "ticker": partial(while_running, ticking, ticker.state),
                "sealer": partial(_sealer, found.works), "kernels": partial(kernels.state, warming, warmed),
            }  # fmt: skip
            await _first_administrator(found.works)
            if plays:
                await district.open_desks(found.works)
            _greet(found.works, f"http://{host}:{settings.port}", demo=demo)
            async with task(district.live(found)) if plays else nullcontext():
                await http.serve(found, taken, parts=parts)


async def _sealer(works: Works) -> str:
    async with works(SYSTEM("health")) as work:
        waited = await log.unsealed_seconds(work)
    return "ok" if waited < log.SEALED_WITHIN_SECONDS else f"behind {waited:.0f} s"


async def _first_administrator(works: Works) -> None:
    async with works(SYSTEM("command line")) as work:
        if await queries.by_username(work, "admin") is not None:
            return
        password = secrets.token_urlsafe(12)
        await operations.open_account(
            work, username="admin", display_name="系统管理员", role=Role.ADMINISTRATOR, password=password
        )
    console.print(f"[bold]首个管理员 · first administrator[/]  admin / {password}  （只显示这一次 · shown this once）")


def _greet(works: Works, address: str, *, demo: bool) -> None:
    console.print(f"[green]nowalls[/] {address}/  接口 · API {address}/docs  状况 · health {address}/health")
    if isinstance(works.clock, RehearsalClock):
        console.print(f"[yellow]演练 · rehearsal[/]  时钟 · clock {shown(works.clock.now())}")
    if not demo:
        console.print("空区 · an empty district: docs/tour.md")
