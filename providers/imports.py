"""Take in lists of companies, workers and services: every fault named, and all rows or none."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from events.work import Work
from kit import clock, geo
from kit.china import columns as chinese
from kit.china.identifiers import ResidentId, read_division_code
from kit.geo import Datum
from kit.imports import columns
from kit.imports.columns import Column, ImportRow, Outcome, Sheet
from kit.imports.tables import Grid
from kit.refusal import Refusal
from providers.catalogue import operations as catalogue
from providers.catalogue.model import Item, ItemCategory
from providers.catalogue.operations import ItemFacts, ItemTaken, ItemUnknown
from providers.roster import bank_accounts, calendar, cells, hiring, operations
from providers.roster import queries as roster
from providers.roster.hiring import CertificateExpired, CertificateTaken, NewWorker, Paper, ShiftInvalid, ShiftOverlaps
from providers.roster.model import Company, Worker, WorkerState
from providers.roster.operations import ContractInvalid, ContractUnlicensed, NewCompany, NewContract

_ALL = "全部"

COMPANY_COLUMNS = (
    Column("uscc", ("统一社会信用代码", "信用代码"), chinese.uscc),
    Column("name", ("企业名称", "名称"), columns.text(100)),
    Column("grade", ("等级", "考核等级"), cells.grade, required=False),
    Column("medical_licence", ("医疗许可证号", "医疗执业许可"), columns.code(40), required=False),
    Column("medical_licence_until", ("医疗许可有效期至", "许可有效期至"), columns.day, required=False),
    Column("phone", ("联系电话", "电话"), chinese.telephone(), required=False),
    Column("bank_account", ("银行账号",), bank_accounts.read, required=False),
    Column("contract_from", ("合同开始", "合同起"), columns.day, required=False),
    Column("contract_to", ("合同结束", "合同止"), columns.day, required=False),
    Column("monthly_capacity", ("月产能", "月服务能力"), columns.integer(0, 1_000_000), required=False, default=0),
    Column("share_target", ("份额", "目标份额"), cells.share, required=False, default=0.0),
    Column("items", ("服务项目",), columns.several(columns.code(8)), required=False, default=[]),
    Column(
        "divisions",
        ("服务区划", "服务区域"),
        columns.several(lambda cell: read_division_code(columns.narrow(cell))),
        required=False,
        default=[],
    ),
)


async def companies(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in companies; those with a contract begin to serve at once, the others stay admitted."""
    sheet = columns.typed(grid, COMPANY_COLUMNS, mapping)
    sheet.no_duplicates("uscc")
    sheet.no_duplicates("bank_account")
    admitted_codes = set((await work.session.execute(select(Company.uscc))).scalars())
    medical = {row.code: row.medical for row in await work.session.execute(select(Item.code, Item.medical))}
    accounts = {
        row.number: work.vault.blind("bank_account", row["bank_account"])
        for row in sheet.rows
        if row.get("bank_account")
    }
    taken = await bank_accounts.taken(work, list(accounts.values()))
    for row in sheet.rows:
        if accounts.get(row.number) in taken:
            sheet.fault(row, "bank_account", bank_accounts.BankAccountTaken())
        if row.get("uscc") in admitted_codes:
            sheet.fault(row, "uscc", operations.CompanyTaken(uscc=row["uscc"]))
        until: date | None = row.get("medical_licence_until")
        if until is not None and until < clock.day_of(work.now):
            sheet.fault(row, "medical_licence_until", CertificateExpired(skill=row.get("medical_licence") or ""))
        _check_contract(sheet, row, medical)
    if sheet.faults:
        return sheet.outcome(0)
    ids = await operations.admit_companies(work, [_company(row) for row in sheet.rows])
    signed = [
        _contract(row, provider_id, tuple(medical))
        for row, provider_id in zip(sheet.rows, ids, strict=True)
        if row.get("contract_from")
    ]
    await operations.sign_contracts(work, signed)
    await operations.activate_companies(work, provider_ids=[contract.provider_id for contract in signed])
    return sheet.outcome(len(ids))


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


WORKER_COLUMNS = (
    Column("uscc", ("企业信用代码", "统一社会信用代码", "所属企业"), chinese.uscc),
    Column("name", ("姓名",), columns.text(60)),
    Column("id_no", ("身份证号", "身份证号码"), chinese.resident_id),
    Column("sex", ("性别",), chinese.sex, required=False),
    Column("phone", ("联系电话", "电话", "手机"), chinese.telephone(), required=False),
    Column("latitude", ("纬度",), columns.degrees),
    Column("longitude", ("经度",), columns.degrees),
    Column("datum", ("坐标系",), chinese.datum, required=False, default=Datum.WGS84),
    Column("transport", ("交通方式", "交通工具"), cells.transport, required=False, default=cells.transport("ebike")),
    Column("max_minutes", ("日工时上限分钟", "日工时上限"), columns.integer(1, 1440), required=False, default=480),
    Column("papers", ("证书",), cells.certificates, required=False, default=()),
    Column("shifts", ("班次",), cells.shifts, required=False, default=()),
)


async def workers(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in the workers of companies that are in the programme."""
    sheet = columns.typed(grid, WORKER_COLUMNS, mapping)
    sheet.no_duplicates("id_no", lambda resident: resident.number)
    companies = {row.uscc: row.id for row in await work.session.execute(select(Company.uscc, Company.id))}
    query = select(Worker.id_blind).where(Worker.state == WorkerState.ACTIVE)
    at_work = set((await work.session.execute(query)).scalars())
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
            if work.vault.blind("resident_id", resident.number) in at_work:
                sheet.fault(row, "id_no", hiring.WorkerTaken())
        _check_place(sheet, row)
        _check_papers(sheet, row, taken, clock.day_of(work.now))
        _check_shifts(sheet, row)
    if sheet.faults:
        return sheet.outcome(0)
    hired = await hiring.hire_workers(work, [_worker(row, companies[row["uscc"]]) for row in sheet.rows])
    return sheet.outcome(len(hired))


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


_CATEGORIES = columns.choice(
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
    Column("code", ("项目编码", "编码"), columns.code(8)),
    Column("category", ("类别", "分类"), _CATEGORIES),
    Column("name", ("项目名称", "名称"), columns.text(60)),
    Column("unit", ("单位",), columns.text(10)),
    Column("minutes", ("标准时长", "时长"), columns.integer(1, 1440)),
    Column("skill", ("技能", "技能要求"), cells.skill),
    Column("fen", ("单价", "价格"), columns.yuan),
    Column("two_person_from_level", ("双人服务起始等级",), columns.integer(0, 4), required=False),
    Column("window", ("服务时段",), cells.window, required=False, default=(0, 1440)),
    Column("medical", ("医疗项目", "须医疗许可"), columns.yes_no, required=False, default=False),
    Column("counted", ("计入目录",), columns.yes_no, required=False, default=True),
    Column("valid_from", ("生效日期", "价格生效日期"), columns.day, required=False),
)


async def items(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Take in services; for one that is known, a row with a day is its price from that day on."""
    sheet = columns.typed(grid, ITEM_COLUMNS, mapping)
    sheet.no_duplicates("code")
    known_codes = set((await work.session.execute(select(Item.code))).scalars())
    for row in sheet.rows:
        if row.get("code") in known_codes and row.get("valid_from") is None:
            sheet.fault(row, "code", ItemTaken(item=row["code"]))
    if sheet.faults:
        return sheet.outcome(0)
    for row in sheet.rows:
        if row["code"] in known_codes:
            await catalogue.set_price(work, item_code=row["code"], fen=row["fen"], valid_from=row["valid_from"])
        else:
            begins = row.get("valid_from") or catalogue.PRICED_FROM
            await catalogue.add_items(work, [_item(row)], active_from=begins)
    return sheet.outcome(len(sheet.rows))


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
