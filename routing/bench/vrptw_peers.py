"""The packaged solvers that `nowalls bench vrptw` measures itself against, each on one thread.

PyVRP and VROOM stand in `requirements-bench.in` alone, so they are imported by name, when they are asked for.
"""

import importlib
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.readers.solomon import SCALE, Instance, distances

Routes = list[list[int]]
"""Customers in order, numbered as in the file."""

Peer = Callable[[Instance, float, int], Routes | None]


def _times(instance: Instance) -> list[tuple[int, int, int, int]]:
    """Give ready, due, service (tenths) and demand of the depot and the customers."""
    return [(SCALE * c.ready, SCALE * c.due, SCALE * c.service, c.demand) for c in instance.customers]


def pyvrp(instance: Instance, seconds: float, seed: int) -> Routes | None:
    """Solve with PyVRP; None if it finds nothing lawful."""
    package = importlib.import_module("pyvrp")
    stop = importlib.import_module("pyvrp.stop")
    matrix = np.array(distances(instance), np.int64)
    depot, *customers = _times(instance)
    problem = package.ProblemData(
        [package.Location(0, 0)] * len(matrix),
        [
            package.Client(number, delivery=[demand], service_duration=service, tw_early=ready, tw_late=due)
            for number, (ready, due, service, demand) in enumerate(customers, start=1)
        ],
        [package.Depot(0)],
        [package.VehicleType(instance.vehicles, [instance.capacity], tw_early=depot[0], tw_late=depot[1])],
        [matrix],
        [matrix],
    )
    best = package.solve(problem, stop=stop.MaxRuntime(seconds), seed=seed, display=False).best
    if not best.is_feasible():
        return None
    return [[stop.idx + 1 for stop in route if stop.is_client()] for route in best.routes()]


def pyvroom(instance: Instance, seconds: float, seed: int) -> Routes | None:
    """Solve with VROOM, which has no seed; None if it leaves a customer out."""
    del seed
    package = importlib.import_module("vroom")
    depot, *customers = _times(instance)
    case = package.Input()
    case.set_durations_matrix("car", np.array(distances(instance), np.uint32))
    day = package.TimeWindow(depot[0], depot[1])
    case.add_vehicle(
        [
            package.Vehicle(number, start=0, end=0, capacity=[instance.capacity], time_window=day)
            for number in range(instance.vehicles)
        ]
    )
    case.add_job(
        [
            package.Job(
                number,
                location=number,
                default_service=service,
                delivery=package.Amount([demand]),
                time_windows=[package.TimeWindow(ready, due)],
            )
            for number, (ready, due, service, demand) in enumerate(customers, start=1)
        ]
    )
    solution = case.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    table = solution.routes
    jobs = table[table["type"] == "job"]
    routes = [[int(number) for number in group["id"]] for _, group in jobs.groupby("vehicle_id", sort=False)]
    return routes if sum(map(len, routes)) == len(customers) else None


def or_tools(instance: Instance, seconds: float, seed: int) -> Routes | None:
    """Solve with plain OR-Tools as its guide shows it: parallel cheapest insertion, guided local search."""
    del seed
    times = _times(instance)
    matrix = np.array(distances(instance), np.int64)
    manager = pywrapcp.RoutingIndexManager(len(times), instance.vehicles, 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(matrix.tolist()))
    lasts = matrix + np.array([[service] for _, _, service, _ in times])
    end = times[0][1]
    model.AddDimension(model.RegisterTransitMatrix(lasts.tolist()), end, end, False, "time")
    demands = model.RegisterUnaryTransitVector([demand for *_, demand in times])
    model.AddDimension(demands, 0, instance.capacity, True, "load")
    clock = model.GetDimensionOrDie("time")
    for number, (ready, due, _, _) in enumerate(times[1:], start=1):
        clock.CumulVar(manager.NodeToIndex(number)).SetRange(ready, due)
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    settings.time_limit.FromMilliseconds(round(1000 * seconds))
    assignment = model.SolveWithParameters(settings)
    if assignment is None:
        return None
    routes = []
    for vehicle in range(instance.vehicles):
        index, route = assignment.Value(model.NextVar(model.Start(vehicle))), []
        while not model.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = assignment.Value(model.NextVar(index))
        routes.append(route)
    return routes


PEERS: dict[str, Peer] = {"pyvrp": pyvrp, "pyvroom": pyvroom, "or-tools": or_tools}

WITHOUT_SEED = ("pyvroom", "or-tools")
"""These do the same on every run."""
