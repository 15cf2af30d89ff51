"""Workbooks and PDF pages: whatever a text holds stays text, and the font is embedded where there is one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import reportlab
from reportlab.lib.pagesizes import A6

from kit import printing
from kit.sheets import Sheet, Yuan, workbook
from tests import machine
from tests.documents import INJECTIONS, fen, fonts, pdf_text, sheets

MADE = datetime(2026, 4, 2, tzinfo=UTC)
FONTS = printing.FONTS
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


def test_every_text_comes_back_from_a_workbook_as_it_was_given() -> None:
    rows = [[text, Yuan(-123456789), 7, date(2026, 3, 2), None] for text in INJECTIONS]
    columns = [("名称", 20), ("金额", 10), ("次", 5), ("日期", 10), ("空", 5)]
    content = workbook([Sheet("表", columns, rows, ["=A1", Yuan(1)])], title="表", made_at=MADE)
    head, *body, total = sheets(content)["表"]
    assert head == ["名称", "金额", "次", "日期", "空"]
    assert [row[0] for row in body] == list(INJECTIONS)
    assert {(fen(row[1]), row[2], row[3], row[4]) for row in body} == {(-123456789, 7, datetime(2026, 3, 2), None)}  # noqa: DTZ001 - a cell has no zone
    assert (total[0], fen(total[1])) == ("=A1", 1)
    assert workbook([Sheet("表", columns, rows, ["=A1", Yuan(1)])], title="表", made_at=MADE) == content


def test_every_text_comes_back_from_a_page_and_the_pages_are_counted() -> None:
    story = [printing.text(text) for text in INJECTIONS for _ in range(4)]
    content = printing.pages(story, title="页", size=A6, foot="脚注")
    words = pdf_text(content)
    for text in INJECTIONS:
        if all(ord(character) < 0x2000 or "一" <= character <= "龥" for character in text):  # what a font has
            assert words.count("".join(text.split())) >= 4, text
    assert "第1页，共3页" in words
    assert words.count("脚注") == 3
    assert printing.pages([printing.text("甲")], title="页", size=A6, foot="") == printing.pages(
        [printing.text("甲")], title="页", size=A6, foot=""
    )


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the machine without a font that could be embedded."""
    monkeypatch.setattr(printing, "FONTS", ())
    printing.font.cache_clear()
    yield
    printing.font.cache_clear()


def test_without_a_chinese_font_the_pages_name_one_for_their_reader(
    no_fonts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = tmp_path / "nothing.ttf"
    nothing.write_bytes(b"no font")
    for unusable in (VERA, nothing, tmp_path / "missing.ttf"):
        monkeypatch.setenv("NOWALLS_PDF_FONT", str(unusable))
        printing.font.cache_clear()
        assert printing.font() == "STSong-Light"
    content = printing.pages([printing.text("结算单 12.50")], title="页", size=A6, foot="")
    assert pdf_text(content).startswith("结算单12.50")
    assert not any(fonts(content).values())


def test_a_chinese_font_of_the_machine_is_embedded(no_fonts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    usable = [path for path in FONTS if path.exists()]
    if not usable:
        machine.lack("font", "no TrueType font with Chinese characters: apt-get install fonts-wqy-microhei")
    monkeypatch.setenv("NOWALLS_PDF_FONT", str(usable[0]))
    assert printing.font() == usable[0].stem
    content = printing.pages([printing.text("结算单 12.50")], title="页", size=A6, foot="")
    assert pdf_text(content).startswith("结算单12.50")
    assert any(fonts(content).values())
    assert len(content) < 100_000
