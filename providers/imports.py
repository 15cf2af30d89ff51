"""Take in lists of companies, workers and services: every fault named, and all rows or none."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from events.work import Work
from kit import clock, geo
from kit.china import columns as chinese
from kit.china.identifiers import DivisionCodeShape, ResidentId, read_division_code
from kit.china.rules import AreaCode
from kit.imports import columns, readers
from kit.imports.column import Column
from kit.imports.columns import ImportRow, Outcome, Sheet
from kit.imports.grid import Grid
from kit.imports.readers import reads
from kit.refusal import Refusal
from kit.rules import queries as rules
from providers.catalogue import operations as catalogue
from providers.catalogue import queries as prices
from providers.catalogue.model import Item, ItemCategory
from providers.catalogue.operations import ItemFacts, ItemTaken, ItemUnknown
from providers.roster import bank_accounts, calendar, cells, hiring, listed, operations
from providers.roster import queries as roster
from providers.roster.hiring import CertificateExpired, CertificateTaken, NewWorker, Paper, ShiftInvalid, ShiftOverlaps
from providers.roster.model import Company, Worker, WorkerState
from providers.roster.operations import ContractInvalid, ContractUnlicensed, NewCompany, NewContract

_ALL = "全部"

_PERCENT = dict.fromkeys(("%", "百分比", "百分数"), cells.percent)


@reads(
    "区划代码，2、4、6、9 或 12 位",
    "a division code of 2, 4, 6, 9 or 12 digits",
    DivisionCodeShape.code,
    readers.FullWidth.code,
)
def _division(cell: str) -> str:
    return read_division_code(readers.narrow(cell))


COMPANY_COLUMNS = (
    Column("uscc", ("统一社会信用代码", "信用代码"), chinese.uscc),
    Column("name", ("企业名称", "名称"), readers.text(100)),
    Column("grade", ("等级", "考核等级"), cells.grade, required=False),
    Column("medical_licence", ("医疗许可证号", "医疗执业许可"), readers.code(40), required=False),
    Column("medical_licence_until", ("医疗许可有效期至", "许可有效期至"), readers.day, required=False),
    Column("phone", ("联系电话", "电话"), chinese.telephone, required=False),
    Column("bank_account", ("银行账号",), bank_accounts.read, required=False),
    Column("contract_from", ("合同开始", "合同起"), readers.day, required=False),
    Column("contract_to", ("合同结束", "合同止"), readers.day, required=False),
    Column("monthly_capacity", ("月产能", "月服务能力"), readers.integer(0, 1_000_000), required=False, default=0),
    Column("share_target", ("份额", "目标份额"), cells.share, required=False, default=0.0, units=_PERCENT),
    Column("items", ("服务项目",), readers.several(readers.code(8)), required=False, default=[]),
    Column(
        "divisions",
        ("服务区划", "服务区域"),
        readers.several(_division),
        required=False,
        default=[],
    ),
)


async def companies(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in companies; those with a contract begin to serve at once, the others stay admitted."""
    sheet = columns.typed(grid, await _telephones(work, COMPANY_COLUMNS), mapping)
    sheet.no_duplicates("uscc")
    sheet.no_duplicates("bank_account")
    admitted = {row.uscc: row for row in await roster.companies(work)}
    medical = {row.code: row.medical for row in await work.session.execute(select(Item.code, Item.medical))}
    same = await _companies_on_record(work, sheet, admitted, tuple(medical))
    accounts = {
        row: work.vault.blind("bank_account", row["bank_account"]) for row in sheet.rows if row.get("bank_account")
    }
    taken = await bank_accounts.taken(work, list(accounts.values()))
    for row in sheet.rows:
        if row in same:
            continue
        if accounts.get(row) in taken:
            sheet.fault(row, "bank_account", bank_accounts.BankAccountTaken())
        if row.get("uscc") in admitted:
            sheet.fault(row, "uscc", operations.CompanyTaken(uscc=row["uscc"]))
        until: date | None = row.get("medical_licence_until")
        if until is not None and until < clock.day_of(work.now):
            sheet.fault(row, "medical_licence_until", CertificateExpired(skill=row.get("medical_licence") or ""))
        _check_contract(sheet, row, medical)
    if sheet.faults:
        return sheet.outcome(0)
    fresh = [row for row in sheet.rows if row not in same]
    ids = await operations.admit_companies(work, [_company(row) for row in fresh])
    signed = [
        _contract(row, provider_id, tuple(medical))
        for row, provider_id in zip(fresh, ids, strict=True)
        if row.get("contract_from")
    ]
    await operations.sign_contracts(work, signed)
    await operations.activate_companies(work, provider_ids=[contract.provider_id for contract in signed])
    return sheet.outcome(len(ids), on_record=len(same))


async def _telephones(work: Work, declared: Iterable[Column]) -> tuple[Column, ...]:
    return chinese.with_area_code(declared, (await rules.read(work.session, AreaCode, at=work.now)).value)


async def _companies_on_record(
    work: Work, sheet: Sheet, admitted: Mapping[str, Company], every_item: tuple[str, ...]
) -> set[ImportRow]:
    """Return the rows that say of an admitted company what is on record of it."""
    same = set()
    for row in sheet.rows:
        company = admitted.get(row.get("uscc") or "")
        if company is None or not row.sound(*sheet.titles):
            continue
        values = row.values | ({"items": list(every_item)} if _ALL in row["items"] else {})
        names = await listed.company_differs(work, company, values)
        if not sheet.differs(row, [name for name in names if sheet.says(row, name)]):
            same.add(row)
    return same


def _check_contract(sheet: Sheet, row: ImportRow, medical: Mapping[str, bool]) -> None:
    begins: date | None = row.get("contract_from")
    ends: date | None = row.get("contract_to")
    if (begins is None and ends is None) or not row.sound("contract_from", "contract_to"):
        return
    if begins is None or ends is None or ends <= begins:
        sheet.fault(row, "contract_to", ContractInvalid())
    for name in ("items", "divisions"):
        if row.get(name) == []:
            sheet.fault(row, name, columns.Blank())
    for item in row.get("items") or []:
        if item not in medical and item != _ALL:
            sheet.fault(row, "items", ItemUnknown(item=item))
        elif medical.get(item) and row.sound("medical_licence") and not row["medical_licence"]:
            sheet.fault(row, "items", ContractUnlicensed(item=item))


def _company(row: ImportRow) -> NewCompany:
    return NewCompany(
        uscc=row["uscc"],
        name=row["name"],
        grade=row.get("grade"),
        medical_licence=row.get("medical_licence"),
        medical_licence_until=row.get("medical_licence_until"),
        phone=row.get("phone"),
        bank_account=row.get("bank_account"),
    )


def _contract(row: ImportRow, provider_id: UUID, every_item: tuple[str, ...]) -> NewContract:
    return NewContract(
        provider_id=provider_id,
        valid_from=row["contract_from"],
        valid_to=row["contract_to"],
        monthly_capacity=row["monthly_capacity"],
        share_target=row["share_target"],
        item_codes=every_item if _ALL in row["items"] else tuple(row["items"]),
        division_codes=tuple(row["divisions"]),
    )


_MINUTES = readers.integer(1, 1440)
_TIMES = dict.fromkeys(("分钟", "分", "min", "minute", "minutes"), _MINUTES) | dict.fromkeys(
    ("小时", "时", "h", "hour", "hours"), readers.hours(1, 1440)
)
_MONEY = dict.fromkeys(("元", "人民币", "yuan", "cny", "rmb"), readers.yuan) | dict.fromkeys(("分", "fen"), readers.fen)

WORKER_COLUMNS = (
    Column("uscc", ("企业信用代码", "统一社会信用代码", "所属企业"), chinese.uscc),
    Column("name", ("姓名",), readers.text(60)),
    Column("id_no", ("身份证号", "身份证号码"), chinese.resident_id),
    Column("sex", ("性别",), chinese.sex, required=False),
    Column("phone", ("联系电话", "电话", "手机"), chinese.telephone, required=False),
    *chinese.place_columns(),
    Column("transport", ("交通方式", "交通工具"), cells.transport, required=False, default=cells.transport("ebike")),
    Column("max_minutes", ("日工时上限分钟", "日工时上限"), _MINUTES, required=False, default=480, units=_TIMES),
    Column("papers", ("证书",), cells.certificates, required=False, default=()),
    Column("shifts", ("班次",), cells.shifts, required=False, default=()),
)


async def workers(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in the workers of companies that are in the programme."""
    sheet = columns.typed(grid, await _telephones(work, WORKER_COLUMNS), mapping)
    sheet.no_duplicates("id_no", lambda resident: resident.number)
    companies = {row.uscc: row.id for row in await work.session.execute(select(Company.uscc, Company.id))}
    active = select(Worker).where(Worker.state == WorkerState.ACTIVE)
    at_work = {
        (worker.provider_id, worker.id_blind): worker for worker in (await work.session.execute(active)).scalars()
    }
    elsewhere = {blind for _, blind in at_work}
    same: set[ImportRow] = set()
    papers = [paper for row in sheet.rows for paper in row.get("papers") or ()]
    taken = await hiring.papers_taken(
        work, [paper.number for paper in papers], [(paper.skill, paper.number) for paper in papers]
    )
    for row in sheet.rows:
        resident: ResidentId | None = row.get("id_no")
        if row.get("uscc") is not None and row["uscc"] not in companies:
            sheet.fault(row, "uscc", roster.CompanyNotFound())
        if resident is not None:
            if row.get("sex") not in {None, resident.sex}:
                sheet.fault(row, "sex", hiring.WorkerSexContradicts())
            blind = work.vault.blind("resident_id", resident.number)
            provider_id = companies.get(row.get("uscc") or "")
            worker = at_work.get((provider_id, blind)) if provider_id is not None else None
            if worker is not None and row.sound(*sheet.titles):
                names = await listed.worker_differs(work, worker, row.values)
                if not sheet.differs(row, [name for name in names if sheet.says(row, name)]):
                    same.add(row)
                    continue
            if blind in elsewhere:
                sheet.fault(row, "id_no", hiring.WorkerTaken())
        _check_place(sheet, row)
        _check_papers(sheet, row, taken, clock.day_of(work.now))
        _check_shifts(sheet, row)
    if sheet.faults:
        return sheet.outcome(0)
    fresh = [row for row in sheet.rows if row not in same]
    hired = await hiring.hire_workers(work, [_worker(row, companies[row["uscc"]]) for row in fresh])
    return sheet.outcome(len(hired), on_record=len(same))


def _check_place(sheet: Sheet, row: ImportRow) -> None:
    if row.get("latitude") is None or row.get("longitude") is None:
        return
    try:
        geo.place_in_china(row["latitude"], row["longitude"])
    except Refusal as refusal:
        sheet.fault(row, "latitude", refusal)


def _check_papers(sheet: Sheet, row: ImportRow, taken: set[tuple[object, object]], today: date) -> None:
    papers: tuple[Paper, ...] = row.get("papers") or ()
    for paper in papers:
        if paper.expires_on < today or paper.expires_on < paper.valid_from:
            sheet.fault(row, "papers", CertificateExpired(skill=paper.skill.value))
        if (paper.skill, paper.number) in taken:
            sheet.fault(row, "papers", CertificateTaken())
        taken.add((paper.skill, paper.number))


def _check_shifts(sheet: Sheet, row: ImportRow) -> None:
    shifts: tuple[calendar.Hours, ...] = row.get("shifts") or ()
    for place, hours in enumerate(shifts):
        try:
            hiring.check_shift(hours, shifts[:place])
        except (ShiftInvalid, ShiftOverlaps) as refusal:
            sheet.fault(row, "shifts", refusal)


def _worker(row: ImportRow, provider_id: UUID) -> NewWorker:
    resident: ResidentId = row["id_no"]
    return NewWorker(
        provider_id=provider_id,
        name=row["name"],
        sex=resident.sex,
        latitude=row["latitude"],
        longitude=row["longitude"],
        datum=row["datum"],
        transport=row["transport"],
        max_minutes=row["max_minutes"],
        id_no=resident.number,
        phone=row.get("phone"),
        papers=row["papers"],
        shifts=row["shifts"],
    )


_CATEGORIES = readers.choice(
    {
        "营养餐配送": ItemCategory.MEALS,
        "生活照料": ItemCategory.DAILY_LIVING,
        "康复保健": ItemCategory.REHABILITATION,
        "护理": ItemCategory.NURSING,
        "助医": ItemCategory.MEDICAL_ERRANDS,
        "急助": ItemCategory.URGENT,
    }
    | {category.value: category for category in ItemCategory}
)

ITEM_COLUMNS = (
    Column("code", ("项目编码", "编码"), readers.code(8)),
    Column("category", ("类别", "分类"), _CATEGORIES),
    Column("name", ("项目名称", "名称"), readers.text(60)),
    Column("unit", ("单位",), readers.text(10)),
    Column("minutes", ("标准时长", "时长"), _MINUTES, units=_TIMES),
    Column("skill", ("技能", "技能要求"), cells.skill),
    Column("fen", ("单价", "价格"), readers.yuan, units=_MONEY),
    Column("two_person_from_level", ("双人服务起始等级",), readers.integer(0, 4), required=False),
    Column("window", ("服务时段",), cells.window, required=False, default=(0, 1440)),
    Column("medical", ("医疗项目", "须医疗许可"), readers.yes_no, required=False, default=False),
    Column("counted", ("计入目录",), readers.yes_no, required=False, default=True),
    Column("valid_from", ("生效日期", "价格生效日期"), readers.day, required=False),
)


async def items(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in services; for one that is known, a row with a day proposes its price, which a second person confirms."""
    sheet = columns.typed(grid, ITEM_COLUMNS, mapping)
    sheet.no_duplicates("code")
    there = {item.code: item for item in (await work.session.execute(select(Item))).scalars()}
    same: set[ImportRow] = set()
    unchanged: set[ImportRow] = set()
    for row in sheet.rows:
        item = there.get(row.get("code") or "")
        if item is None or not row.sound(*sheet.titles):
            if item is not None and row.get("valid_from") is None:
                sheet.fault(row, "code", ItemTaken(item=item.code))
            continue
        differs = sheet.differs(row, _differing(sheet, row, item))
        begins: date | None = row["valid_from"]
        in_force = await prices.price(work, item.code, begins or catalogue.PRICED_FROM)
        if begins is None and (differs or in_force != row["fen"]):
            sheet.fault(row, "code", ItemTaken(item=item.code))
        elif begins is None:
            same.add(row)
        elif in_force == row["fen"] and begins in {
            entry.valid_from for entry in await prices.price_history(work, item.code)
        }:
            unchanged.add(row)
    if sheet.faults:
        return sheet.outcome(0)
    for row in sheet.rows:
        if row in same or row in unchanged:
            continue
        if row["code"] in there:
            await catalogue.propose_price(work, item_code=row["code"], fen=row["fen"], valid_from=row["valid_from"])
        else:
            begins = row.get("valid_from") or catalogue.PRICED_FROM
            await catalogue.add_items(work, [_item(row)], active_from=begins)
    written = len(sheet.rows) - len(same) - len(unchanged)
    return sheet.outcome(written, on_record=len(same), unchanged=len(unchanged))


def _differing(sheet: Sheet, row: ImportRow, item: Item) -> list[str]:
    """Return the columns, but for the price, in which a row says something else than the item on record."""
    there = {
        "category": item.category,
        "name": item.name,
        "unit": item.unit,
        "minutes": item.minutes,
        "skill": item.skill,
        "two_person_from_level": item.two_person_from_level,
        "window": (item.window_from, item.window_to),
        "medical": item.medical,
        "counted": item.counted,
    }
    return [name for name, value in there.items() if sheet.says(row, name) and row[name] != value]


def _item(row: ImportRow) -> ItemFacts:
    return ItemFacts(
        code=row["code"],
        category=row["category"],
        name=row["name"],
        unit=row["unit"],
        minutes=row["minutes"],
        skill=row["skill"],
        fen=row["fen"],
        two_person_from_level=row.get("two_person_from_level"),
        window_from=row["window"][0],
        window_to=row["window"][1],
        medical=row["medical"],
        counted=row["counted"],
    )
