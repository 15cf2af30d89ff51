"""A statement, and the sums of a month, as pages to sign, to seal and to file."""

from collections.abc import Sequence
from typing import Any, Final

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import Flowable, LongTable, Spacer, Table

from kit import money
from kit.printing import QrCode, font, pages, text
from providers.settlement.files.content import SUMS, StatementContent, amount, reasons, word

_SIZE: Final = landscape(A4)
_WIDTH: Final = _SIZE[0] - 68
_LINE: Final = Color(0.6, 0.6, 0.6)
_SIGNED: Final = ("制单：", "企业确认（盖章）：", "复核：", "付款：")


def statement(paper: StatementContent) -> bytes:
    """Set one statement: its company and sums, every line with its deductions, the objections, where to sign."""
    row = paper.statement
    head = [("企业", paper.company.name), ("统一社会信用代码", paper.company.uscc), ("月份", row.month)]
    head += [("状态", paper.state), *((name, day) for name, day in paper.steps() if day)]
    story: list[Flowable] = [
        text("居家养老服务费结算单", 18, middle=True),
        Spacer(1, 8),
        _beside(_pairs(head), QrCode(str(paper.head), 84) if paper.head else Spacer(84, 84)),
        Spacer(1, 6),
        _sums([[amount(getattr(row, name)) for name in SUMS]]),
        Spacer(1, 4),
        text(f"审定金额大写：{money.in_words(row.payable_fen)}", 10),
        text(f"其中补贴大写：{money.in_words(row.subsidised_fen)}", 10),
        text(f"内容校验 {row.content_hash}", 8),
        Spacer(1, 8),
        _lines(paper),
    ]
    if paper.disputes:
        story += [Spacer(1, 10), text("异议", 12), Spacer(1, 4), _disputes(paper)]
    story += [Spacer(1, 22), _signatures()]
    head_of_log = f"　日志头 {paper.head}" if paper.head else "　日志尚未封存到这张结算单，稍后再取"
    foot = f"结算单 {row.id}{head_of_log}"
    return pages(story, title=f"结算单 {paper.company.name} {row.month}", size=_SIZE, foot=foot)


def month(papers: Sequence[StatementContent]) -> bytes:
    """Set the sums of a month's statements, one row a company, and where to sign."""
    name = papers[0].statement.month
    rows: list[list[Any]] = [["序号", "企业", "统一社会信用代码", "状态", "行数", *SUMS.values()]]
    rows += [
        [
            str(place),
            text(paper.company.name, 8),
            paper.company.uscc,
            paper.state,
            str(paper.statement.lines),
            *(amount(getattr(paper.statement, sums)) for sums in SUMS),
        ]
        for place, paper in enumerate(papers, start=1)
    ]
    totals = {sums: sum(getattr(paper.statement, sums) for paper in papers) for sums in SUMS}
    lines = sum(paper.statement.lines for paper in papers)
    rows.append(["", "合计", "", "", str(lines), *(amount(fen) for fen in totals.values())])
    widths = [28, 178, 116, 62, 40, *_shared(_WIDTH - 424, len(SUMS))]
    story: list[Flowable] = [
        text(f"居家养老服务费结算汇总表（{name}）", 18, middle=True),
        Spacer(1, 12),
        _table(rows, widths, right_from=4, total=True),
        Spacer(1, 8),
        text(f"审定金额大写：{money.in_words(totals['payable_fen'])}", 10),
        text(f"其中补贴大写：{money.in_words(totals['subsidised_fen'])}", 10),
        Spacer(1, 22),
        _signatures(),
    ]
    return pages(story, title=f"结算汇总表 {name}", size=_SIZE, foot=f"结算汇总表 {name}")


def _lines(paper: StatementContent) -> Flowable:
    rows: list[list[Any]] = [["序号", "服务日期", "项目", "数量", "单价", *SUMS.values(), "扣减原因"]]
    rows += [
        [
            str(line.position),
            charge.visited_on.isoformat(),
            text(paper.item(charge.item_code), 8),
            str(charge.facts["quantity"]),
            amount(charge.price_fen),
            *(amount(getattr(charge, name)) for name in SUMS),
            text(reasons(charge), 8),
        ]
        for line, charge in paper.lines
    ]
    widths = [32, 58, 128, 30, 52, *_shared(305, len(SUMS)), 169]
    return _table(rows, widths, right_from=3, right_to=4 + len(SUMS))


def _disputes(paper: StatementContent) -> Flowable:
    places = {line.id: line.position for line, _ in paper.lines}
    rows: list[list[Any]] = [["序号", "异议理由", "结果", "决定的理由"]]
    rows += [
        [
            str(places[dispute.line_id]),
            text(dispute.reason, 8),
            word("DisputeState", dispute.state),
            text(dispute.note or "", 8),
        ]
        for dispute in paper.disputes
    ]
    return _table(rows, [32, 360, 50, _WIDTH - 442])


def _pairs(pairs: Sequence[tuple[str, str]]) -> Flowable:
    """Set names and values in two columns of pairs."""
    cells = [[text(name), text(value, 10)] for name, value in pairs]
    cells += [[text(""), text("")]] * (len(cells) % 2)
    rows = [[*left, *right] for left, right in zip(cells[::2], cells[1::2], strict=True)]
    return Table(rows, colWidths=[92, 250, 92, 230], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


def _beside(left: Flowable, right: Flowable) -> Flowable:
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
    return Table([[left, right]], colWidths=[_WIDTH - 96, 96], style=style)


def _sums(values: Sequence[Sequence[str]]) -> Flowable:
    style = [
        ("FONT", (0, 0), (-1, 0), font(), 9),
        ("FONT", (0, 1), (-1, -1), font(), 13),
        ("BOX", (0, 0), (-1, -1), 0.8, _LINE),
        ("TOPPADDING", (0, 1), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 1), (-1, -1), 8),
    ]
    return Table([[f"{name}（元）" for name in SUMS.values()], *values], colWidths=_shared(_WIDTH, 5), style=style)


def _signatures() -> Flowable:
    style = [("FONT", (0, 0), (-1, -1), font(), 10)]
    return Table([_SIGNED], colWidths=_shared(_WIDTH, len(_SIGNED)), style=style)


def _shared(width: float, columns: int) -> list[float]:
    return [width / columns] * columns


def _table(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    right_from: int | None = None,
    right_to: int = -1,
    total: bool = False,
) -> Flowable:
    """Set a table whose head repeats on each page; figures stand at the right of their columns."""
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), font(), 8),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, _LINE),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
    if right_from is not None:
        style.append(("ALIGN", (right_from, 0), (right_to, -1), "RIGHT"))
    if total:
        style.append(("LINEABOVE", (0, -1), (-1, -1), 0.8, _LINE))
    return LongTable(rows, colWidths=list(widths), repeatRows=1, style=style)
