"""Read the VRPTW instances of Solomon (1987) and of Gehring and Homberger (1999).

Distances and times are tenths of the instance's unit, each distance cut off after the first decimal: the convention of
the twelfth DIMACS implementation challenge, under which the best known distances are published.
"""

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from vrplib.parse import parse_solomon

from kit.refusal import Kind, Refusal
from routing.model.problem import Mode, Problem, Shift, Visit, Weights, Window, Worker

SCALE = 10
"""Tenths: one second of the problem is a tenth of the instance's unit of time and of distance."""

UNSERVED = 10_000_000


class NotSolomon(Refusal):
    """The file is not in Solomon's format."""

    code = "routing.instance_not_solomon"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Customer:
    """One line of the file, in the instance's own units; the depot is the first."""

    x: int
    y: int
    demand: int
    ready: int
    due: int
    service: int


@dataclass(frozen=True, slots=True)
class Instance:
    """What a file holds."""

    name: str
    vehicles: int
    capacity: int
    customers: tuple[Customer, ...]


def parse(text: str, name: str) -> Instance:
    """Read the text of an instance; refuses a file that is not in the format, skips a customer or holds a fraction."""
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):  # numpy only warns of a file without rows
            parsed = parse_solomon(text, compute_edge_weights=False)
        rows = np.column_stack([parsed[column] for column in ("node_coord", "demand", "time_window", "service_time")])
        last = int(text.split()[-7])
    except (RuntimeError, ValueError, IndexError, OverflowError, UserWarning) as error:
        raise NotSolomon(name=name) from error
    # vrplib reads a cell that is no whole number as -1, and does not look at the customers' numbers
    if len(rows) != last + 1 or (rows < 0).any() or min(parsed["vehicles"], parsed["capacity"]) < 0:
        raise NotSolomon(name=name)
    customers = tuple(Customer(*row) for row in rows.tolist())
    return Instance(name, parsed["vehicles"], parsed["capacity"], customers)


def read(path: Path) -> Instance:
    """Read an instance file, named by its stem in capitals."""
    return parse(path.read_text("utf-8"), path.stem.upper())


def distances(instance: Instance) -> list[list[int]]:
    """Give all distances in tenths, cut off."""
    spots = [(customer.x, customer.y) for customer in instance.customers]
    return [[math.floor(SCALE * math.dist(here, there) + 1e-9) for there in spots] for here in spots]


def problem(instance: Instance) -> Problem:
    """State an instance as a problem: a point per tenth of distance, a worker per vehicle, visit k = customer k + 1."""
    depot, *customers = instance.customers
    shift = Shift(start_seconds=_tenths(depot.ready), end_seconds=_tenths(depot.due))
    return Problem(
        workers=(Worker(base=0, shifts=(shift,), capacity=instance.capacity),) * instance.vehicles,
        visits=tuple(
            Visit(
                place=number,
                duration_seconds=_tenths(customer.service),
                windows=(Window(earliest_seconds=_tenths(customer.ready), latest_seconds=_tenths(customer.due)),),
                demand=customer.demand,
            )
            for number, customer in enumerate(customers, start=1)
        ),
        modes=(Mode(name="plane", speed_metres_per_second=1.0, detour=1.0),),
        weights=Weights(travel_points_per_second=1, unserved_points=UNSERVED),
        travel_seconds=np.array([distances(instance)], np.int32),
    )


def _tenths(value: int) -> int:
    return SCALE * value
