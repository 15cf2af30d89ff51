"""Read and write the unified home-care format (Ceschia et al., ITOR 2026, doi 10.1111/itor.70140).

Instances with home bases, shifts, several windows, optional patients, preferred and incompatible caregivers are read;
what the solver does not price (waiting, balance, idle and working time, lunch, qualification, public transport) is
refused by name rather than left out in silence.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from routing.readers.homecare import (
    CareCall,
    Caregiver,
    CareInstance,
    CareSchedule,
    CareService,
    Patient,
    Prices,
    Tie,
    Unreadable,
    Unsupported,
)

PRICED = {
    "travel_time",
    "total_tardiness",
    "highest_tardiness",
    "total_extra_time",
    "optional_patients",
    "caregiver_preferences",
    "incompabilities",  # spelt so in the format
    "qualification",
}
HARD_ONLY = {"incompabilities", "qualification"}


def read(path: Path) -> CareInstance:
    """Read one instance; what is not of this format, or asks for what is not priced here, is refused."""
    try:
        return parse(json.loads(path.read_text("utf-8")))
    except (KeyError, TypeError, ValueError, IndexError) as wrong:
        raise Unreadable(format="UHHC", says=f"{path.name}: {wrong!r}") from wrong


def parse(content: dict[str, Any]) -> CareInstance:
    """Understand the parsed JSON of one instance."""
    usual = {service["id"]: service.get("default_duration") for service in content["services"]}
    points = {point["id"]: point["distance_matrix_index"] for point in content["terminal_points"]}
    meta = content["metadata"]
    return CareInstance(
        name=meta["name"],
        patients=tuple(_patient(each, usual) for each in content["patients"]),
        caregivers=tuple(_caregiver(each, points) for each in content["caregivers"]),
        distances=np.array(content["distances"], np.float64),
        prices=_prices(meta["cost_components"]),
        at_end=meta["time_window_met"] == "at_service_end",
    )


def _prices(components: dict[str, Any]) -> Prices:
    asked = {name: value for name, value in components.items() if value is not None}
    for name, value in asked.items():
        if name not in PRICED or (name in HARD_ONLY and value != "HARD"):
            raise Unsupported(what=name)

    def price(name: str, absent: float | None = 0.0) -> float | None:
        asking = asked.get(name, absent)
        return None if asking is None or asking == "HARD" else float(asking)

    return Prices(
        travel=price("travel_time") or 0.0,
        late=price("total_tardiness"),
        worst_late=price("highest_tardiness"),
        overtime=price("total_extra_time"),
        skipped=price("optional_patients", None),
        not_preferred=price("caregiver_preferences"),
    )


def _caregiver(each: dict[str, Any], points: dict[str, int]) -> Caregiver:
    if each.get("lunch_break") or each.get("transportation_mode") == "public":
        raise Unsupported(what="lunch_break" if each.get("lunch_break") else "transportation_mode")
    shift = each.get("working_shift")
    start = each["departing_point"]
    return Caregiver(
        name=each["id"],
        abilities=frozenset(each["abilities"]),
        start_row=points[start],
        end_row=points[each.get("arrival_point") or start],
        shift=None if shift is None else (float(shift["start"]), float(shift["end"])),
    )


def _patient(each: dict[str, Any], usual: dict[str, Any]) -> Patient:
    rule = each.get("synchronization") or {"type": "independent"}
    gap = rule.get("distance") or {"min": 0, "max": 0}
    optional = bool(each.get("optional"))
    if optional and rule["type"] == "independent" and len(each["required_services"]) > 1:
        raise Unsupported(what="an optional patient with independent services")
    if len(each["required_services"]) > 2 and rule["type"] != "independent":
        raise Unsupported(what="three services at once")
    preferred = each.get("preferred_caregivers")
    return Patient(
        name=each["id"],
        row=each["distance_matrix_index"],
        windows=tuple(
            (float(math.floor(window["start"])), float(math.floor(window["end"]))) for window in each["time_windows"]
        ),
        services=tuple(
            CareService(name=service["service"], duration=float(service.get("duration") or usual[service["service"]]))
            for service in each["required_services"]
        ),
        tie=Tie(rule["type"]),
        gap=(float(gap["min"]), float(gap["max"])),
        optional=optional,
        preferred=None if preferred is None else frozenset(preferred),
        incompatible=frozenset(each.get("incompatible_caregivers") or ()),
    )


def instance_json(instance: CareInstance) -> dict[str, Any]:
    """Write an instance in the unified format."""
    prices = instance.prices
    rows = sorted({row for each in instance.caregivers for row in (each.start_row, each.end_row)})
    components = {
        "travel_time": prices.travel,
        "total_tardiness": prices.late,
        "highest_tardiness": prices.worst_late,
        "total_extra_time": prices.overtime,
        "optional_patients": prices.skipped,
        "caregiver_preferences": prices.not_preferred,
    }
    services = sorted({service.name for patient in instance.patients for service in patient.services})
    abilities = sorted({name for each in instance.caregivers for name in each.abilities} | set(services))
    return {
        "metadata": {
            "name": instance.name,
            "origin": "extended",
            "time_window_met": "at_service_end" if instance.at_end else "at_service_start",
            "cost_components": {
                name: "HARD" if price is None else price for name, price in components.items() if price != 0.0
            },
        },
        "distances": instance.distances.tolist(),
        "terminal_points": [{"id": f"d{row}", "distance_matrix_index": row} for row in rows],
        "services": [{"id": name, "type": name} for name in abilities],
        "caregivers": [
            {
                "id": each.name,
                "abilities": sorted(each.abilities),
                "departing_point": f"d{each.start_row}",
                "arrival_point": f"d{each.end_row}",
            }
            | ({} if each.shift is None else {"working_shift": {"start": each.shift[0], "end": each.shift[1]}})
            for each in instance.caregivers
        ],
        "patients": [_patient_json(patient) for patient in instance.patients],
    }


def _patient_json(patient: Patient) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": patient.name,
        "distance_matrix_index": patient.row,
        "time_windows": [{"start": opens, "end": closes} for opens, closes in patient.windows],
        "required_services": [{"service": each.name, "duration": each.duration} for each in patient.services],
    }
    if len(patient.services) > 1:
        out["synchronization"] = {"type": str(patient.tie)}
        if patient.tie is Tie.SEQUENTIAL:
            out["synchronization"]["distance"] = {"min": patient.gap[0], "max": patient.gap[1]}
    if patient.optional:
        out["optional"] = True
    if patient.preferred is not None:
        out["preferred_caregivers"] = sorted(patient.preferred)
    if patient.incompatible:
        out["incompatible_caregivers"] = sorted(patient.incompatible)
    return out


def schedule_json(schedule: CareSchedule) -> dict[str, Any]:
    """Write a plan in the solution format that both published families share."""
    return {
        "routes": [
            {
                "caregiver_id": caregiver,
                "locations": [
                    {
                        "patient": call.patient,
                        "service": call.service,
                        "arrival_time": call.start,
                        "departure_time": call.end,
                    }
                    for call in calls
                ],
            }
            for caregiver, calls in schedule.routes.items()
        ],
        "global_ordering": list(schedule.ordering),
    }


def schedule(content: dict[str, Any]) -> CareSchedule:
    """Understand a plan in the solution format; field names of older and newer files are known."""
    routes = {}
    for route in content["routes"]:
        calls = []
        for stop in route.get("locations") or ():
            start = stop.get("arrival_time", stop.get("start_service_time"))
            end = stop.get("departure_time", stop.get("end_service_time"))
            calls.append(CareCall(patient=stop["patient"], service=stop["service"], start=float(start), end=float(end)))
        routes[route["caregiver_id"]] = tuple(sorted(calls, key=lambda call: call.start))
    return CareSchedule(routes=routes, ordering=tuple(content.get("global_ordering", ())))
