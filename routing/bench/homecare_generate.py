"""Make home-care instances of Mankowska's form, of any size, from a seed.

As in Mankowska, Meisel & Bierwirth (2014): places on a square of 100 × 100 minutes, windows of two hours in a day of
ten, one caregiver to five patients, six services in two trades, abilities within one trade; of the patients fifteen in
a hundred need two of one trade at once and fifteen one of each trade in turn, 1 … 60 minutes to twice that apart.
"""

import math
import random
from typing import Any

TRADES = (("s1", "s2", "s3"), ("s4", "s5", "s6"))


def generate(patients: int, seed: int) -> dict[str, Any]:
    """Return the JSON of one instance; every service has a caregiver, and every double visit two different ones."""
    rng = random.Random(seed * 1_000_003 + patients)
    points = [(rng.randrange(101), rng.randrange(101)) for _ in range(patients + 1)]
    caregivers = []
    for number in range(max(4, patients // 5)):
        trade = TRADES[number % 2]
        skills = trade if number < 4 else tuple(sorted(rng.sample(trade, rng.randint(1, 3))))
        caregivers.append({"id": f"c{number + 1}", "abilities": list(skills)})
    return {
        "patients": [_patient(number, points[number], patients, rng) for number in range(1, patients + 1)],
        "services": [{"id": name, "default_duration": 15.0} for trade in TRADES for name in trade],
        "caregivers": caregivers,
        "central_offices": [{"id": "d", "location": list(points[0])}],
        "distances": [[round(math.dist(source, target), 3) for target in points] for source in points],
    }


def _patient(number: int, point: tuple[int, int], patients: int, rng: random.Random) -> dict[str, Any]:
    opens = rng.randrange(481)
    out: dict[str, Any] = {"id": f"p{number}", "location": list(point), "time_window": [opens, opens + 120]}
    if number <= 0.7 * patients:
        services = [rng.choice(rng.choice(TRADES))]
    elif number <= 0.85 * patients:
        services = rng.sample(TRADES[1], 2)
        out["synchronization"] = {"type": "simultaneous"}
    else:
        services = [rng.choice(trade) for trade in TRADES]
        least = rng.randint(1, 60)
        out["synchronization"] = {"type": "sequential", "distance": [least, 2 * least]}
    out["required_caregivers"] = [{"service": service, "duration": float(rng.randint(10, 20))} for service in services]
    return out
