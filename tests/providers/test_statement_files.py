"""A statement's files say what its rows say, to the fen; names that a program might act on are only names."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from events import log
from events.work import Works
from kit import money
from kit.access.actor import SYSTEM
from providers.roster.model import Company
from providers.settlement import queries
from providers.settlement.audit.package import package
from providers.settlement.files import content, pdf, workbook
from providers.settlement.files.content import SUMS, amount
from providers.settlement.model import Dispute
from tests.documents import INJECTIONS, fen, pdf_text, sheets

MONTHS = ("2026-03", "2026-04")


def columns(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Return a sheet's rows by the headings of its columns."""
    head, *body = rows
    return [dict(zip(head, row, strict=True)) for row in body]


@pytest.mark.parametrize("month", MONTHS)
async def test_every_line_and_sum_of_a_workbook_is_the_statements_own(works: Works, company: UUID, month: str) -> None:
    async with works(SYSTEM("test")) as work:
        (paper,) = await content.of_month(work, month, lines=True)
        same = await content.of(work, paper.statement.id)
        made = workbook.statements([paper], made_at=work.now)
    assert workbook.statements([same], made_at=work.now) == made
    book = sheets(made)
    row, total = columns(book["结算单"])
    for name, called in SUMS.items():
        assert fen(row[called]) == fen(total[called]) == getattr(paper.statement, name)
    assert row["审定金额大写"] == total["审定金额大写"] == money.in_words(paper.statement.payable_fen)
    assert (row["结算单"], row["内容校验"]) == (str(paper.statement.id), paper.statement.content_hash)
    assert row["制单时的日志头"] == paper.log_head
    *lines, total = columns(book["明细"])
    assert len(lines) == paper.statement.lines
    for line, (stated, charge) in zip(lines, paper.lines, strict=True):
        assert (line["序号"], line["服务日期"].date()) == (stated.position, charge.visited_on)
        assert {name: fen(line[called]) for name, called in SUMS.items() if called in line} == {
            name: getattr(charge, name) for name in SUMS if name != "deducted_fen"
        }
        taken = [fen(value) for called, value in line.items() if called.startswith("扣减：")]
        assert sum(taken) == fen(line["扣减合计"]) == charge.deducted_fen
    for called, fen_of_all in total.items():
        if isinstance(fen_of_all, int | float):
            assert fen(fen_of_all) == sum(fen(line[called]) for line in lines)
    assert fen(total["审定"]) == paper.statement.payable_fen
    disputes = columns(book["异议"])
    assert [row["异议理由"] for row in disputes] == (["road closed"] if month == MONTHS[0] else [])
    assert [row["返还的扣减"] for row in disputes] == (["迟到"] if month == MONTHS[0] else [])


@pytest.mark.parametrize("month", MONTHS)
async def test_a_statement_on_paper_has_its_lines_its_sums_in_words_and_the_head_of_the_log(
    works: Works, company: UUID, month: str
) -> None:
    async with works(SYSTEM("test")) as work:
        await log.seal_all(work)
        (row,) = await queries.statements(work, month=month)
        paper = await content.to_print(work, row.id)
        proof = await package(work, row)
    made = pdf.statement(paper)
    words = pdf_text(made)
    assert f'"head":"{paper.head}"' in proof
    statement = paper.statement
    for said in (
        paper.company.uscc,
        month,
        f"审定金额大写：{money.in_words(statement.payable_fen)}",
        f"其中补贴大写：{money.in_words(statement.subsidised_fen)}",
        "".join(amount(getattr(statement, name)) for name in SUMS),
        f"内容校验{statement.content_hash}",
        f"日志头{paper.head}",
        str(statement.id),
    ):
        assert said in words, said
    places = [0]
    for _, charge in paper.lines:
        said = charge.visited_on.isoformat()
        places.append(words.index(said, places[-1] + 1))
    assert words.count("".join(amount(getattr(paper.lines[0][1], name)) for name in SUMS)) >= 1
    assert pdf.statement(paper) == made
    assert "日志尚未封存到这张结算单" in pdf_text(pdf.statement(replace(paper, head=None)))


async def test_the_sums_of_a_month_stand_in_one_row_a_company(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        papers = await content.of_month(work, "2026-03", lines=False)
        assert [list(paper.lines) for paper in papers] == [[]]
    words = pdf_text(pdf.month(papers * 40))
    sums = "".join(amount(getattr(papers[0].statement, name)) for name in SUMS)
    totals = "".join(amount(40 * getattr(papers[0].statement, name)) for name in SUMS)
    assert words.count(sums) == 40
    assert words.count(totals) == 1
    assert f"审定金额大写：{money.in_words(40 * papers[0].statement.payable_fen)}" in words
    assert "第2页，共" in words


async def test_a_month_without_statements_has_no_files(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        with pytest.raises(queries.StatementNotFound):
            await content.of_month(work, "2026-07", lines=False)


async def test_names_and_reasons_that_a_program_might_act_on_come_back_as_text(works: Works, company: UUID) -> None:
    async with works(SYSTEM("test")) as work:
        (paper,) = await content.of_month(work, "2026-03", lines=True)
        for text in INJECTIONS:
            owner = Company(**{**_columns(paper.company), "name": text})
            objection = Dispute(**{**_columns(paper.disputes[0]), "reason": text, "note": text})
            odd = content.StatementContent(
                paper.statement, owner, paper.lines, [objection], dict.fromkeys(paper.items, text)
            )
            book = sheets(workbook.statements([odd], made_at=work.now))
            assert columns(book["结算单"])[0]["企业"] == text
            assert {(row["企业"], row["项目"]) for row in columns(book["明细"])[:-1]} == {(text, text)}
            (row,) = columns(book["异议"])
            assert (row["异议理由"], row["决定的理由"]) == (text, text)
            assert pdf.statement(odd).startswith(b"%PDF-")
            assert pdf.month([odd]).startswith(b"%PDF-")
            bank = queries.PaymentRow(paper.statement.id, owner.id, text, text, "0012345678901234567", 5, "0.05", text)
            left = queries.PaymentRow(paper.statement.id, owner.id, text, text, None, 7, "0.07", text)
            book = sheets(workbook.payments("2026-03", [bank], [left], made_at=work.now))
            assert columns(book["付款"])[0]["收款单位"] == columns(book["不付款"])[0]["企业"] == text
            assert columns(book["付款"])[0]["收款账号"] == "0012345678901234567"


async def test_what_is_not_paid_stands_apart_with_its_reason(works: Works, company: UUID) -> None:
    row = queries.PaymentRow(company, company, "甲", "U", "6222", 0, "0.00", "零元整")
    rows = [_with(row, fen=1999), _with(row, fen=-250), row, _with(row, fen=1)]
    left = [_with(row, fen=30, account=None), _with(row, fen=40)]
    async with works(SYSTEM("test")) as work:
        book = sheets(workbook.payments("2026-03", rows, left, made_at=work.now))
    *paid, total = columns(book["付款"])
    assert [(line["序号"], fen(line["金额（元）"])) for line in paid] == [(1, 1999), (2, 1)]
    assert (fen(total["金额（元）"]), total["金额大写"]) == (2000, money.in_words(2000))
    assert [(fen(line["金额（元）"]), line["为什么不付"]) for line in columns(book["不付款"])] == [
        (-250, "应向企业追回"),
        (0, "金额为零"),
        (30, "复核时没有登记收款账户"),
        (40, "收款账户在复核之后变更，须再次复核"),
    ]


def _columns(row: Company | Dispute) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.columns}


def _with(row: queries.PaymentRow, **changed: Any) -> queries.PaymentRow:
    return queries.PaymentRow(**{name: getattr(row, name) for name in row.__slots__} | changed)
