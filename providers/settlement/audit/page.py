"""The page of an audit package: one HTML file whose every byte is under one hash or another.

It asks nobody for anything: its policy names the hash of its code and style and lets nothing else in. The code computes
every hash and amount of the package again and is green only where all are equal; a byte that was changed is red.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).resolve().parent
_CODE: Final = "\n".join(
    (_HERE / name).read_text(encoding="utf-8") for name in ("proof.js", "arithmetic.js", "page.js")
)
_STYLE: Final = (_HERE / "style.css").read_text(encoding="utf-8")
_NOT_CHECKED: Final = (
    "<strong>尚未核验：这一行不变绿，此文件就不能作为依据。"
    " Not checked: unless this turns green, do not rely on this file.</strong>"
)


def base64_of(content: bytes) -> str:
    """Return bytes as the page reads them."""
    return base64.b64encode(content).decode()


def html(pack: Mapping[str, Any]) -> str:
    """Write the page around a package's content."""
    policy = (
        f"default-src 'none'; script-src '{_source(_CODE)}'; style-src '{_source(_STYLE)}'; base-uri 'none';"
        " form-action 'none'"
    )
    # Spelt as a browser writes what it has read, so that the page can compare itself with it.
    before = (
        '<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>结算单核验件 · Audit package of a statement</title><style>{_STYLE}</style></head>"
        "<body><h1>结算单核验件 <small>Audit package of a statement</small></h1>"
        f'<div id="verdict" role="status">{_NOT_CHECKED}</div><main></main>'
    )
    data_tag, code_tag = '<script id="data" type="application/json"></script>', "<script></script>"
    shell = hashlib.sha256(f"{before}{data_tag}{code_tag}</body></html>".encode()).hexdigest()
    content = json.dumps({"shell": shell, **pack}, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    digest = hashlib.sha256(content.encode()).hexdigest()
    data = f'<script id="data" type="application/json" data-sha256="{digest}">{content}</script>'
    return f"<!doctype html>{before}{data}<script>{_CODE}</script>"


def _source(content: str) -> str:
    return f"sha256-{base64_of(hashlib.sha256(content.encode()).digest())}"
