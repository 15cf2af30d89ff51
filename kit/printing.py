"""Pages of PDF with Chinese words: which font they are set in, the number of each page, QR codes.

A font file is embedded, so that the paper looks the same wherever it is opened: the one that `NOWALLS_PDF_FONT` names,
else one of Debian's `fonts-wqy-microhei` or `fonts-wqy-zenhei`. Without any, the pages name the font STSong-Light, and
each reader sets them in a Chinese font of its own. Fonts with PostScript outlines (Noto Sans CJK) cannot be embedded.
"""

import io
import logging
from collections.abc import Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import segno
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from kit.settings import Settings

FONTS: Final = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
)
_READERS_OWN: Final = "STSong-Light"
_log = logging.getLogger(__name__)


@cache
def font() -> str:
    """Return the name of the font that pages are set in, registered; a file that cannot be embedded is passed over."""
    named = Settings.read().pdf_font
    for path in (named, *FONTS) if named else FONTS:
        if path != named and not path.exists():
            continue
        try:
            embedded = TTFont(path.stem, str(path), subfontIndex=0)
        except (TTFError, OSError) as error:
            _log.warning("%s cannot be embedded in a PDF: %s", path, error)
            continue
        if ord("元") not in embedded.face.charToGlyph:
            _log.warning("%s has no Chinese characters", path)
            continue
        pdfmetrics.registerFont(embedded)
        return path.stem
    _log.warning("no Chinese font to embed in a PDF: install fonts-wqy-microhei, or set NOWALLS_PDF_FONT")
    pdfmetrics.registerFont(UnicodeCIDFont(_READERS_OWN))
    return _READERS_OWN


def text(words: str, size: float = 9, *, middle: bool = False) -> Paragraph:
    """Return a paragraph that breaks its lines as Chinese does; nothing in it is markup."""
    style = ParagraphStyle(
        "text", fontName=font(), fontSize=size, leading=size * 1.3, wordWrap="CJK", alignment=1 if middle else 0
    )
    return Paragraph(escape(words), style)


class QrCode(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A QR code of a text, as wide and high as `side` in points, its quiet zone included."""

    def __init__(self, content: str, side: float) -> None:
        super().__init__()
        self.rows = [list(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=4)]
        self.width = self.height = side

    def draw(self) -> None:
        """Draw each dark module as a square."""
        module = self.width / len(self.rows)
        for down, row in enumerate(self.rows, start=1):
            for across, dark in enumerate(row):
                if dark:
                    # a hair wider, so that no viewer shows light seams between two dark modules
                    self.canv.rect(across * module, self.height - down * module, module * 1.02, module * 1.02, 0, 1)


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas whose pages bear at their foot a line of text and `page / pages`, which the last page decides."""

    def __init__(self, *arguments: Any, foot: str, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        pages = self._pages
        for number, state in enumerate(pages, start=1):
            self.__dict__.update(state)
            self.setFont(font(), 8)
            self.drawString(34, 20, self._foot)
            self.drawRightString(self._pagesize[0] - 34, 20, f"第 {number} 页，共 {len(pages)} 页")
            super().showPage()
        super().save()


def pages(story: Iterable[Flowable], *, title: str, size: Sequence[float], foot: str | None) -> bytes:
    """Set flowables on pages of a size in points, numbered where they have a foot; the same story, the same bytes."""
    content = io.BytesIO()
    paper = SimpleDocTemplate(
        content,
        pagesize=tuple(size),
        title=title,
        leftMargin=34,
        rightMargin=34,
        topMargin=28,
        bottomMargin=40,
        invariant=1,
    )
    paper.build(list(story), canvasmaker=Canvas if foot is None else partial(_Numbered, foot=foot))
    return content.getvalue()
