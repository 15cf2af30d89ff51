"""The report as one HTML page: each figure leads to what it counts, and from there to its rows."""

from collections.abc import Iterator
from html import escape

from civil.blocks.figures.queries import FigureReading
from civil.report.drafting import ReportDraft, Span

_STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; font: 1rem/1.8 system-ui, sans-serif }
article p { margin: 0 0 .6rem; text-indent: 2em } a { color: inherit; text-decoration: underline #8aa39b }
mark { background: #fde9b5; color: inherit } h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
table { width: 100%; border-collapse: collapse; font-size: .85rem; line-height: 1.5 }
th, td { padding: .35rem .5rem; border-bottom: 1px solid #d8dee4; text-align: left; vertical-align: top }
td:last-child { font-family: monospace; font-size: .7rem; overflow-wrap: anywhere } :target { background: #eef5f1 }
"""
ROWS = "/api/v1/civil/figures/{code}/rows?as_of={as_of}"


def html_of(draft: ReportDraft) -> str:
    """Return the page: the text, and below it a table of the figures with definition, value, rows and their hash."""
    title = f"{draft.as_of.year}年度工作报告"
    lines = "\n".join(f"<p>{''.join(map(_shown, line))}</p>" for line in draft.lines)
    rows = "\n".join(_rows(draft))
    return f"""<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style></head>
<body>
<h1>{title}</h1>
<p>截至{draft.as_of}，共{draft.blanks}处数据，已填{draft.filled}处；论断{draft.assertions}项，已核{draft.decided}项。</p>
<article>
{lines}
</article>
<h2>指标</h2>
<table>
<thead><tr><th>代码</th><th>口径</th><th>数值</th><th>明细</th><th>明细校验值</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _shown(span: Span) -> str:
    if span.code is None:
        return escape(span.text)
    mark = f"<mark>{escape(span.text)}</mark>" if span.missing else escape(span.text)
    return f'<a href="#{escape(span.code)}">{mark}</a>'


def _rows(draft: ReportDraft) -> Iterator[str]:
    for code, reading in draft.printed.items():
        link = f'<a href="{escape(ROWS.format(code=code, as_of=draft.as_of))}">{reading.rows}</a>'
        cells = (escape(reading.figure.zh), _value(reading), link, reading.rows_hash)
        yield f'<tr id="{code}"><th>{code}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    for code in sorted(set(draft.missing) - draft.printed.keys()):
        yield f'<tr id="{code}"><th>{code}</th><td colspan="4">没有数据来源</td></tr>'


def _value(reading: FigureReading) -> str:
    return "【缺】" if reading.value is None else escape(str(reading.value))
