"""Plots of a bench, drawn as SVG by hand: a line for each engine needs no library."""

import math
from pathlib import Path
from typing import Any

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


def _text(x: float, y: float, words: str, anchor: str = "start", colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" text-anchor="{anchor}" fill="{colour}">{words}</text>'
