"""The figures of the two subsidies: who was paid last, and who of the guarantee holds a certificate."""

from typing import Any, Final

from sqlalchemy import Date, Select, cast, exists, select

from civil.blocks.benefits import figures as benefits
from civil.blocks.benefits.model import Covered
from civil.blocks.cases.model import CivilCase
from civil.blocks.figures.figure import Cutoff

LIVING: Final = "disability_living"
NURSING: Final = "disability_nursing"
GUARANTEE: Final = "dibao"
"""The benefit beside which the living subsidy is paid; asked of the blocks by name, absent where it is unplugged."""


def _certified(at: Cutoff) -> Select[*tuple[Any, ...]]:
    """Select whom the guarantee covers and who showed a certificate that is valid on the day."""
    certificate = select(CivilCase.id).where(
        CivilCase.person_id == Covered.person_id,
        CivilCase.kind.in_(("disability.living", "disability.nursing")),
        CivilCase.state == "confirmed",
        cast(CivilCase.facts["valid_to"].astext, Date) >= at.as_of,
    )
    return benefits.drawing(GUARANTEE, at).where(exists(certificate))


FIGURES: Final = (
    benefits.people(
        "CJ.LIFE",
        "困难残疾人生活补贴：截至当日最近一次已发放批次的领取人",
        "people paid the living subsidy by the last run that was closed",
        benefits.paid_last(LIVING),
    ),
    benefits.people(
        "CJ.NURSE",
        "重度残疾人护理补贴：截至当日最近一次已发放批次的领取人",
        "people paid the nursing subsidy by the last run that was closed",
        benefits.paid_last(NURSING),
    ),
    benefits.people(
        "DB.DISAB",
        "纳入低保的残疾人：当日在享低保、持有有效残疾人证的保障对象",
        "people whom the guarantee covers on the day and who hold a valid certificate",
        _certified,
    ),
)
CONTRADICTIONS: Final = (
    *benefits.contradictions(LIVING, "CJ.LIFE"),
    *benefits.contradictions(NURSING, "CJ.NURSE"),
)
