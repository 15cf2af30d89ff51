"""Take in other offices' lists of divisions and people: every fault named, and all rows or none."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from events.work import Work
from kit import clock, geo
from kit.china import columns as chinese
from kit.china import identifiers
from kit.china.identifiers import ResidentId
from kit.china.rules import AreaCode
from kit.imports import columns, readers
from kit.imports.column import Column
from kit.imports.columns import ImportRow, Outcome, Sheet
from kit.imports.grid import Grid
from kit.imports.readers import reads
from kit.lookalikes import folded
from kit.refusal import Refusal
from kit.rules import queries as rules
from registry import queries
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import Area, ContactKind, Division, DivisionKind, FactKind
from registry.operations import ContactFacts, DivisionUnknown, NewPerson, PersonDead, PersonNotBorn, PersonTaken
from registry.people import listed
from registry.people.facts import Education, HukouNature, Marital


class DivisionAmbiguous(Refusal):
    """Several divisions go by this name; the code is needed."""

    code = "division.ambiguous"


class SexContradicts(Refusal):
    """The sex given is not the one that the resident ID says."""

    code = "person.sex_contradicts"


class BirthContradicts(Refusal):
    """The birth date given is not the one that the resident ID says."""

    code = "person.birth_contradicts"


@reads(
    "区划代码，2、4、6、9 或 12 位",
    "a division code of 2, 4, 6, 9 or 12 digits",
    identifiers.DivisionCodeShape.code,
    readers.FullWidth.code,
)
def division_code(cell: str) -> str:
    """Read a division's code of 2 to 12 digits into 12; refuses `division_code.shape`, `cell.full_width`."""
    return identifiers.read_division_code(readers.narrow(cell))


DIVISION_KINDS = readers.choice(
    {
        "区": DivisionKind.DISTRICT,
        "县": DivisionKind.DISTRICT,
        "街道": DivisionKind.STREET,
        "镇": DivisionKind.TOWN,
        "乡": DivisionKind.TOWNSHIP,
        "社区": DivisionKind.COMMUNITY,
        "村": DivisionKind.VILLAGE,
    }
    | {kind.value: kind for kind in DivisionKind}
)

AREA_CLASSES = readers.choice({"城镇": Area.URBAN, "农村": Area.RURAL, "urban": Area.URBAN, "rural": Area.RURAL})

DIVISION_COLUMNS = (
    Column("code", ("区划代码", "代码"), division_code),
    Column("name", ("名称", "区划名称"), readers.text(60)),
    Column("kind", ("类型", "级别", "level"), DIVISION_KINDS),
    Column("parent", ("上级代码", "上级"), division_code, required=False),
    Column(
        "area_class",
        ("城乡分类", "城乡"),
        AREA_CLASSES,
        required=False,
    ),
    Column("valid_from", ("设立日期", "生效日期"), readers.day, required=False, default=listing.FOUNDED),
)


async def divisions(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in a list of divisions."""
    sheet = columns.typed(grid, DIVISION_COLUMNS, mapping)
    sheet.no_duplicates("code")
    there = {division.code: division for division in await queries.divisions(work, work.now)}
    days = {row["valid_from"] for row in sheet.rows if row.sound("valid_from")}
    taken = {day: {division.code for division in await queries.divisions(work, day)} for day in days}
    listed = {row.get("code") for row in sheet.rows}
    on_record = 0
    by_day: dict[date, list[NewDivision]] = defaultdict(list)
    for row in sheet.rows:
        code, kind, parent = row.get("code"), row.get("kind"), row.get("parent")
        division = there.get(code)
        if division is not None and row.sound(*sheet.titles):
            if not sheet.differs(row, _differing(sheet, row, division)):
                on_record += 1
                continue
            sheet.fault(row, "code", listing.DivisionTaken(division=code))
        elif division is not None or code in taken.get(row.get("valid_from"), ()):
            sheet.fault(row, "code", listing.DivisionTaken(division=code))
        sound = row.sound("code", "kind", "parent")
        if sound and kind is not DivisionKind.DISTRICT and parent not in there.keys() | listed:
            sheet.fault(row, "parent", listing.DivisionParent(division=code))
        elif sound and not listing.lies_inside(code, parent):
            sheet.fault(row, "parent", listing.DivisionOutsideParent(division=code, parent=parent))
        if not sheet.faults:
            entry = NewDivision(code=code, name=row["name"], kind=kind, parent=parent, area_class=row.get("area_class"))
            by_day[row["valid_from"]].append(entry)
    if sheet.faults:
        return sheet.outcome(0)
    written = 0
    for day in sorted(by_day):
        written += await listing.add_divisions(work, by_day[day], valid_from=day)
    return sheet.outcome(written, on_record=on_record)


def _differing(sheet: Sheet, row: ImportRow, division: Division) -> list[str]:
    """Return the columns in which a row says something else than the division on record."""
    there = {
        "name": division.name,
        "kind": division.kind,
        "parent": division.parent,
        "area_class": division.area_class,
        "valid_from": division.valid_from,
    }
    return [name for name, value in there.items() if sheet.says(row, name) and row[name] != value]


_HUKOU = readers.choice(
    {
        "农业": HukouNature.AGRICULTURAL,
        "农业家庭户": HukouNature.AGRICULTURAL,
        "非农业": HukouNature.NON_AGRICULTURAL,
        "非农业家庭户": HukouNature.NON_AGRICULTURAL,
        "居民": HukouNature.RESIDENT,
        "居民家庭户": HukouNature.RESIDENT,
        "集体户": HukouNature.COLLECTIVE,
    }
    | {nature.value: nature for nature in HukouNature}
)
_EDUCATION = readers.choice(
    {
        "研究生": Education.POSTGRADUATE,
        "大学本科": Education.BACHELOR,
        "本科": Education.BACHELOR,
        "大学专科": Education.COLLEGE,
        "大专": Education.COLLEGE,
        "中专": Education.VOCATIONAL,
        "高中": Education.HIGH_SCHOOL,
        "初中": Education.MIDDLE_SCHOOL,
        "小学": Education.PRIMARY,
        "其他": Education.OTHER,
    }
    | {stage.value: stage for stage in Education}
)
_MARITAL = readers.choice(
    {
        "未婚": Marital.UNMARRIED,
        "已婚": Marital.MARRIED,
        "初婚": Marital.FIRST_MARRIAGE,
        "再婚": Marital.REMARRIED,
        "复婚": Marital.RESTORED,
        "丧偶": Marital.WIDOWED,
        "离婚": Marital.DIVORCED,
        "离异": Marital.DIVORCED,
        "未说明": Marital.NOT_STATED,
    }
    | {status.value: status for status in Marital}
)

PERSON_COLUMNS = (
    Column("name", ("姓名",), readers.text(60)),
    Column("id_no", ("身份证号", "身份证号码", "公民身份号码"), chinese.resident_id),
    Column("sex", ("性别",), chinese.sex, required=False),
    Column("born_on", ("出生日期", "出生年月日"), readers.day, required=False),
    Column("phone", ("联系电话", "电话", "手机", "手机号"), chinese.telephone, required=False),
    Column("family_phone", ("家属电话", "紧急联系电话"), chinese.telephone, required=False),
    Column("relation", ("与老人关系", "家属关系", "关系"), readers.text(20), required=False),
    Column("address", ("住址", "家庭住址", "地址", "居住地址"), readers.text(200)),
    Column("division", ("区划代码", "社区", "所属社区", "区划"), readers.text(60)),
    *chinese.place_columns(),
    Column("health_note", ("健康备注", "健康状况", "备注"), readers.text(1000), required=False),
    Column("bank_account", ("银行账号", "银行卡号"), readers.code(40), required=False),
    Column("died_on", ("死亡日期",), readers.day, required=False),
    Column("hukou_nature", ("户口性质", "户口类型"), _HUKOU, required=False),
    Column("hukou_place", ("户籍地代码", "户籍地"), division_code, required=False),
    Column("education", ("文化程度", "学历"), _EDUCATION, required=False),
    Column("marital", ("婚姻状况", "婚姻"), _MARITAL, required=False),
)
IMPORTED = "import"
"""The source of facts that came with a list of people."""


async def telephones(work: Work, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns that complete telephone numbers by the district's area code."""
    return chinese.with_area_code(columns, (await rules.read(work.session, AreaCode, at=work.now)).value)


async def check_people(work: Work, sheet: Sheet) -> dict[ImportRow, UUID]:
    """Ask of every row what one cell cannot tell: contradictions, the living, the known, places and divisions.

    A division given by its name is replaced by its code in the row. Returns the rows that say what is on record
    already, each with its person; a row that says something else of a registered person is a fault.
    """
    sheet.no_duplicates("id_no", lambda resident: resident.number)
    return await check_rows(work, sheet, sheet.rows)


async def check_rows(work: Work, sheet: Sheet, rows: Sequence[ImportRow]) -> dict[ImportRow, UUID]:
    """Do what `check_people` does for some rows of a sheet whose resident IDs are no duplicates."""
    numbers = [row["id_no"].number for row in rows if row.get("id_no")]
    registered = await queries.ids_by_id_no(work, numbers)
    dead = await queries.dead_among(work, registered.values())
    names = await division_names(work)
    same: dict[ImportRow, UUID] = {}
    for row in rows:
        check_identity(sheet, row)
        resident: ResidentId | None = row.get("id_no")
        if resident is not None and resident.number in registered:
            if registered[resident.number] in dead:
                sheet.fault(row, "id_no", PersonDead())
            else:
                same[row] = registered[resident.number]
        if resident is not None and resident.born_on > clock.day_of(work.now):
            sheet.fault(row, "id_no", PersonNotBorn())
        if row.get("died_on") is not None:
            sheet.fault(row, "died_on", PersonDead())
        check_place(sheet, row)
        if row.get("division") is not None:
            try:
                row.values["division"] = resolve_division(names, row["division"])
            except Refusal as refusal:
                sheet.fault(row, "division", refusal)
    records = await listed.records(work, same.values())
    for row, person_id in list(same.items()):
        if not row.sound(*(column.name for column in PERSON_COLUMNS)):
            del same[row]  # what is wrong with it has been said
            continue
        names_of_columns = listed.differing(records[person_id], row.values)
        if sheet.differs(row, [name for name in names_of_columns if sheet.says(row, name)]):
            sheet.fault(row, "id_no", PersonTaken())
            del same[row]
    return same


def check_identity(sheet: Sheet, row: ImportRow) -> None:
    """Note where sex or birth date contradict the resident ID of the row."""
    resident: ResidentId | None = row.get("id_no")
    if resident is None:
        return
    if row.get("sex") not in {None, resident.sex}:
        sheet.fault(row, "sex", SexContradicts())
    if row.get("born_on") not in {None, resident.born_on}:
        sheet.fault(row, "born_on", BirthContradicts())


def check_place(sheet: Sheet, row: ImportRow) -> None:
    """Note where latitude and longitude together are no place in China."""
    latitude, longitude = row.get("latitude"), row.get("longitude")
    if latitude is None or longitude is None:
        return
    try:
        geo.place_in_china(latitude, longitude)
    except Refusal as refusal:
        sheet.fault(row, "latitude", refusal)


async def division_names(work: Work) -> dict[str, list[str]]:
    """Return today's divisions by code, by name and by the codes they had before: word → codes that go by it."""
    names: dict[str, list[str]] = defaultdict(list)
    for division in await queries.divisions(work, work.now):
        names[division.code].append(division.code)
        for name in {folded(name) for name in short_names(division.name)}:
            names[name].append(division.code)
    for old, codes in (await queries.current_codes(work, work.now)).items():
        names.setdefault(old, codes)
    return names


def short_names(name: str) -> Iterable[str]:
    """Return a division's full name and what people call it: 大化社区居民委员会 is also 大化社区 and 大化社区居委会."""
    yield name
    for tail, shorter in (("居民委员会", "居委会"), ("村民委员会", "村委会"), ("村民委员会", "村")):
        if name.endswith(tail):
            yield name.removesuffix(tail) + shorter
    if name.endswith("社区居民委员会"):
        yield name.removesuffix("居民委员会")


def resolve_division(names: Mapping[str, list[str]], word: str) -> str:
    """Return the 12-digit code of a code or name; refuses `division.unknown`, `division.ambiguous` and its shape."""
    code = division_code(word) if word[:1].isdigit() else word
    codes = names.get(code) or names.get(folded(word), [])
    if not codes:
        raise DivisionUnknown(division=code)
    if len(codes) > 1:
        raise DivisionAmbiguous(division=code)
    return codes[0]


def new_person(row: ImportRow) -> NewPerson:
    """Turn a row without faults into what `register_people` takes."""
    family = row.get("family_phone")
    return NewPerson(
        name=row["name"],
        id_no=row["id_no"].number,
        phone=row.get("phone"),
        address=row["address"],
        division_code=row["division"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        datum=row["datum"],
        contacts=(ContactFacts(ContactKind.FAMILY, family, row.get("relation")),) if family else (),
        health_note=row.get("health_note"),
        bank_account=row.get("bank_account"),
        facts={kind: row[kind.value] for kind in FactKind if row.get(kind.value) is not None},
        facts_source=IMPORTED,
    )
