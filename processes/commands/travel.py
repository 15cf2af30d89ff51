"""The words `nowalls travel`: learn how workers get about, from their own journeys or from a road engine."""

import random
from typing import Annotated, Any

import typer

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

app = typer.Typer(no_args_is_help=True, help="How workers get about: the rule matching.travel, learned.")
Adopt = Annotated[bool, typer.Option("--adopt", help="make it the rule from the next midnight on")]


@app.command("calibrate")
def calibrate(
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="journeys of so many days")] = 60,
    adopt: Adopt = False,
    as_json: Json = False,
) -> None:
    """Learn the detour of every way of travelling from the journeys that phones reported."""
    say(run(_from_journeys(days, adopt=adopt)), as_json=as_json)


async def _from_journeys(days: int, *, adopt: bool) -> dict[str, Any]:
    from dispatch.matching.fleet import calibration

    async with open_works() as works, works(SYSTEM("command line")) as work:
        result = await calibration.calibrate(work, days=days)
        return await _report(work, result, adopt=adopt)


@app.command("roads")
def roads(
    address: Annotated[str, typer.Argument(help="of the server, for example http://127.0.0.1:5000")],
    transport: Annotated[str, typer.Argument(help="which way of travelling it knows: car, ebike or walk")],
    *,
    valhalla: Annotated[str | None, typer.Option(help="it is Valhalla, with this costing: auto, bicycle …")] = None,
    profile: Annotated[str, typer.Option(help="OSRM's profile")] = "driving",
    sample: Annotated[int, typer.Option(min=10, max=500, help="so many places are asked about")] = 60,
    adopt: Adopt = False,
    as_json: Json = False,
) -> None:
    """Learn the detour of one way of travelling from OSRM or Valhalla. Places of homes are sent to that server."""
    from routing.readers.roads import Osrm, Valhalla

    engine = Osrm(address=address, profile=profile) if valhalla is None else Valhalla(address=address, costing=valhalla)
    say(run(_from_roads(engine, transport, sample, adopt=adopt)), as_json=as_json)


async def _from_roads(engine: Any, transport: str, sample: int, *, adopt: bool) -> dict[str, Any]:
    from dispatch.matching.fleet import calibration
    from dispatch.matching.rules import Travel
    from kit.rules import queries as rules
    from processes.roads import fetch
    from providers.roster.model import Transport
    from routing.readers import roads

    if transport not in set(Transport):
        message = f"unknown way of travelling {transport}; one of {', '.join(Transport)}"
        raise typer.BadParameter(message)
    way = Transport(transport)
    async with open_works() as works, works(SYSTEM("command line")) as work:
        doors = await calibration.doors(work)
        places = random.Random(1).sample(doors, min(sample, len(doors)))  # noqa: S311 - a sample, not a secret
        rule = await rules.read(work.session, Travel, at=work.now)
        legs = calibration.road_legs(rule, way, places, roads.table(engine, places, fetch))
        result = calibration.calibrated(rule, {way: legs}, of=(way,))
        return await _report(work, result, adopt=adopt)


async def _report(work: Any, result: Any, *, adopt: bool) -> dict[str, Any]:
    from dispatch.matching.fleet import calibration

    from_at = await calibration.adopt(work, result) if adopt else None
    return {
        "learned": {
            transport: {
                "detour": round(mode.mode.detour, 3),
                "speed_metres_per_second": round(mode.mode.speed_metres_per_second, 3),
                "error": round(mode.error, 4),
                "journeys": mode.legs,
                "left_out": mode.outliers,
                "missed_seconds_before": round(mode.before, 1),
                "missed_seconds_after": round(mode.after, 1),
            }
            for transport, mode in result.calibrations.items()
        },
        "too_few": {str(transport): count for transport, count in result.too_few.items()},
        "value": result.value.content,
        "valid_from": from_at.isoformat() if from_at else None,
    }
