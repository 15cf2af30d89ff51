"""How people call a company and a worker: what stands in rows and in sentences that are read aloud."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from events.work import Work
from providers.roster.model import Company, Worker

_COMPOUND: Final = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "宇文", "长孙", "夏侯"}
)
"""Surnames of two characters that are met today; any other surname is the first character."""
_LEGAL_FORM: Final = re.compile(r"(?<=..)(?:服务)?(?:股份|责任)?有限(?:责任)?公司$")


def worker_called(name: str) -> str:
    """Return `李师傅` of 李秀英, `欧阳师傅` of 欧阳敏."""
    surname = name[:2] if name[:2] in _COMPOUND and len(name) > 2 else name[:1]
    return f"{surname}师傅"


def company_called(name: str) -> str:
    """Return a company's name without its legal form: `康宁护理` of 康宁护理服务有限公司."""
    return _LEGAL_FORM.sub("", name)


@dataclass(frozen=True, slots=True)
class Called:
    """A worker and the company as people say them, and the telephone on which the company is reached."""

    worker_called: str
    company_called: str
    company_phone: str | None


async def called(work: Work, worker_ids: Collection[UUID]) -> dict[UUID, Called]:
    """Return how each of these workers and their companies are called."""
    query = (
        select(Worker.id, Worker.name, Company.name, Company.phone)
        .join(Company, Company.id == Worker.provider_id)
        .where(Worker.id.in_(worker_ids))
    )
    return {
        worker_id: Called(worker_called(worker), company_called(company), phone)
        for worker_id, worker, company, phone in (await work.session.execute(query)).all()
    }
