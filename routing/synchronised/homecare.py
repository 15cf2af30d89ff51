"""Published home-care instances, solved by the kernel of two-person visits as they stand.

They have their own small model (services, two prices of tardiness, several windows) rather than being translated into
`routing.Problem`: their times have three decimals, and a service must be priced by a worst tardiness in thirds.
"""

import numpy as np

from routing.readers.homecare import CareCall, CareInstance, CareSchedule, Patient, Tie
from routing.stop import Budget, Progress
from routing.synchronised.annealing import SearchResult, anneal
from routing.synchronised.arrays import ALONE, GAP, TOGETHER, PairDraft, PairTask, empty_draft, nearest_jobs

UNSERVED = 1e7  # above any distance of a published instance, and small enough to keep seven decimals


def solve(
    instance: CareInstance, *, budget: Budget, seed: int, progress: Progress | None = None
) -> tuple[CareSchedule, SearchResult]:
    """Plan an instance; the schedule leaves out what could not be served."""
    jobs = _jobs(instance)
    task = make_task(instance)
    result = anneal(task, empty_draft(task), budget=budget, seed=seed, progress=progress)
    return _schedule(instance, jobs, task, result.draft), result


def _jobs(instance: CareInstance) -> list[tuple[Patient, tuple[int, ...]]]:
    """List what is planned as one: a patient with the services that hang together."""
    jobs: list[tuple[Patient, tuple[int, ...]]] = []
    for patient in instance.patients:
        numbers = tuple(range(len(patient.services)))
        if patient.tie is Tie.INDEPENDENT:
            jobs += [(patient, (number,)) for number in numbers]
        else:
            jobs.append((patient, numbers))
    return jobs


def make_task(instance: CareInstance) -> PairTask:
    """Turn an instance into the kernel's arrays."""
    jobs, crew, prices = _jobs(instance), instance.caregivers, instance.prices
    legs = [(number, patient, service) for number, (patient, services) in enumerate(jobs) for service in services]
    widest = max((len(patient.windows) for patient in instance.patients), default=1)
    count, workers = len(legs), len(crew)
    pairs = np.full((len(jobs), 2), -1, np.int32)
    opens, closes = np.zeros((count, widest)), np.zeros((count, widest))
    able, fee = np.full((count, workers), -1, np.int32), np.zeros((count, workers))
    able_count = np.zeros(count, np.int32)
    for leg, (job, patient, service) in enumerate(legs):
        pairs[job, int(pairs[job, 0] >= 0)] = leg
        wanted = patient.services[service]
        for window, (opening, closing) in enumerate(patient.windows):
            opens[leg, window] = opening
            closes[leg, window] = closing - (wanted.duration if instance.at_end else 0.0)
        for worker, caregiver in enumerate(crew):
            stranger = patient.preferred is not None and caregiver.name not in patient.preferred
            may = wanted.name in caregiver.abilities and caregiver.name not in patient.incompatible
            if may and not (stranger and prices.not_preferred is None):
                able[leg, able_count[leg]] = worker
                able_count[leg] += 1
                fee[leg, worker] = (prices.not_preferred or 0.0) if stranger else 0.0
    links = {Tie.INDEPENDENT: ALONE, Tie.SIMULTANEOUS: TOGETHER, Tie.SEQUENTIAL: GAP}
    hard = prices.late is None or prices.worst_late is None
    shifts = [caregiver.shift or (0.0, np.inf) for caregiver in crew]
    rows = [patient.row for _, patient, _ in legs] + [each.start_row for each in crew] + [each.end_row for each in crew]
    cost = instance.distances * prices.travel
    ends = np.array([shift[1] for shift in shifts])
    return PairTask(
        legs=pairs,
        link=np.array([links[patient.tie] for patient, _ in jobs], np.int8),
        gap_min=np.array([patient.gap[0] for patient, _ in jobs]),
        gap_max=np.array([patient.gap[1] for patient, _ in jobs]),
        skip=np.array([(prices.skipped or UNSERVED) if patient.optional else UNSERVED for patient, _ in jobs]),
        fixed=np.zeros(len(jobs), np.bool_),
        near=nearest_jobs(instance.distances, np.array([patient.row for patient, _ in jobs])),
        job=np.array([job for job, _, _ in legs], np.int32),
        duration=np.array([patient.services[service].duration for _, patient, service in legs]),
        weight=np.full(count, prices.late or 0.0),
        windows=np.array([len(patient.windows) for _, patient, _ in legs], np.int8),
        opens=opens,
        closes=closes,
        latest=closes if hard else np.full((count, widest), np.inf),
        able=able,
        able_count=able_count,
        fee=fee,
        place=np.array(rows, np.int32),
        mode=np.zeros(workers, np.int32),
        shift_start=np.array([shift[0] for shift in shifts]),
        shift_end=ends,
        shift_latest=ends if prices.overtime is None else np.full(workers, np.inf),
        overtime=np.full(workers, prices.overtime or 0.0),
        use=np.zeros(workers),
        time=instance.distances[np.newaxis],
        cost=cost[np.newaxis],
        worst=prices.worst_late or 0.0,
    )


def _schedule(
    instance: CareInstance, jobs: list[tuple[Patient, tuple[int, ...]]], task: PairTask, draft: PairDraft
) -> CareSchedule:
    """Read a draft back as who does what, when."""
    wanted = [(patient, service) for patient, services in jobs for service in services]
    count = len(wanted)
    routes: dict[str, tuple[CareCall, ...]] = {}
    for worker, caregiver in enumerate(instance.caregivers):
        calls, leg = [], int(draft.after[count + worker])
        while leg < count:
            patient, service = wanted[leg]
            begin = round(float(draft.start[leg]), 6)
            calls.append(
                CareCall(
                    patient=patient.name,
                    service=patient.services[service].name,
                    start=begin,
                    end=round(begin + float(task.duration[leg]), 6),
                )
            )
            leg = int(draft.after[leg])
        routes[caregiver.name] = tuple(calls)
    planned = [jobs[job][0].name for job in draft.order[: int(draft.planned[0])]]
    return CareSchedule(routes=routes, ordering=tuple(dict.fromkeys(planned)))
