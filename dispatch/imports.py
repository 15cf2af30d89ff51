"""The lists of people with their enrolment, and of care requests."""

from collections.abc import Mapping
from uuid import UUID

from dispatch.enrolment import operations as enrolment
from dispatch.enrolment.model import Category
from dispatch.enrolment.queries import enrolled_as
from dispatch.enrolment.rules import LeastAge
from dispatch.requests import backlog
from dispatch.requests import operations as requests
from dispatch.requests import queries as request_queries
from dispatch.requests.model import Channel
from events.work import Work
from kit import clock
from kit.china import columns as chinese
from kit.china import identifiers
from kit.imports import columns, readers
from kit.imports.column import Column
from kit.imports.columns import ImportRow, Outcome, Sheet
from kit.imports.grid import Grid
from kit.lookalikes import folded
from kit.refusal import Refusal
from kit.rules import queries as rules
from providers.catalogue import queries as catalogue
from registry import imports as registry
from registry import operations
from registry import queries as known_people


class MembershipIncomplete(Refusal):
    """Category and level must be given together."""

    code = "enrolment.import_incomplete"


_CATEGORIES = readers.choice(
    {
        "特困": Category.DESTITUTE,
        "特困分散供养": Category.DESTITUTE,
        "低保": Category.LOW_INCOME,
        "低保边缘": Category.NEAR_LOW_INCOME,
        "重点人群": Category.KEY_GROUP,
        "自费": Category.SELF_PAID,
    }
    | {category.value: category for category in Category}
)
_LEVELS = readers.choice(
    {"完好": 0, "轻度": 1, "中度": 2, "重度": 3, "完全": 4, "轻度失能": 1, "中度失能": 2, "重度失能": 3, "完全失能": 4}
    | {str(level): level for level in range(5)}
)

MEMBER_COLUMNS = (
    *registry.PERSON_COLUMNS,
    Column("category", ("人员类别", "类别", "补贴类别"), _CATEGORIES, required=False),
    Column("level", ("能力等级", "失能等级", "评估等级"), _LEVELS, required=False),
)


async def people(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in people; those with a category and a level are enrolled as active, as an earlier system approved them."""
    sheet = columns.typed(grid, await registry.telephones(work, MEMBER_COLUMNS), mapping)
    same = await registry.check_people(work, sheet)
    await _check_memberships(work, sheet, same)
    least = (await rules.read(work.session, LeastAge, at=work.now)).value
    today = clock.day_of(work.now)
    for row in sheet.rows:
        if row.sound("category", "level") and (row["category"] is None) != (row["level"] is None):
            sheet.fault(row, "category", MembershipIncomplete())
        resident = row.get("id_no")
        if resident is not None and row.get("category") is not None:
            age = identifiers.age_on(resident.born_on, today)
            if 0 <= age < least:
                sheet.fault(row, "id_no", enrolment.TooYoung(age=age, least=least))
    if sheet.faults:
        return sheet.outcome(0)
    fresh = [row for row in sheet.rows if row not in same]
    ids = await operations.register_people(work, [registry.new_person(row) for row in fresh])
    members = [
        enrolment.Member(person_id, row["division"][:6], row["category"], row["level"])
        for row, person_id in zip(fresh, ids, strict=True)
        if row.get("category") is not None
    ]
    await enrolment.take_over(work, members=members)
    return sheet.outcome(len(ids), on_record=len(same))


async def _check_memberships(work: Work, sheet: Sheet, same: dict[ImportRow, UUID]) -> None:
    """Take a row whose category or level is not the enrolment's for one that says something else of a known person."""
    enrolled = await enrolled_as(work, same.values())
    for row, person_id in list(same.items()):
        there = dict(zip(("category", "level"), enrolled.get(person_id, (None, None)), strict=True))
        if sheet.differs(
            row, [name for name, value in there.items() if sheet.says(row, name) and row.get(name) != value]
        ):
            sheet.fault(row, "id_no", operations.PersonTaken())
            del same[row]


_ZONE = dict.fromkeys(("北京时间", "东八区", "utc+8", "gmt+8"), readers.instant)

REQUEST_COLUMNS = (
    Column("id_no", ("身份证号", "身份证号码"), chinese.resident_id),
    Column("item", ("服务项目", "项目编码", "项目"), readers.text(60)),
    Column("earliest", ("最早到达", "最早上门时间"), readers.instant, units=_ZONE),
    Column("latest", ("最晚到达", "最晚上门时间"), readers.instant, units=_ZONE),
    Column("quantity", ("数量",), readers.integer(1, 100), required=False, default=1),
    Column("urgent", ("紧急", "是否紧急"), readers.yes_no, required=False, default=False),
    Column("asked_at", ("来电时间", "申请时间"), readers.instant, required=False, units=_ZONE),
    Column("source_key", ("来源编号", "原单号"), readers.code(80), required=False),
    Column("accept_own_cost", ("超额自付", "同意自付"), readers.yes_no, required=False, default=False),
    Column("sex_wanted", ("要求性别", "服务人员性别"), chinese.sex, required=False),
)


async def care_requests(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in care requests, each through the same verb as a telephone call, so that it refuses what that refuses.

    Refuses `request.backlog` while many requests wait to be decided.
    """
    await backlog.check_bulk(work)
    sheet = columns.typed(grid, REQUEST_COLUMNS, mapping)
    sheet.no_duplicates("source_key")
    codes = {
        folded(word): item.code for item in await catalogue.items(work, work.now) for word in (item.code, item.name)
    }
    numbers = [row["id_no"].number for row in sheet.rows if row.get("id_no")]
    there = await known_people.ids_by_id_no(work, numbers)
    keys = await request_queries.source_keys(work, [row["source_key"] for row in sheet.rows if row.get("source_key")])
    for row in sheet.rows:
        if row.sound("id_no") and row["id_no"].number not in there:
            sheet.fault(row, "id_no", known_people.PersonNotFound())
        elif row.sound(*sheet.titles):
            await _place(work, sheet, row, there[row["id_no"].number], codes.get(folded(row["item"]), row["item"]))
    on_record = sum(row.get("source_key") in keys for row in sheet.rows)
    return sheet.outcome(len(sheet.rows) - on_record, on_record=on_record)


async def _place(work: Work, sheet: Sheet, row: ImportRow, person_id: UUID, item_code: str) -> None:
    try:
        # A refusal in the middle must not leave its first half to the rows that follow.
        async with work.session.begin_nested():
            await requests.place(
                work,
                wanted=requests.NewRequest(
                    person_id=person_id,
                    item_code=item_code,
                    earliest=row["earliest"],
                    latest=row["latest"],
                    quantity=row["quantity"],
                    urgent=row["urgent"],
                    asked_at=row["asked_at"],
                    channel=Channel.IMPORT,
                    source_key=row["source_key"],
                    accept_own_cost=row["accept_own_cost"],
                    sex_wanted=row["sex_wanted"],
                ),
            )
    except Refusal as refusal:
        sheet.fault(row, None, refusal)
