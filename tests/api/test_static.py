"""The built pages over HTTP: what is served below each word, how long it may be kept and what it may load."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from api import desks
from api.app import build
from events.work import Works
from processes.rooms import ROOMS
from tests.api.world import HOST

INDEX = "<!doctype html><title>the page</title>"
SCRIPT = "export const page = 1\n" * 100
WORDS = sorted(desks.BUILDS)


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out what the three builds leave behind, and a file beside them that nobody may have."""
    folder = tmp_path / "static"
    for name in desks.BUILDS.values():
        (folder / name / "assets").mkdir(parents=True)
        (folder / name / "index.html").write_text(INDEX)
        (folder / name / "worker.js").write_text("self.addEventListener('fetch', () => {})")
        (folder / name / "assets" / "page-1a2b.js").write_text(SCRIPT)
    (folder / "secret.txt").write_text("a secret")
    (folder / "console" / "away").symlink_to(folder / "secret.txt")
    monkeypatch.setattr(desks, "STATIC", folder)
    return folder


@pytest_asyncio.fixture
async def pages(works: Works, static: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=build(works, ROOMS)), base_url=HOST) as http:
        yield http


def policy_of(answer: httpx.Response) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))


@pytest.mark.parametrize("word", WORDS)
async def test_the_bare_word_leads_to_the_page(pages: httpx.AsyncClient, word: str) -> None:
    answer = await pages.get(f"/{word}")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/{word}/")
    page = await pages.get(f"/{word}/")
    assert (page.status_code, page.text) == (200, INDEX)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("deep", ["board", "calls/01890a5d-ac96-774b-bcce-b302099a8057", "a/b/c?state=open"])
async def test_a_deep_link_is_the_page(pages: httpx.AsyncClient, word: str, deep: str) -> None:
    answer = await pages.get(f"/{word}/{deep}")
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["cache-control"] == "no-cache"


async def test_what_is_named_by_its_content_is_kept_and_all_else_is_asked_for_again(pages: httpx.AsyncClient) -> None:
    script = await pages.get("/console/assets/page-1a2b.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    for path in ("/console/", "/console/index.html", "/field/worker.js", "/my/board"):
        answer = await pages.get(path)
        assert answer.headers["cache-control"] == "no-cache", path
        again = await pages.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


async def test_a_page_runs_its_own_scripts_alone_and_can_be_installed(pages: httpx.AsyncClient) -> None:
    for path in ("/console/", "/field/deep", "/my/", "/field/worker.js"):
        answer = await pages.get(path)
        policy = policy_of(answer)
        assert policy["default-src"] == "'none'"
        assert (
            policy["script-src"] == policy["connect-src"] == policy["manifest-src"] == policy["worker-src"] == "'self'"
        )
        assert policy["img-src"] == "'self' data: blob:"
        assert policy["frame-ancestors"] == "'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "manifest-src" not in policy_of(await pages.get("/health"))


@pytest.mark.parametrize(
    "path",
    [
        "/console/assets/gone-9z.js",
        "/console/assets",
        "/console/gone.png",
        "/console/../secret.txt",
        "/console/..%2fsecret.txt",
        "/console/%2e%2e/secret.txt",
        "/console/assets/..%2f..%2f..%2fsecret.txt",
        "/console/..%2f..%2f..%2fetc%2fpasswd",
        "/console/..%5csecret.txt",
        "/console//etc/hosts.txt",
    ],
)
async def test_what_is_no_file_of_the_build_is_not_found(pages: httpx.AsyncClient, path: str) -> None:
    request = pages.build_request("GET", f"{HOST}/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await pages.send(request)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_a_link_out_of_the_build_is_not_followed(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/console/away")).text == INDEX


async def test_a_page_is_read_and_nothing_else(pages: httpx.AsyncClient) -> None:
    assert (await pages.head("/console/board")).status_code == 200
    refused = await pages.post("/console/board")
    assert (refused.status_code, refused.json()["code"]) == (405, "method.not_allowed")


@pytest.mark.parametrize("word", WORDS)
async def test_a_page_that_is_not_built_names_the_command(pages: httpx.AsyncClient, static: Path, word: str) -> None:
    (static / desks.BUILDS[word] / "index.html").unlink()
    for path in (f"/{word}/", f"/{word}/board"):
        answer = await pages.get(path)
        assert answer.status_code == 503
        assert "python3 run.py web" in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert policy_of(answer)["script-src"] == "'self'"
    assert (await pages.get("/health")).status_code == 200
    (static / desks.BUILDS[word] / "index.html").write_text(INDEX)
    assert (await pages.get(f"/{word}/")).text == INDEX


async def test_the_icon_of_every_page_is_served(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/favicon.ico")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg")
