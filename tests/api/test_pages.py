"""The platform's own pages: whole without any other site, and nothing in them runs that they do not name."""

import base64
import hashlib
import re

import httpx
import pytest

from api import pages
from tests.api.world import HOST

PAGES = ["/", "/tour", "/docs"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_allows_its_own_scripts_and_no_others(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(HOST + path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert "'unsafe-inline'" not in policy["script-src"]
    assert policy["default-src"] == "'none'"
    assert not re.search(r"\son\w+=|javascript:", answer.text)
    for content in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    text = (await client.get(HOST + path)).text
    for address in re.findall(r"""(?:src|href|url)\s*[=(:]\s*["'(]?([^"'()\s>]+)""", text):
        assert address.startswith(("/", "data:,", "#")), address
    for local in re.findall(r"""(?:src|href)="(/[^"]*)\"""", text):
        # the desks answer 503 where nothing is built
        assert (await client.get(HOST + local)).status_code in ({200, 503} if local == "/console/" else {200}), local


async def test_the_start_page_leads_to_the_desks_the_tour_and_the_documents(client: httpx.AsyncClient) -> None:
    text = (await client.get(HOST)).text
    assert {"/console/", "/tour", "/docs", "/health"} <= set(re.findall(r'href="([^"]+)"', text))
    assert text.index("没有围墙的敬老院") < text.index("A nursing home without walls")
    assert '<html lang="zh-CN">' in text


async def test_the_tour_is_the_document_itself(client: httpx.AsyncClient) -> None:
    text = (await client.get(f"{HOST}/tour")).text
    assert "<h1>Tour" in text
    assert "python3 run.py import people docs/tour/people.csv" in text


def test_every_other_answer_may_load_the_consoles_own_files_alone() -> None:
    assert "script-src 'self';" in pages.CSP
    assert "unsafe-inline" not in pages.CSP.split("script-src")[1].split(";")[0]
