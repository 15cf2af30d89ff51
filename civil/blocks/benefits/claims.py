"""What a run computes from: the grants it concerns, their claims month by month, what earlier runs have entered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from civil.blocks.benefits.model import Covered, Grant, GrantTerm, PayLine, PayRun, PayRunState
from civil.blocks.declared import Claim, Programme
from events.work import Work
from registry.model import Person


@dataclass(slots=True)
class GrantHistory:
    """One grant with all that its months are computed from."""

    id: UUID
    from_month: str
    last_month: str | None
    touched_at: datetime
    terms: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    covered: list[tuple[UUID, str, str | None, date]] = field(default_factory=list)

    def claim(self, month: str) -> dict[str, Any] | None:
        """Return the frozen claim of a month; None where the grant pays nothing for it."""
        if month < self.from_month or (self.last_month is not None and month > self.last_month):
            return None
        members = sorted(
            [str(person_id), born_on.isoformat()]
            for person_id, first, last, born_on in self.covered
            if first <= month and (last is None or month <= last)
        )
        facts = [facts for first, facts in self.terms if first <= month]
        return {"facts": facts[-1], "members": members} if members and facts else None


def read_claim(programme: Programme[Any], month: str, frozen: Mapping[str, Any]) -> Claim[Any]:
    """Return a frozen claim as the programme's pure function takes it."""
    members = tuple((UUID(person_id), date.fromisoformat(day)) for person_id, day in frozen["members"])
    return Claim(month, programme.facts.model_validate(frozen["facts"]), members)


async def first_month(work: Work, programme: str) -> str | None:
    """Return the first month for which anybody has had the benefit."""
    return (await work.session.execute(select(func.min(Grant.from_month)).where(Grant.programme == programme))).scalar()


async def histories(work: Work, programme: str, *, month: str, since: datetime | None) -> list[GrantHistory]:
    """Return the grants that a run concerns: those of the month, and those touched since the run before."""
    concerns = or_(
        Grant.last_month.is_(None),
        Grant.last_month >= month,
        *([] if since is None else [Grant.touched_at > since]),
    )
    query = select(Grant.id, Grant.from_month, Grant.last_month, Grant.touched_at).where(
        Grant.programme == programme, Grant.from_month <= month, *([] if since is None else [concerns])
    )
    grants = {row[0]: GrantHistory(*row) for row in await work.session.execute(query.order_by(Grant.number))}
    terms = (
        select(GrantTerm.grant_id, GrantTerm.from_month, GrantTerm.facts)
        .join(Grant, Grant.id == GrantTerm.grant_id)
        .where(Grant.programme == programme)
        .order_by(GrantTerm.from_month, GrantTerm.recorded_at, GrantTerm.id)
    )
    for grant_id, first, facts in await work.session.execute(terms):
        if grant_id in grants:
            grants[grant_id].terms.append((first, facts))
    covered = (
        select(Covered.grant_id, Covered.person_id, Covered.from_month, Covered.last_month, Person.born_on)
        .join(Person, Person.id == Covered.person_id)
        .where(Covered.programme == programme)
    )
    for grant_id, person_id, first, last, born_on in await work.session.execute(covered):
        if grant_id in grants:
            grants[grant_id].covered.append((person_id, first, last, born_on))
    return list(grants.values())


async def runs_of(work: Work, programme: str) -> Sequence[PayRun]:
    """Return a programme's runs that were not cancelled, by month."""
    query = select(PayRun).where(PayRun.programme == programme, PayRun.state != PayRunState.CANCELLED)
    return (await work.session.execute(query.order_by(PayRun.month))).scalars().all()


async def entered(work: Work, programme: str) -> dict[tuple[UUID, str], dict[str, int]]:
    """Return what runs have entered: (grant, month) → component → fen."""
    query = (
        select(PayLine.grant_id, PayLine.month, PayLine.component, func.sum(PayLine.fen))
        .join(PayRun, PayRun.id == PayLine.run_id)
        .where(PayRun.programme == programme, PayRun.state != PayRunState.CANCELLED)
        .group_by(PayLine.grant_id, PayLine.month, PayLine.component)
    )
    sums: dict[tuple[UUID, str], dict[str, int]] = defaultdict(dict)
    for grant_id, month, component, fen in await work.session.execute(query):
        sums[grant_id, month][component] = int(fen)
    return sums


def latest_standards(runs: Iterable[PayRun]) -> dict[str, Any]:
    """Return the standards by which each month was last computed."""
    merged: dict[str, Any] = {}
    for run in runs:
        merged |= run.standards
    return merged
