"""Lists of care requests: each row goes through the same verb as a telephone call, and all go in or none."""

from sqlalchemy import select

from dispatch.enrolment.model import WalletEntry
from dispatch.requests.model import CareRequest, Channel, RequestState
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from tests.journeys.lists import counted, csv_bytes, found_district, id_no, take
from tests.journeys.test_bad_imports import HEADER as PERSON_HEADER
from tests.journeys.test_bad_imports import person

HEADER = ["身份证号", "服务项目", "最早到达", "最晚到达", "数量", "紧急", "来电时间", "来源编号", "要求性别"]


def request(sequence: int, **cells: str) -> list[str]:
    row = {
        "身份证号": id_no(sequence),
        "服务项目": "B01",
        "最早到达": "2026-03-03 09:00",
        "最晚到达": "2026-03-03 10:00",
        "数量": "",
        "紧急": "",
        "来电时间": "2026-03-01 15:20",
        "来源编号": "",
        "要求性别": "",
    }
    return list((row | cells).values())


async def test_requests_come_in_by_code_or_name_and_all_or_none(works: Works) -> None:
    await found_district(works)
    people = [person(number) for number in range(1, 6)]
    assert (await take(works, "people", csv_bytes(PERSON_HEADER, people))).faults == []
    good = [request(1, 来源编号="K-1", 数量="2"), request(2, 服务项目="居室保洁", 要求性别="女"), request(3, 紧急="是")]
    rehearsed = await take(works, "requests", csv_bytes(HEADER, good, "gbk"), dry_run=True)
    assert (rehearsed.faults, rehearsed.written) == ([], 3)
    assert await counted(works, CareRequest, WalletEntry) == [0, 0]
    assert (await take(works, "requests", csv_bytes(HEADER, good, "gbk"))).written == 3
    async with works(Actor(role=Role.MANAGER, label="主管")) as work:
        first, second, third = (await work.session.execute(select(CareRequest).order_by(CareRequest.number))).scalars()
        assert (first.quantity, first.price_fen, first.channel) == (2, 6000, Channel.IMPORT)
        assert first.asked_at < first.entered_at
        assert (second.item_code, second.sex_wanted) == ("B01", "female")
        assert (third.urgent, third.state) == (True, RequestState.WAITING)
    held = await counted(works, WalletEntry)
    planted = {
        2: (request(4), None),
        3: (request(77), "person.not_found"),
        4: (request(4, 最早到达="2026-03-03 10:00", 最晚到达="2026-03-03 11:00"), "request.duplicate"),
        5: (request(5, 服务项目="B99"), "request.item_unknown"),
        6: (request(5, 最早到达="2026-03-03 03:00", 最晚到达="2026-03-03 04:00"), "request.outside_window"),
        7: (request(5, 最早到达="2026-02-03 09:00", 最晚到达="2026-02-03 10:00"), "request.past"),
        8: (request(5, 最晚到达="2026-03-03 08:00"), "request.window_invalid"),
        9: (request(901), "request.not_enrolled"),
        10: (request(5, 数量="0"), "cell.out_of_bounds"),
        11: (request(5, 最早到达="明天上午"), "cell.impossible_date"),
        12: (request(5, 服务项目="B03", 数量="3"), "request.over_quota"),
    }
    outcome = await take(works, "requests", csv_bytes(HEADER, [row for row, _ in planted.values()]))
    assert {(fault.row, fault.code) for fault in outcome.faults} == {
        (row, code) for row, (_, code) in planted.items() if code
    }
    assert outcome.written == 0
    assert await counted(works, CareRequest) == [3]
    assert await counted(works, WalletEntry) == held
    again = await take(works, "requests", csv_bytes(HEADER, [good[0]]))
    assert again.faults == []
    assert await counted(works, CareRequest) == [3]
