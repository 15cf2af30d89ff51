"""What a worker's phone reports from an elder's door."""

from datetime import datetime

from dispatch.visits.operations import ActIn
from kit.ids import new_id

HOME = (38.3, 116.8)


def at_the_door(at: datetime, mark: str, code: str | None, *, mocked: bool = False) -> ActIn:
    """Report from an elder's door."""
    return ActIn(
        id=new_id(),
        claimed_at=at,
        code=code,
        latitude=HOME[0],
        longitude=HOME[1],
        accuracy_metres=10,
        fix_age_seconds=2,
        mocked=mocked,
        device=f"{mark} phone",
        reason=f"{mark} reports",
    )
