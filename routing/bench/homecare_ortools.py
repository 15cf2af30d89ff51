"""The plain OR-Tools model of an HHCRSP instance: what its users would write, with its usual search."""

import itertools
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.readers.homecare import CareCall, CareInstance, CareSchedule, Tie

SCALE = 1000  # published distances have three decimals, and the solver counts in whole numbers
LATEST = 10_000 * SCALE


def solve(instance: CareInstance, seconds: float) -> CareSchedule | None:
    """Plan with cheapest insertion in parallel and guided local search; None where nothing lawful is found in time.

    Total tardiness and distance are in its objective; the worst tardiness, which its dimensions cannot price, is not.
    """
    legs = [(patient, number) for patient in instance.patients for number in range(len(patient.services))]
    crew = range(len(instance.caregivers))
    manager = pywrapcp.RoutingIndexManager(len(legs) + 1, len(crew), 0)
    model = pywrapcp.RoutingModel(manager)
    rows = [0, *(patient.row for patient, _ in legs)]
    stay = [0, *(patient.services[number].duration for patient, number in legs)]
    way = [[round(float(instance.distances[a, b]) * SCALE) for b in rows] for a in rows]
    clock = [[way[a][b] + round(stay[a] * SCALE) for b in range(len(rows))] for a in range(len(rows))]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(way))
    model.AddDimension(model.RegisterTransitMatrix(clock), LATEST, LATEST, False, "time")
    time, solver = model.GetDimensionOrDie("time"), model.solver()
    index_of: dict[tuple[str, int], int] = {}
    for node, (patient, number) in enumerate(legs, 1):
        index = index_of[patient.name, number] = manager.NodeToIndex(node)
        opens, closes = patient.windows[0]
        time.CumulVar(index).SetMin(round(opens * SCALE))
        time.SetCumulVarSoftUpperBound(index, round(closes * SCALE), 1)
        service = patient.services[number].name
        model.VehicleVar(index).SetValues([-1, *(w for w in crew if service in instance.caregivers[w].abilities)])
        model.AddVariableMinimizedByFinalizer(time.CumulVar(index))
    for patient in instance.patients:
        if patient.tie is Tie.INDEPENDENT:
            continue
        first, second = index_of[patient.name, 0], index_of[patient.name, 1]
        solver.Add(model.VehicleVar(first) != model.VehicleVar(second))
        low, high = (0.0, 0.0) if patient.tie is Tie.SIMULTANEOUS else patient.gap
        solver.Add(time.CumulVar(second) - time.CumulVar(first) >= round(low * SCALE))
        solver.Add(time.CumulVar(second) - time.CumulVar(first) <= round(high * SCALE))
    settings: Any = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    settings.time_limit.FromMilliseconds(round(seconds * 1000))
    assignment = model.SolveWithParameters(settings)
    if assignment is None:
        return None
    routes: dict[str, tuple[CareCall, ...]] = {}
    for worker in crew:
        calls, index = [], assignment.Value(model.NextVar(model.Start(worker)))
        while not model.IsEnd(index):
            patient, number = legs[manager.IndexToNode(index) - 1]
            begin = assignment.Min(time.CumulVar(index)) / SCALE
            service = patient.services[number]
            calls.append(
                CareCall(patient=patient.name, service=service.name, start=begin, end=begin + service.duration)
            )
            index = assignment.Value(model.NextVar(index))
        routes[instance.caregivers[worker].name] = tuple(calls)
    return CareSchedule(routes=routes, ordering=tuple(dict.fromkeys(itertools.chain(p.name for p, _ in legs))))
