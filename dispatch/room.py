"""The declaration of this room: the import lists of people with their enrolment, and of care requests."""

from pathlib import Path

from dispatch import imports
from dispatch.policy import POLICY
from kit.room import ImportKind, Room

ROOM = Room(
    name="dispatch",
    refusals=Path(__file__).with_name("refusals.toml"),
    imports=(
        ImportKind(
            name="people",
            take_in=imports.people,
            columns=imports.MEMBER_COLUMNS,
            action="people.import",
            zh="老人名册（含入网）",
            en="elders, with their enrolment",
            key=("id_no",),
            refuses=(
                "table.duplicate",
                "person.taken",
                "person.dead",
                "person.not_born",
                "person.sex_contradicts",
                "person.birth_contradicts",
                "place.swapped",
                "place.out_of_range",
                "place.not_in_china",
                "division.unknown",
                "division.ambiguous",
                "enrolment.import_incomplete",
                "enrolment.too_young",
            ),
        ),
        ImportKind(
            name="requests",
            take_in=imports.care_requests,
            columns=imports.REQUEST_COLUMNS,
            action="requests.import",
            zh="服务需求",
            en="care requests",
            key=("source_key",),
            refuses=(
                "table.duplicate",
                "person.not_found",
                "request.window_invalid",
                "request.past",
                "request.too_far",
                "request.not_enrolled",
                "request.suspended",
                "request.deceased",
                "request.death_reported",
                "request.item_unknown",
                "request.outside_window",
                "request.duplicate",
                "request.item_cap",
                "request.item_month_cap",
                "request.over_quota",
                "request.source_key_taken",
                "request.source_key_differs",
            ),
        ),
    ),
    policy=POLICY,
)
