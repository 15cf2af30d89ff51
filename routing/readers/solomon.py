"""Read the VRPTW instances of Solomon (1987) and of Gehring and Homberger (1999).

Distances and times are tenths of the instance's unit, each distance cut off after the first decimal: the convention of
the twelfth DIMACS implementation challenge, under which the best known distances are published.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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

    x: float
    y: float
    demand: int
    ready: float
    due: float
    service: float


@dataclass(frozen=True, slots=True)
class Instance:
    """What a file holds."""

    name: str
    vehicles: int
    capacity: int
    customers: tuple[Customer, ...]


def parse(text: str, name: str) -> Instance:
    """Read the text of an instance; refuses what is not in the format."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    numbers = [[float(cell) for cell in line] for line in lines if all(_is_number(cell) for cell in line)]
    fleets, customers = [line for line in numbers if len(line) == 2], [line for line in numbers if len(line) == 7]
    if len(fleets) != 1 or not customers or [int(line[0]) for line in customers] != list(range(len(customers))):
        raise NotSolomon(name=name)
    return Instance(
        name,
        int(fleets[0][0]),
        int(fleets[0][1]),
        tuple(Customer(x, y, int(demand), *rest) for _, x, y, demand, *rest in customers),
    )


def read(path: Path) -> Instance:
    """Read an instance file, named by its stem in capitals."""
    return parse(path.read_text("utf-8"), path.stem.upper())


def distances(instance: Instance) -> list[list[int]]:
    """Give all distances in tenths, cut off."""
    spots = [(customer.x, customer.y) for customer in instance.customers]
    return [[math.floor(SCALE * math.dist(one, other) + 1e-9) for other in spots] for one in spots]


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


def _tenths(value: float) -> int:
    return round(SCALE * value)


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).removeprefix("-").isdigit()
