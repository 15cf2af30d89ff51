"""Read the JSON of the Mankowska, Kummer and Italian instances (Ceschia et al., ITOR 2024, doi 10.1111/itor.13585).

A plan costs a third each of the distance, of all tardiness and of the worst tardiness. Window bounds are floored: the
authors' reader truncates, and one stored 216.99999999999997 is served at 216 in their own solution.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from routing.readers.homecare import Caregiver, CareInstance, CareService, Patient, Prices, Tie, Unreadable

THIRD = 1.0 / 3.0


def read(path: Path) -> CareInstance:
    """Read one instance; whatever is not of this format is refused by the name of what is missing or wrong."""
    try:
        return parse(json.loads(path.read_text("utf-8")), path.stem)
    except (KeyError, TypeError, ValueError, IndexError) as wrong:
        raise Unreadable(format="HHCRSP", says=f"{path.name}: {wrong!r}") from wrong


def parse(content: dict[str, Any], name: str) -> CareInstance:
    """Understand the parsed JSON of one instance; rows of the matrix are the office and then the patients."""
    usual = {service["id"]: service.get("default_duration") for service in content["services"]}
    distances = np.array(content["distances"], np.float64)
    if distances.shape != (len(content["patients"]) + 1,) * 2:
        raise ValueError(f"distances {distances.shape}")
    return CareInstance(
        name=name,
        patients=tuple(_patient(patient, row, usual) for row, patient in enumerate(content["patients"], 1)),
        caregivers=tuple(
            Caregiver(name=each["id"], abilities=frozenset(each["abilities"]), start_row=0, end_row=0)
            for each in content["caregivers"]
        ),
        distances=distances,
        prices=Prices(travel=THIRD, late=THIRD, worst_late=THIRD, overtime=0.0),
    )


def _patient(patient: dict[str, Any], row: int, usual: dict[str, Any]) -> Patient:
    opens, closes = patient["time_window"]
    rule = patient.get("synchronization", {"type": "independent"})
    gap = rule.get("distance", (0, 0))
    low, high = (gap["min"], gap["max"]) if isinstance(gap, dict) else gap
    return Patient(
        name=patient["id"],
        row=row,
        windows=((float(math.floor(opens)), float(math.floor(closes))),),
        services=tuple(
            CareService(name=each["service"], duration=float(each.get("duration", usual[each["service"]])))
            for each in patient["required_caregivers"]
        ),
        tie=Tie(rule["type"]),
        gap=(float(low), float(high)),
        incompatible=frozenset(patient.get("incompatible_caregivers", ())),
    )
