"""Tell by its first bytes what a file is: text, a plain workbook, or one of the things that only look like a table.

Whatever is no table gets a sentence that is true of it, so that its sender knows what to do.
"""

import io
import zipfile

from kit.imports.faults import TableFault


class OldExcel(TableFault):
    """The binary .xls format of before 2007, in whatever version."""

    code = "table.old_excel"


class WorkbookPassword(TableFault):
    """A workbook that opens with a password only."""

    code = "table.password"


class OtherFormat(TableFault):
    """A file of another program or kind; `kind` names it."""

    code = "table.other_format"


class BrokenWorkbook(TableFault):
    """A ZIP that is no readable workbook."""

    code = "table.broken_workbook"


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x10\x00", b"\x09\x08\x08\x00")
_STREAMS: tuple[tuple[str, type[TableFault] | str], ...] = (
    ("EncryptedPackage", WorkbookPassword),
    ("Workbook", OldExcel),
    ("Book", OldExcel),
    ("WordDocument", "Word .doc"),
    ("PowerPoint Document", "PowerPoint .ppt"),
    ("__properties_version1.0", "Outlook .msg"),
)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"ID;P", "SYLK"),
    (b"TABLE\r\n0,1", "DIF"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"mime-version:", "MHTML"),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "XML Spreadsheet 2003"),
    (b"<html", "HTML"),
    (b"<!doctype html", "HTML"),
    (b"<table", "HTML"),
    (b"urn:oasis:names:tc:opendocument", "OpenDocument .fods"),
    (b"<?xml", "XML"),
)
_PACKAGES: tuple[tuple[str, str], ...] = (
    ("xl/workbook.bin", "Excel .xlsb"),
    ("word/", "Word .docx"),
    ("ppt/", "PowerPoint .pptx"),
    ("content.xml", "OpenDocument .ods"),
    ("Index/Document.iwa", "Numbers"),
    ("Index.zip", "Numbers"),
    ("META-INF/MANIFEST.MF", "JAR"),
)


def is_package(content: bytes) -> bool:
    """Tell whether the bytes are a ZIP, as every workbook of today is."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def refused(content: bytes) -> TableFault | None:
    """Return why the bytes of a file that is no ZIP are no text either, or None where they may be read as text."""
    if content.startswith(_OLE[:4]):
        return _compound(content)
    if content.startswith(_BIFF):
        return OldExcel()
    for magic, kind in _MAGIC:
        if content.startswith(magic) and (magic != b"BM" or b"\x00" in content[:64]):
            return OtherFormat(kind=kind)
    head = content[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith((b"<", b"mime-version:")):
        return next((OtherFormat(kind=kind) for mark, kind in _MARKUP if mark in head), None)
    return None


def _compound(content: bytes) -> TableFault:
    """Look for the names of streams in the directory of a compound file (MS-CFB): 128 bytes each, UTF-16 at first."""
    names = set()
    for start in range(512, len(content) - 127, 128):
        length = int.from_bytes(content[start + 64 : start + 66], "little")
        if 4 <= length <= 64 and not length % 2 and content[start + 66] in (1, 2, 5):
            names.add(content[start : start + length - 2].decode("utf-16-le", errors="replace"))
    for name, verdict in _STREAMS:
        if name in names:
            return OtherFormat(kind=verdict) if isinstance(verdict, str) else verdict()
    return OldExcel() if not names else OtherFormat(kind="OLE")


def refused_package(packed: zipfile.ZipFile) -> TableFault | None:
    """Return why a ZIP is no plain workbook, or None where it is one."""
    parts = packed.infolist()
    names = [part.filename.replace("\\", "/").lstrip("/") for part in parts]
    if any(name.casefold() == "xl/workbook.xml" for name in names):
        return None
    if "[Content_Types].xml" in names and any(name.startswith("xl/") and name.endswith(".xml") for name in names):
        return None  # a workbook may call its parts what it likes
    for mark, kind in _PACKAGES:
        if any(name == mark or (mark.endswith("/") and name.startswith(mark)) for name in names):
            return OtherFormat(kind=kind)
    if any(part.flag_bits & 1 for part in parts):
        return WorkbookPassword()
    if names and any(name.casefold().endswith((".xlsx", ".xls", ".csv", ".et", ".txt", ".docx")) for name in names):
        return OtherFormat(kind="ZIP")
    return BrokenWorkbook()


def opened(content: bytes) -> zipfile.ZipFile:
    """Open a ZIP; raises `zipfile.BadZipFile` where it is none."""
    return zipfile.ZipFile(io.BytesIO(content))
