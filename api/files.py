"""Files to take away: what they are, and what they are called in any language."""

from typing import TypeVar
from urllib.parse import quote

from fastapi import Response


class Workbook(Response):
    """An Excel workbook."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ending = "xlsx"


class Pdf(Response):
    """Pages to print."""

    media_type = "application/pdf"
    ending = "pdf"


Taken = TypeVar("Taken", Workbook, Pdf)


def attached(kind: type[Taken], content: bytes, *, plain: str, name: str) -> Taken:
    """Answer with a file to save, called `name`, and `plain` where a program reads no RFC 8187."""
    called = quote(f"{name}.{kind.ending}", safe="")
    disposition = f"attachment; filename=\"{plain}.{kind.ending}\"; filename*=UTF-8''{called}"
    return kind(content, headers={"Content-Disposition": disposition})
