"""Check and price a home-care plan by the published rules; shares no code with any solver.

It reads the files' own JSON and nothing else of this repository, so a mistake of the readers shows here.
"""

import math
from typing import Any

TOLERANCE = 2e-2  # published times have three decimals, and sums of them drift


def check_hhcrsp(instance: dict[str, Any], plan: dict[str, Any]) -> tuple[list[str], float]:
    """Return what is wrong with a plan and its cost: a third of distance + total tardiness + worst tardiness."""
    patients = {each["id"]: (row, each) for row, each in enumerate(instance["patients"], 1)}
    able = {each["id"]: set(each["abilities"]) for each in instance["caregivers"]}
    usual = {each["id"]: each.get("default_duration") for each in instance["services"]}
    matrix = instance["distances"]
    wrong: list[str] = []
    begun: dict[tuple[str, str], tuple[float, str]] = {}
    distance, late = 0.0, [0.0]
    for route in plan["routes"]:
        caregiver, here, free = route["caregiver_id"], 0, 0.0
        for stop in route.get("locations", ()):
            row, patient = patients[stop["patient"]]
            service, start = stop["service"], stop["arrival_time"]
            needed = [each for each in patient["required_caregivers"] if each["service"] == service]
            if not needed or service not in able[caregiver]:
                wrong.append(f"{caregiver} may not do {service} for {stop['patient']}")
                continue
            if (stop["patient"], service) in begun:
                wrong.append(f"{stop['patient']} gets {service} twice")
            opens, closes = (math.floor(bound) for bound in patient["time_window"])
            if start < free + matrix[here][row] - TOLERANCE or start < opens - TOLERANCE:
                wrong.append(f"{caregiver} begins too early at {stop['patient']}")
            distance += matrix[here][row]
            late.append(max(0.0, start - closes))
            begun[stop["patient"], service] = (start, caregiver)
            free, here = start + needed[0].get("duration", usual[service]), row
        distance += matrix[here][0]
    for name, (_, patient) in patients.items():
        services = [each["service"] for each in patient["required_caregivers"]]
        if any((name, service) not in begun for service in services):
            wrong.append(f"{name} is not fully served")
        elif len(services) == 2:
            wrong += _apart(name, patient["synchronization"], [begun[name, service] for service in services])
    return wrong, (distance + sum(late) + max(late)) / 3.0


def _apart(name: str, rule: dict[str, Any], begun: list[tuple[float, str]]) -> list[str]:
    """Return what is wrong with the two services of one patient."""
    (start, caregiver), (start_two, caregiver_two) = begun
    if rule["type"] == "independent":
        return []
    if caregiver == caregiver_two:
        return [f"{name} gets both services from {caregiver}"]
    gap = rule.get("distance") or (0, 0)
    low, high = (gap["min"], gap["max"]) if isinstance(gap, dict) else gap
    if rule["type"] == "simultaneous":
        low = high = 0
    between = start_two - start
    return [] if low - TOLERANCE <= between <= high + TOLERANCE else [f"{name}: {between} between the services"]


def check_uhhc(instance: dict[str, Any], plan: dict[str, Any]) -> tuple[list[str], float]:
    """Return what is wrong with a plan and its cost by the prices that the instance names."""
    meta, matrix = instance["metadata"], instance["distances"]
    prices = meta["cost_components"]
    at_end = meta["time_window_met"] == "at_service_end"
    points = {each["id"]: each["distance_matrix_index"] for each in instance["terminal_points"]}
    usual = {each["id"]: each.get("default_duration") for each in instance["services"]}
    patients = {each["id"]: each for each in instance["patients"]}
    caregivers = {each["id"]: each for each in instance["caregivers"]}
    wrong: list[str] = []
    begun: dict[tuple[str, str], tuple[float, str]] = {}
    travel, extra, strange, late = 0.0, 0.0, 0, [0.0]
    for route in plan["routes"]:
        who = caregivers[route["caregiver_id"]]
        stops = sorted(route.get("locations") or (), key=lambda stop: float(stop["arrival_time"]))
        shift = who.get("working_shift") or {"start": 0, "end": math.inf}
        here, free = points[who["departing_point"]], shift["start"]
        for stop in stops:
            patient, service, start = patients[stop["patient"]], stop["service"], stop["arrival_time"]
            needed = [each for each in patient["required_services"] if each["service"] == service]
            if not needed or service not in who["abilities"] or who["id"] in patient.get("incompatible_caregivers", ()):
                wrong.append(f"{who['id']} may not do {service} for {patient['id']}")
                continue
            if (patient["id"], service) in begun:
                wrong.append(f"{patient['id']} gets {service} twice")
            row, end = patient["distance_matrix_index"], start + (needed[0].get("duration") or usual[service])
            windows = [(math.floor(each["start"]), math.floor(each["end"])) for each in patient["time_windows"]]
            if start < free + matrix[here][row] - TOLERANCE or start < windows[0][0] - TOLERANCE:
                wrong.append(f"{who['id']} begins too early at {patient['id']}")
            closes = [closing for opening, closing in windows if opening <= start + TOLERANCE]
            late.append(max(0.0, (end if at_end else start) - (closes or [windows[0][1]])[-1]))
            strange += who["id"] not in patient.get("preferred_caregivers", [who["id"]])
            travel += matrix[here][row]
            begun[patient["id"], service] = (start, who["id"])
            free, here = end, row
        back = matrix[here][points[who.get("arrival_point") or who["departing_point"]]]
        if stops:
            travel += back
            extra += max(0.0, free + back - shift["end"])
    skipped = 0
    for name, patient in patients.items():
        services = [each["service"] for each in patient["required_services"]]
        served = sum((name, service) in begun for service in services)
        if served == 0 and patient.get("optional"):
            skipped += 1
        elif served < len(services):
            wrong.append(f"{name} is not fully served")
        elif len(services) == 2:
            wrong += _apart(name, patient["synchronization"], [begun[name, service] for service in services])
    parts = {
        "travel_time": travel,
        "total_tardiness": sum(late),
        "highest_tardiness": max(late),
        "total_extra_time": extra,
        "optional_patients": float(skipped),
        "caregiver_preferences": float(strange),
    }
    cost = 0.0
    for name, amount in parts.items():
        price = prices.get(name) or 0
        if price == "HARD":
            wrong += [f"{name} is {amount}"] if amount > TOLERANCE else []
        else:
            cost += price * amount
    return wrong, cost
