"""Plots drawn as SVG by hand: gap against time, a day's routes on the map and by the clock. No library is needed."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from routing.model.plan import Plan, Route
from routing.model.problem import Problem

COLOURS = ("#0b6e4f", "#c8553d", "#3d5a80", "#8d6a9f", "#7a7a7a", "#b8860b", "#2a9d8f", "#6d597a")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 720, 420, 70, 150, 30, 50
LEAST_GAP = 0.01


def gaps(mean_gap_pct: Any, path: Path) -> Path:
    """Draw mean gap against seconds, both on logarithmic axes, from {engine: {seconds: per cent or None}}."""
    lines = {
        engine: [(float(s), max(LEAST_GAP, gap)) for s, gap in by.items() if gap is not None]
        for engine, by in mean_gap_pct.items()
    }
    points = [point for line in lines.values() for point in line] or [(1.0, 1.0)]
    x = _axis([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = _axis([point[1] for point in points], HEIGHT - FOOT, TOP)
    parts = [_text(LEFT, 18, "mean gap to the best known, per cent, against seconds")]
    ticks = sorted({point[0] for point in points})
    parts += [_text(x(seconds), HEIGHT - FOOT + 20, f"{seconds:g} s", "middle") for seconds in ticks]
    for gap in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0):
        if min(p[1] for p in points) <= gap <= max(p[1] for p in points):
            parts.append(f'<path d="M{LEFT} {y(gap):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(_text(LEFT - 8, y(gap) + 4, f"{gap:g}", "end"))
    for colour, (engine, line) in zip(COLOURS, lines.items(), strict=False):
        if line:
            track = "L".join(f"{x(seconds):.1f} {y(gap):.1f}" for seconds, gap in sorted(line))
            parts.append(f'<path d="M{track}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x(s):.1f}" cy="{y(g):.1f}" r="3" fill="{colour}"/>' for s, g in line]
            last = max(line)
            parts.append(_text(x(last[0]) + 8, y(last[1]) + 4, engine, colour=colour))
    return save(parts, path, WIDTH, HEIGHT)


MAP, CLOCK, LINE = 420, 560, 22
REST = (
    '<defs><pattern id="rest" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="#555"/></pattern></defs>'
)
Spot = tuple[float, float]


def day(problem: Problem, plan: Plan, path: Path) -> Path:
    """Draw a plan: left the map, a colour for each worker who goes out; right the clock, a line for each of them.

    On the map a square is where a worker starts, a number the visit, a cross a visit that nobody makes. By the clock a
    full bar is a visit, a hatched one a break, a thin line the way. A problem without places has the clock alone.
    """
    busy = [route for route in plan.routes if route.visits]
    height = max(MAP, TOP + 40 + LINE * len(busy))
    parts = [REST]
    colours = {route.worker: COLOURS[route.worker % len(COLOURS)] for route in busy}
    left = 0
    if problem.places:
        parts += _map(problem, plan, busy, colours)
        left = MAP
    parts += _clock(busy, colours, left)
    return save(parts, path, left + CLOCK, height)


def _map(problem: Problem, plan: Plan, busy: list[Route], colours: dict[int, str]) -> list[str]:
    spots = [problem.plane.project(place) for place in problem.places]
    west, south = min(x for x, _ in spots), min(y for _, y in spots)
    span = max(max(x for x, _ in spots) - west, max(y for _, y in spots) - south, 1.0)

    def at(place: int) -> Spot:
        x, y = spots[place]
        return 20 + (MAP - 40) * (x - west) / span, MAP - 20 - (MAP - 40) * (y - south) / span

    parts = []
    for route in busy:
        worker, colour = problem.workers[route.worker], colours[route.worker]
        shift = worker.shifts[route.shift]
        first = worker.base if shift.start_place is None else shift.start_place
        last = worker.base if shift.end_place is None else shift.end_place
        places = [first, *(problem.visits[visit].place for visit in route.visits), last]
        for here, there in pairwise(places):
            (ax, ay), (bx, by) = at(here), at(there)
            parts.append(f'<path d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}" stroke="{colour}" stroke-width="1.5"/>')
        x, y = at(first)
        parts.append(f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{colour}"/>')
        for visit in route.visits:
            x, y = at(problem.visits[visit].place)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="white" stroke="{colour}" stroke-width="2"/>')
            parts.append(_text(x, y + 4, str(visit), "middle", size=10))
    for visit in plan.unserved:
        x, y = at(problem.visits[visit].place)
        parts.append(f'<path d="M{x - 6:.1f} {y - 6:.1f}l12 12m0 -12l-12 12" stroke="#c00" stroke-width="3"/>')
        parts.append(_text(x + 9, y + 4, str(visit), colour="#c00", size=10))
    return parts


def _clock(busy: list[Route], colours: dict[int, str], left: int) -> list[str]:
    stops = [stop for route in busy for stop in route.stops]
    opens = min((stop.arrive_seconds for stop in stops), default=0) // 3_600
    closes = -(-max((stop.leave_seconds for stop in stops), default=3_600) // 3_600)

    def x(seconds: float) -> float:
        return left + 60 + (CLOCK - 80) * (seconds / 3_600 - opens) / max(1, closes - opens)

    foot = TOP + LINE * len(busy)
    parts = [
        f'<path d="M{x(hour * 3_600):.1f} {TOP}V{foot}" stroke="#ddd"/>'
        + _text(x(hour * 3_600), TOP - 8, f"{hour}:00", "middle", size=10)
        for hour in range(opens, closes + 1, max(1, (closes - opens) // 8))
    ]
    for number, route in enumerate(busy):
        y, colour = TOP + LINE * number + 4, colours[route.worker]
        parts.append(_text(left + 50, y + 11, f"worker {route.worker}", "end", colour, size=10))
        begin, end = route.stops[0].arrive_seconds, route.stops[-1].leave_seconds
        parts.append(f'<path d="M{x(begin):.1f} {y + 7}H{x(end):.1f}" stroke="{colour}"/>')
        for stop in route.stops:
            wide = max(1.0, x(stop.leave_seconds) - x(stop.start_seconds))
            fill = colour if stop.visit >= 0 else "url(#rest)"
            parts.append(
                f'<rect x="{x(stop.start_seconds):.1f}" y="{y}" width="{wide:.1f}" height="14" fill="{fill}"/>'
            )
            if stop.visit >= 0 and wide > 14:
                parts.append(_text(x(stop.start_seconds) + wide / 2, y + 11, str(stop.visit), "middle", "white", 10))
    return parts


def save(parts: list[str], path: Path, width: int, height: int) -> Path:
    """Write the drawing; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">'
    path.write_text("\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>\n"]), "utf-8")
    return path


def _axis(values: list[float], start: float, end: float) -> Any:
    low, high = math.log(min(values)), math.log(max(values))
    span = high - low or 1.0
    return lambda value: start + (end - start) * (math.log(value) - low) / span


def _text(x: float, y: float, words: str, anchor: str = "start", colour: str = "#333", size: int = 13) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}>{words}</text>"
