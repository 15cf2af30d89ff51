"""Bad lists of companies, workers, services and divisions: all named, none taken in."""

from datetime import date

from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.china.identifiers import compose_uscc
from kit.rules import pending
from providers.catalogue import operations as prices
from providers.catalogue import queries as catalogue
from providers.roster import queries as roster
from providers.roster.model import Company, CompanyState, Worker
from registry.model import Division
from tests.journeys.lists import counted, csv_bytes, found_district, id_no, take

COMPANY = [
    "统一社会信用代码",
    "企业名称",
    "等级",
    "医疗许可证号",
    "许可有效期至",
    "合同开始",
    "合同结束",
    "月产能",
    "份额",
    "服务项目",
    "服务区划",
]


def company(sequence: int, **cells: str) -> list[str]:
    row = {
        "统一社会信用代码": compose_uscc(area="130999", sequence=sequence),
        "企业名称": f"企业{sequence}",
        "等级": "A",
        "医疗许可证号": "",
        "许可有效期至": "",
        "合同开始": "2026-01-01",
        "合同结束": "2027-01-01",
        "月产能": "500",
        "份额": "20%",
        "服务项目": "A01、B01、B03",
        "服务区划": "130903001；130903100",
    }
    return list((row | cells).values())


async def test_companies_and_their_contracts_come_in_or_are_named(works: Works) -> None:
    await found_district(works)
    good = [company(1), company(2, 服务项目="全部", 医疗许可证号="X-1", 许可有效期至="2027-01-01")]
    outcome = await take(works, "providers", csv_bytes(COMPANY, good, "gbk"))
    assert (outcome.faults, outcome.written) == ([], 2)
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        first, second = await roster.contracts(work, on=date(2026, 3, 2))
        assert (first.covers("B03", "130903100201"), first.share_target, first.monthly_capacity) == (True, 0.2, 500)
        assert second.covers("D03", "130903001007")
        assert [row.state for row in await roster.companies(work)] == [CompanyState.ACTIVE] * 2
    bad_code = compose_uscc(area="130999", sequence=9)
    bad_code = bad_code[:17] + ("0" if bad_code[17] != "0" else "1")
    planted = {
        2: (company(1, 份额="30%"), "company.taken"),
        3: (company(3, 统一社会信用代码=bad_code), "uscc.checksum"),
        4: (company(3, 统一社会信用代码="123"), "uscc.shape"),
        5: (company(4, 合同结束="2025-01-01"), "contract.invalid"),
        6: (company(5, 月产能="-5"), "cell.out_of_bounds"),
        7: (company(6, 份额="120%"), "cell.out_of_bounds"),
        8: (company(7, 服务项目="A01、Z99"), "item.unknown"),
        9: (company(8, 服务项目="D03"), "contract.unlicensed"),
        10: (company(10, 医疗许可证号="X", 许可有效期至="2025-12-31"), "certificate.expired"),
        11: (company(11, 服务区划="运河"), "division_code.shape"),
        12: (company(12, 等级="E"), "cell.not_a_choice"),
        13: (company(12), "table.duplicate"),
        14: (company(13, 服务项目=""), "cell.blank"),
    }
    outcome = await take(works, "providers", csv_bytes(COMPANY, [row for row, _ in planted.values()]))
    assert {(fault.row, fault.code) for fault in outcome.faults} == {(n, code) for n, (_, code) in planted.items()}
    assert await counted(works, Company) == [2]


WORKER = [
    "企业信用代码",
    "姓名",
    "身份证号",
    "性别",
    "电话",
    "纬度",
    "经度",
    "交通方式",
    "日工时上限（分钟）",
    "证书",
    "班次",
]


def worker(sequence: int, **cells: str) -> list[str]:
    row = {
        "企业信用代码": compose_uscc(area="130999", sequence=1),
        "姓名": f"员工{sequence}",
        "身份证号": id_no(sequence, date(1985, 1, 1)),
        "性别": "",
        "电话": f"1360000{sequence:04d}",
        "纬度": "38.3",
        "经度": "116.8",
        "交通方式": "电动车",
        "日工时上限": "480",
        "证书": f"护理员 H-{sequence} 2025-01-01 2027-01-01；S0 J-{sequence} 2025.1.1 2026年12月31日",
        "班次": "周一至周五 08:00-17:00 休12:00-13:00；周六 22:00-次日06:00",
    }
    return list((row | cells).values())


async def test_workers_come_in_with_papers_and_hours_or_are_named(works: Works) -> None:
    await found_district(works)
    assert not (await take(works, "providers", csv_bytes(COMPANY, [company(1)]))).faults
    outcome = await take(works, "workers", csv_bytes(WORKER, [worker(1), worker(2)]))
    assert (outcome.faults, outcome.written) == ([], 2)
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        first, _ = await roster.workers(work, provider_id=(await roster.companies(work))[0].id)
        assert {paper.skill for paper in await roster.certificates_of(work, first.id)} == {"S0", "S1"}
        weekdays, saturday = sorted(await roster.shifts_of(work, first.id), key=lambda shift: shift.from_minute)
        assert (weekdays.weekdays, weekdays.break_from, weekdays.break_to) == (0b0011111, 720, 780)
        assert (saturday.weekdays, saturday.from_minute, saturday.to_minute) == (0b0100000, 1320, 1800)
    planted = {
        2: (worker(1, 证书="", 电话="13600009999"), "worker.taken"),
        3: (worker(3, 企业信用代码=compose_uscc(area="130999", sequence=7)), "company.not_found"),
        4: (worker(5, 性别="女"), "worker.sex_contradicts"),
        5: (worker(7, 证书="护理员 H-7 2024-01-01 2025-12-31"), "certificate.expired"),
        6: (worker(9, 证书="飞行员 H-9 2025-01-01 2027-01-01"), "skill.unknown"),
        7: (worker(11, 证书="护理员 H-11"), "certificate.unreadable"),
        8: (worker(13, 证书="护理员 H-1 2025-01-01 2027-01-01"), "certificate.taken"),
        9: (worker(15, 班次="周一至周五 08:00-17:00；周三 16:00-20:00"), "shift.overlaps"),
        10: (worker(17, 班次="周一至周五 08:00-25:30"), "cell.impossible_time"),
        11: (worker(19, 班次="天天上班"), "shift.unreadable"),
        12: (worker(21, 班次="周一 08:00-12:00 休07:00-07:30"), "shift.invalid"),
        13: (worker(23, 日工时上限="-480"), "cell.out_of_bounds"),
        14: (worker(25, 纬度="116.8", 经度="38.3"), "place.swapped"),
        15: (worker(27, 交通方式="飞机"), "cell.not_a_choice"),
    }
    outcome = await take(works, "workers", csv_bytes(WORKER, [row for row, _ in planted.values()]))
    assert {(fault.row, fault.code) for fault in outcome.faults} == {(n, code) for n, (_, code) in planted.items()}
    assert await counted(works, Worker) == [2]


async def test_the_catalogue_takes_new_items_and_later_prices(works: Works) -> None:
    await found_district(works)
    header = ["项目编码", "类别", "项目名称", "单位", "标准时长", "技能", "单价(元)", "服务时段", "生效日期"]
    new = ["B09", "生活照料", "擦窗", "次", "60", "普通", "35.50", "08:00-18:00", ""]
    later = ["A01", "A", "午餐配送", "份", "10", "S0", "16", "", "2026-06-01"]
    assert (await take(works, "catalogue", csv_bytes(header, [new, later]))).written == 2
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        assert await catalogue.price(work, "B09", date(2026, 3, 2)) == 3550
        assert await catalogue.price(work, "A01", date(2026, 5, 31)) == 1500
        assert await catalogue.price(work, "A01", date(2026, 6, 1)) == 1500  # until a second person confirms it
        (change,) = (await work.session.execute(pending.waiting())).scalars()
        await prices.confirm_price(work, change)
        assert await catalogue.price(work, "A01", date(2026, 6, 1)) == 1600
    bad = [
        ["A01", "A", "x", "份", "10", "S0", "16", "", ""],
        ["B10", "F", "x", "份", "10", "S0", "16", "", ""],
        ["B11", "A", "x", "份", "0", "S0", "16", "", ""],
        ["B12", "A", "x", "份", "10", "S9", "16", "", ""],
        ["B13", "A", "x", "份", "10", "S0", "-16", "", ""],
        ["B14", "A", "x", "份", "10", "S0", "16.005", "", ""],
        ["B15", "A", "x", "份", "10", "S0", "16", "18:00-08:00", ""],
        ["B15", "A", "x", "份", "10", "S0", "16", "", "2026-13-01"],
    ]
    outcome = await take(works, "catalogue", csv_bytes(header, bad))
    assert [(fault.row, fault.code) for fault in outcome.faults] == [
        (2, "item.taken"),
        (3, "cell.not_a_choice"),
        (4, "cell.out_of_bounds"),
        (5, "skill.unknown"),
        (6, "cell.out_of_bounds"),
        (7, "money.not_an_amount"),
        (8, "cell.impossible_time"),
        (9, "cell.impossible_date"),
        (9, "table.duplicate"),
    ]


async def test_divisions_without_a_parent_or_twice_are_named(works: Works) -> None:
    await found_district(works)
    header = ["代码", "名称", "级别", "上级"]
    rows = [
        ["130903001", "又一个街道", "街道", "130903"],
        ["130903777001", "孤社区", "社区", "130903777"],
        ["130903888", "新镇", "镇", "130903"],
        ["130903888", "新镇", "镇", "130903"],
        ["13090388800", "短码", "村", "130903888"],
        ["130903889", "新州", "州", "130903"],
    ]
    outcome = await take(works, "divisions", csv_bytes(header, rows))
    assert [(fault.row, fault.code) for fault in outcome.faults] == [
        (2, "division.taken"),
        (3, "division.parent"),
        (5, "table.duplicate"),
        (6, "division_code.shape"),
        (7, "cell.not_a_choice"),
    ]
    assert await counted(works, Division) == [151]
