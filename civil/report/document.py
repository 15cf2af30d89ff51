"""The report as .docx: the same bytes from the same words, whenever and wherever it is written."""

import io
import re
import zipfile
from datetime import datetime, time
from typing import Final

from docx import Document
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from civil.report.drafting import ReportDraft

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP archive knows; every part bears it."""
_CHAPTER = re.compile(r"[一二三四五六七八九十]+、")
_SECTION = re.compile(r"\([一二三四五六七八九十]+\)")
_FONT: Final = "仿宋"


def docx_of(draft: ReportDraft) -> bytes:
    """Return the report with a paragraph for each line; what is missing is highlighted."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    for line in draft.lines:
        text = "".join(span.text for span in line)
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Cm(1.13)
        paragraph.paragraph_format.space_after = Pt(0)
        heading = bool(_CHAPTER.match(text) or (_SECTION.match(text) and len(text) < 40))
        for span in line:
            run = paragraph.add_run(span.text)
            run.bold = heading or None
            if span.missing:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    about, written = document.core_properties, datetime.combine(draft.as_of, time())
    about.title, about.author, about.last_modified_by = f"{draft.as_of.year}年度工作报告", "nowalls", "nowalls"
    about.created = about.modified = written
    file = io.BytesIO()
    document.save(file)
    return _rewritten(file)


def _rewritten(file: io.BytesIO) -> bytes:
    """Return an archive's parts in the order of their names, all of one date."""
    written = io.BytesIO()
    with zipfile.ZipFile(file) as parts, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts.namelist()):
            part = zipfile.ZipInfo(name, _EPOCH)
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(part, parts.read(name))
    return written.getvalue()
