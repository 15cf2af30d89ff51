"""The text of the annual report: the given one but for its blanks, filled from figures alone, the same bytes twice."""

import hashlib
import io
import re
import zipfile
from datetime import date

import docx
import pytest

from civil.blocks.figures.queries import FigureReading
from civil.report import document, drafting, page, template
from civil.report.drafting import MISSING, ReportDraft
from civil.report.figures import FIGURES
from civil.report.template import Assertion, ReportBlank, TemplateInvalid

GIVEN = "2b7fa767e7a49587d1dab7dfbefac5bc93b0a5b948e2251987dc1eff1c3bc625"
"""SHA-256 of the text that was given, with its blanks empty."""
DAY = date(2026, 12, 31)
LINES = template.annual()


def _reading(code: str, value: int | str | None) -> FigureReading:
    return FigureReading(FIGURES[code][1], value, 3, "0" * 64, 0)


def _draft(**values: int | str | None) -> ReportDraft:
    readings = {code.replace("_", "."): _reading(code.replace("_", "."), value) for code, value in values.items()}
    return drafting.fill(LINES, readings, DAY)


def test_with_its_blanks_empty_the_template_is_the_given_text() -> None:
    text = "\n".join(template.given(line) for line in LINES)
    assert hashlib.sha256(text.encode()).hexdigest() == GIVEN
    blanks = [blank for line in LINES for blank in template.blanks(line)]
    assert (len(LINES), len(blanks), len({(blank.code, blank.part) for blank in blanks})) == (46, 159, 142)
    assert all(re.fullmatch(r"(20)?x+(\.x+)?余?", blank.given) for blank in blanks)


def test_every_figure_that_the_modules_declare_has_its_place_in_the_text() -> None:
    printed = {code for line in LINES for code in template.codes(line)}
    assert FIGURES.keys() - printed == set()


def test_without_figures_every_blank_and_every_assertion_is_marked() -> None:
    draft = drafting.fill(LINES, {}, DAY)
    asserted = {piece.code for line in LINES for piece in line if isinstance(piece, Assertion)}
    assert (draft.blanks, draft.filled, draft.assertions, draft.decided) == (159, 0, len(asserted), 0)
    assert draft.text.count(MISSING) == 159 + sum(isinstance(piece, Assertion) for line in LINES for piece in line)


def test_a_filled_text_differs_from_the_given_one_in_its_blanks_alone() -> None:
    draft = _draft(GL_AGE=80, GL_ACTIVE=1234, GL_NEW=0, GL_CANCEL=5, GL_AMT=123_000_000, GL_FULL=0, JJ_ITEM=20)
    for line, template_line in zip(draft.text.split("\n"), LINES, strict=True):
        pattern = "".join(
            ".*" if isinstance(piece, ReportBlank | Assertion) else re.escape(piece) for piece in template_line
        )
        assert re.fullmatch(pattern, line)
    assert "现有领取80岁以上高龄老人生活补贴1234人,全年新增0人,取消5人,发放补贴123万元;" in draft.text
    assert "大类20项服务项目" in draft.text
    assert (draft.filled, draft.decided) == (6, 1)
    assert "(一)足额发放高龄补贴。" in draft.text


def test_an_assertion_against_which_something_speaks_changes_the_sentence() -> None:
    assert "(一)发放高龄补贴。" in _draft(GL_FULL=2).text
    assert "与城市标准拉平,实现了城乡一体化;" in _draft(DB_EQ=0).text
    assert "与城市标准仍有差距;" in _draft(DB_EQ=1).text
    assert f"与城市标准拉平,实现了城乡一体化{MISSING};" in _draft(DB_EQ=None).text
    assert "服务共有5大类" in _draft(JJ_NAMED=1, JJ_CAT=5).text
    assert f"三家{MISSING}" in _draft().text


@pytest.mark.parametrize("line", ["{", "}", "a|b", "{x:y}", "{?A:b}", "{?A:b|c", "{A:b", "{?A:b|c|d}"])
def test_a_brace_that_opens_nothing_is_an_error(line: str) -> None:
    with pytest.raises(TemplateInvalid):
        template.parse(line)


def test_the_document_holds_the_text_and_is_the_same_bytes_again() -> None:
    draft = _draft(GL_ACTIVE=1234, RPT_DISTRICT="海滨")
    content = document.docx_of(draft)
    assert document.docx_of(_draft(GL_ACTIVE=1234, RPT_DISTRICT="海滨")) == content
    assert document.docx_of(_draft(GL_ACTIVE=1235, RPT_DISTRICT="海滨")) != content
    opened = docx.Document(io.BytesIO(content))
    assert "\n".join(paragraph.text for paragraph in opened.paragraphs) == draft.text
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert parts.namelist() == sorted(parts.namelist())


def test_on_the_page_each_figure_leads_to_its_rows_and_words_stay_words() -> None:
    draft = _draft(GL_ACTIVE=1234, RPT_CITY="<b>")
    html = page.html_of(draft)
    assert '<a href="#GL.ACTIVE">1234</a>' in html
    assert '<tr id="GL.ACTIVE">' in html
    assert "/api/v1/civil/figures/GL.ACTIVE/rows?as_of=2026-12-31" in html
    assert '<a href="#HY.MARRY"><mark>【缺】</mark></a>' in html
    assert '<tr id="HY.MARRY">' in html
    assert "<b>" not in html
    for target in set(re.findall(r'href="#([^"]+)"', html)):
        assert f'id="{target}"' in html
