"""A month's statements, and what to hand to the bank for it, as .xlsx for whoever goes on calculating."""

from collections.abc import Sequence
from datetime import datetime

from kit import money
from kit.sheets import Cell, Sheet, Yuan, workbook
from providers.settlement.arithmetic import DeductionReason
from providers.settlement.files.content import SUMS, StatementContent, word
from providers.settlement.queries import PaymentRow

_NO_ACCOUNT, _OTHER_ACCOUNT = "复核时没有登记收款账户", "收款账户在复核之后变更，须再次复核"


def statements(papers: Sequence[StatementContent], *, made_at: datetime) -> bytes:
    """Write one statement or a month of them: a sheet of sums, one of all lines, one of the objections."""
    month = papers[0].statement.month
    return workbook([_sums(papers), _lines(papers), _disputes(papers)], title=f"结算单 {month}", made_at=made_at)


def _sums(papers: Sequence[StatementContent]) -> Sheet:
    totals = {name: sum(getattr(paper.statement, name) for paper in papers) for name in SUMS}
    rows: list[list[Cell]] = [
        [
            paper.company.name,
            paper.company.uscc,
            paper.statement.month,
            paper.state,
            paper.statement.lines,
            *(Yuan(getattr(paper.statement, name)) for name in SUMS),
            money.in_words(paper.statement.payable_fen),
            *(day for _, day in paper.steps()),
            str(paper.statement.id),
            paper.statement.content_hash,
            paper.log_head,
        ]
        for paper in papers
    ]
    total: list[Cell] = [
        "合计",
        None,
        None,
        None,
        sum(paper.statement.lines for paper in papers),
        *map(Yuan, totals.values()),
        money.in_words(totals["payable_fen"]),
    ]
    steps = [(name, 17) for name, _ in papers[0].steps()]
    columns = [
        ("企业", 24),
        ("统一社会信用代码", 21),
        ("月份", 9),
        ("状态", 12),
        ("行数", 7),
        *((name, 14) for name in SUMS.values()),
        ("审定金额大写", 30),
        *steps,
        ("结算单", 38),
        ("内容校验", 20),
        ("制单时的日志头", 20),
    ]
    return Sheet("结算单", columns, rows, total)


def _lines(papers: Sequence[StatementContent]) -> Sheet:
    """List every line of the papers; each reason that takes something off anywhere has a column."""
    taken = {
        reason for paper in papers for _, charge in paper.lines for reason, fen in charge.deductions.items() if fen
    }
    reasons = [reason for reason in DeductionReason if reason in taken]
    objections = {dispute.line_id: dispute for paper in papers for dispute in paper.disputes}
    rows: list[list[Cell]] = [
        [
            paper.company.name,
            line.position,
            charge.visited_on,
            charge.item_code,
            paper.item(charge.item_code),
            word("ChargeKind", charge.kind),
            charge.revision,
            charge.facts["quantity"],
            Yuan(charge.price_fen),
            Yuan(charge.claimed_fen),
            *(Yuan(charge.deductions.get(reason, 0)) for reason in reasons),
            *(Yuan(getattr(charge, name)) for name in ("deducted_fen", "payable_fen", "subsidised_fen", "own_fen")),
            word("DisputeState", objections[line.id].state) if line.id in objections else None,
            charge.rule_version,
            str(charge.visit_id),
        ]
        for paper in papers
        for line, charge in paper.lines
    ]
    places = range(8, 8 + 2 + len(reasons) + 4)
    total: list[Cell] = ["合计", *(None for _ in range(places.stop - 1))]
    for place in places[1:]:
        total[place] = Yuan(sum(value for row in rows if isinstance(value := row[place], Yuan)))
    columns = [
        ("企业", 24),
        ("序号", 6),
        ("服务日期", 12),
        ("项目代码", 9),
        ("项目", 20),
        ("类别", 7),
        ("版次", 6),
        ("数量", 6),
        ("单价", 10),
        (SUMS["claimed_fen"], 12),
        *((f"扣减：{word('DeductionReason', reason)}", 12) for reason in reasons),
        ("扣减合计", 12),
        *((SUMS[name], 12) for name in ("payable_fen", "subsidised_fen", "own_fen")),
        ("异议", 9),
        ("规则版本", 15),
        ("上门服务", 38),
    ]
    return Sheet("明细", columns, rows, total)


def _disputes(papers: Sequence[StatementContent]) -> Sheet:
    rows: list[list[Cell]] = []
    for paper in papers:
        stated = {line.id: (line, charge) for line, charge in paper.lines}
        for dispute in paper.disputes:
            line, charge = stated[dispute.line_id]
            rows.append(
                [
                    paper.company.name,
                    line.position,
                    charge.visited_on,
                    paper.item(charge.item_code),
                    dispute.reason,
                    word("DisputeState", dispute.state),
                    "、".join(word("DeductionReason", reason) for reason in dispute.forgiven),
                    dispute.note,
                ]
            )
    columns = [
        ("企业", 24),
        ("序号", 6),
        ("服务日期", 12),
        ("项目", 20),
        ("异议理由", 50),
        ("结果", 10),
        ("返还的扣减", 18),
        ("决定的理由", 50),
    ]
    return Sheet("异议", columns, rows)


def payments(month: str, to_pay: Sequence[PaymentRow], left_out: Sequence[PaymentRow], *, made_at: datetime) -> bytes:
    """Write what to hand to the bank for a month: what is paid, and on a second sheet what is not, and why."""
    paid = [row for row in to_pay if row.fen > 0]
    rows: list[list[Cell]] = [
        [
            place,
            row.name,
            row.uscc,
            row.account,
            Yuan(row.fen),
            row.words,
            f"{month} 居家养老服务费",
            str(row.statement_id),
        ]
        for place, row in enumerate(paid, start=1)
    ]
    whole = sum(row.fen for row in paid)
    bank = Sheet(
        "付款",
        [
            ("序号", 6),
            ("收款单位", 28),
            ("统一社会信用代码", 21),
            ("收款账号", 26),
            ("金额（元）", 16),
            ("金额大写", 36),
            ("用途", 24),
            ("结算单", 38),
        ],
        rows,
        ["合计", None, None, None, Yuan(whole), money.in_words(whole)],
    )
    others: list[list[Cell]] = [
        [row.name, row.uscc, Yuan(row.fen), "应向企业追回" if row.fen < 0 else "金额为零", str(row.statement_id)]
        for row in to_pay
        if row.fen <= 0
    ]
    others += [
        [row.name, row.uscc, Yuan(row.fen), _OTHER_ACCOUNT if row.account else _NO_ACCOUNT, str(row.statement_id)]
        for row in left_out
    ]
    columns = [("企业", 28), ("统一社会信用代码", 21), ("金额（元）", 16), ("为什么不付", 44), ("结算单", 38)]
    return workbook([bank, Sheet("不付款", columns, others)], title=f"付款文件 {month}", made_at=made_at)
