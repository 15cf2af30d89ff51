"""The three pages that the platform itself shows: the start page, the tour and the documents of the interface.

Each says what it is made of: a page's own script and style are allowed by their hashes, and nothing else is.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What every answer may load unless it says otherwise, as the pages of `api.desks` do."""

_HERE = Path(__file__).resolve().parent
START = _HERE / "start.html"
_TOUR = _HERE.parent / "docs" / "tour.md"
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def answer(page: str) -> HTMLResponse:
    """Answer with a page, under a policy that names the hash of every script and style inside it."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    policy = CSP.replace("script-src 'self'", " ".join(["script-src 'self'", *hashes["script"]]))
    if hashes["style"]:
        policy = policy.replace("style-src 'self' 'unsafe-inline'", " ".join(["style-src 'self'", *hashes["style"]]))
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


@cache
def tour() -> str:
    """Return docs/tour.md as a page in the start page's dress."""
    start, closing = START.read_text(encoding="utf-8"), "</style>"
    style = start[start.index("<style>") : start.index(closing) + len(closing)]
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(_TOUR.read_text(encoding="utf-8"))
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>nowalls · tour</title><link rel="icon" href="data:,">'
        f'{style}<main class="text"><p><a href="/">← 首页 · Start</a></p>{body}</main></html>'
    )
