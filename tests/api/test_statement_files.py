"""Statements and the payment file as files over HTTP: who may take them, and that they say what the API says."""

import re
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from events import log
from kit import money
from kit.access.actor import SYSTEM
from tests.api.bureau import FILE, LINES, Bureau
from tests.documents import fen, pdf_text, sheets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"xlsx": XLSX, "pdf": "application/pdf"}
SUMS = {
    "申报": "claimed_fen",
    "扣减": "deducted_fen",
    "审定": "payable_fen",
    "补贴": "subsidised_fen",
    "自付": "own_fen",
}


async def take(bureau: Bureau, name: str, path: str, status: int = 200) -> httpx.Response:
    answer = await bureau.client.get(path, headers={"Authorization": f"Bearer {bureau.tokens[name]}"})
    assert answer.status_code == status, answer.text
    return answer


def rows(content: bytes, sheet: str) -> list[dict[str, Any]]:
    head, *body = sheets(content)[sheet]
    return [dict(zip(head, row, strict=True)) for row in body]


@pytest.mark.parametrize("name", ["drawer", "decider", "own"])
async def test_a_statement_is_taken_as_a_workbook_and_on_paper_with_the_sums_that_the_api_says(
    bureau: Bureau, name: str
) -> None:
    march = await bureau.paper_of(bureau.companies[0], "2026-03")
    lines = await bureau("own", "GET", LINES.format(march["id"]))
    book = await take(bureau, name, f"/statements/{march['id']}.xlsx")
    assert book.headers["content-type"] == XLSX
    assert "结算单-示例服务企业1-2026-03.xlsx" in unquote(book.headers["content-disposition"])
    summary, _ = rows(book.content, "结算单")
    *listed, _ = rows(book.content, "明细")
    for called, field in SUMS.items():
        assert fen(summary[called]) == march[field]
        assert [fen(row["扣减合计" if called == "扣减" else called]) for row in listed] == [
            line["charge"][field] for line in lines
        ]
    assert summary["审定金额大写"] == money.in_words(march["payable_fen"])
    async with bureau.works(SYSTEM("test")) as work:
        await log.seal_all(work)
    paper = await take(bureau, name, f"/statements/{march['id']}.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    words = pdf_text(paper.content)
    for field in SUMS.values():
        assert money.show(march[field]) in words
    for line in lines:
        assert line["charge"]["visited_on"] in words
        assert money.show(line["charge"]["payable_fen"]) in words
    assert money.in_words(march["payable_fen"]) in words
    proof = await bureau.client.get(
        f"/statements/{march['id']}/audit-package", headers={"Authorization": f"Bearer {bureau.tokens[name]}"}
    )
    (head,) = re.findall(r'"head":"(\d+:[0-9a-f]{64})"', proof.text)
    assert f"日志头{head}" in words


async def test_a_company_takes_its_own_month_and_the_bureau_all_of_it(bureau: Bureau) -> None:
    papers = await bureau("drawer", "GET", "/statements?month=2026-03")
    for name, count in (("drawer", 2), ("own", 1), ("other", 1)):
        book = await take(bureau, name, "/statements.xlsx?month=2026-03")
        *companies, total = rows(book.content, "结算单")
        assert len(companies) == count
        own = [paper for paper in papers if paper["id"] in {row["结算单"] for row in companies}]
        for called, field in SUMS.items():
            assert fen(total[called]) == sum(paper[field] for paper in own)
        paper = await take(bureau, name, "/statements.pdf?month=2026-03")
        words = pdf_text(paper.content)
        assert money.in_words(sum(paper["payable_fen"] for paper in own)) in words
        shown = {number for number in (1, 2) if f"示例服务企业{number}" in words}
        assert shown == {"drawer": {1, 2}, "own": {1}, "other": {2}}[name]
        assert {row["企业"] for row in rows(book.content, "明细")[:-1]} == {f"示例服务企业{number}" for number in shown}


@pytest.mark.parametrize("kind", KINDS)
async def test_another_companys_statement_answers_as_none_and_a_month_without_any_too(
    bureau: Bureau, kind: str
) -> None:
    march = (await bureau.paper_of(bureau.companies[0], "2026-03"))["id"]
    for path in (f"/statements/{march}.{kind}", f"/statements.{kind}?month=2026-02"):
        answer = await take(bureau, "other", path, 404)
        assert answer.json()["code"] == "statement.not_found"
    for path in (f"/statements.{kind}", f"/statements.{kind}?month=2026-13", f"/statements/7.{kind}"):
        assert (await take(bureau, "drawer", path, 422)).json()["code"] == "input.invalid"


async def test_the_payment_file_is_a_workbook_of_what_the_bank_is_to_pay(bureau: Bureau) -> None:
    path = "/payment-file.xlsx?month=2026-03"
    papers = {
        name: await bureau.paper_of(bureau.companies[place], "2026-03") for place, name in enumerate(("own", "other"))
    }
    for name, paper in papers.items():
        await bureau(name, "POST", f"/statements/{paper['id']}/confirmation")
        await bureau.review(paper["id"])
        await bureau("second", "POST", f"/statements/{paper['id']}/approval")
    listed = await bureau("cashier", "GET", FILE.format("2026-03"))
    book = await take(bureau, "cashier", path)
    assert "付款文件-2026-03.xlsx" in unquote(book.headers["content-disposition"])
    *paid, total = rows(book.content, "付款")
    assert [(row["收款单位"], row["收款账号"], fen(row["金额（元）"]), row["金额大写"]) for row in paid] == [
        (row["name"], row["account"], row["fen"], row["words"]) for row in listed
    ]
    assert fen(total["金额（元）"]) == sum(row["fen"] for row in listed)
    assert rows(book.content, "不付款") == []

    # Whose account has changed since the approval is not paid, and stands on the second sheet.
    await bureau.in_force(
        "decider", "PUT", f"/companies/{bureau.companies[1]}/bank-account", {"number": "6222 0000 9999"}
    )
    await bureau("cashier", "POST", f"/statements/{papers['own']['id']}/payment", {"reference": "bank 1"}, status=201)
    book = await take(bureau, "cashier", path)
    assert [row["序号"] for row in rows(book.content, "付款")] == ["合计"]
    (left_out,) = rows(book.content, "不付款")
    assert (left_out["结算单"], left_out["为什么不付"]) == (papers["other"]["id"], "收款账户在复核之后变更，须再次复核")
    for name in ("own", "decider"):
        assert (await take(bureau, name, path, 403)).json()["code"] == "actor.not_allowed"
