"""Take the pictures of docs/desks/: every page of a fresh demo district, in two languages, on a desk and on a phone.

`python3 run.py pictures` starts the platform in an empty home of its own, a rehearsal in the middle of a morning, waits
until the demo district has lived for a while, signs in at each desk and writes `NAME-LANGUAGE-SIZE.png`. What stands
there is replaced.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "desks"
LIVED_SECONDS = 240
"""How long the demo lives before the first picture: about sixteen calls beside those of its yesterday."""
STARTED_SECONDS = 600
MORNING = "10:40"
"""When the pictures begin, by the district's clock."""
SIZES = {"desk": (1366, 768), "phone": (390, 844)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
_ACCOUNT = re.compile(r"│\s*(\S+)\s*│\s*(\w+)\s*│\s*([\w-]{16})\s*│")
_ADMINISTRATOR = re.compile(r"\badmin / ([\w-]{16})")


@dataclass(frozen=True, slots=True)
class Picture:
    """One page: the name of its file, who signs in, where, and what is done before the picture is taken."""

    name: str
    account: str
    path: str
    act: Callable[[Page], None] = lambda _page: None
    dark: bool = False
    sizes: tuple[str, ...] = ("desk", "phone")


def _call(page: Page) -> None:
    """Answer a call by keys: the first elder named Wang, the usual item, tomorrow at eleven, and who comes."""
    page.keyboard.press("F2")
    page.keyboard.type("王")
    page.keyboard.press("Enter")
    page.locator(".queue button.q").first.wait_for()
    if page.locator(".queue button.q").count() > 1:
        page.keyboard.press("1")
    page.locator(".usual button").first.wait_for()
    page.keyboard.press("1")
    page.keyboard.type("m1100")
    page.keyboard.press("Enter")
    page.locator(".out .pick").or_(page.locator(".order [role=alert]")).first.wait_for()


def _first(selector: str) -> Callable[[Page], None]:
    """Click what the selector finds first, if there is any."""

    def act(page: Page) -> None:
        if page.locator(selector).count():
            page.locator(selector).first.click()

    return act


PICTURES = (
    Picture("call", "operator", "/console/calls", _call),
    Picture("call-dark", "operator", "/console/calls", _call, dark=True, sizes=("desk",)),
    Picture("board", "operator", "/console/board", _first(".board tbody tr")),
    Picture("map", "operator", "/console/map"),
    Picture("callbacks", "operator", "/console/callbacks"),
    Picture("complaints", "operator", "/console/complaints"),
    Picture("overview", "manager", "/console/overview"),
    Picture("overview-wall", "manager", "/console/overview?wall=1", sizes=("desk",)),
    Picture("number", "manager", "/console/overview/unserved"),
    Picture("dispatch", "company", "/console/dispatch"),
    Picture("finance", "finance", "/console/finance"),
    Picture("civil-cases", "clerk", "/console/civil/cases", _first(".civil tbody button")),
    Picture("civil-ledger", "section", "/console/civil/ledger", _first(".civil tbody button")),
    Picture("civil-runs", "finance", "/console/civil/pay-runs", _first(".civil tbody button")),
    Picture("civil-funds", "manager", "/console/civil/funds", _first(".civil tbody button")),
    Picture("civil-report", "manager", "/console/civil/report"),
    Picture("changes", "manager", "/console/changes"),
    Picture("imports", "manager", "/console/imports"),
    Picture("settings", "admin", "/console/settings"),
    Picture("account", "operator", "/console/account"),
    Picture("field", "worker", "/field/", sizes=("phone",)),
)


@contextmanager
def served(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a rehearsal in an empty home; give its address and the demo's passwords, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOWALLS_")} | {
        "NOWALLS_HOME": str(home),
        "NOWALLS_PORT": str(port),
        "COLUMNS": "160",
    }
    program = [sys.executable, "-m", "processes"]
    for words in (["rehearsal", "begin"], ["rehearsal", "forward", MORNING]):
        subprocess.run([*program, *words], cwd=ROOT, env=environment, check=True)
    server = subprocess.Popen(
        [*program, "serve", "--no-history"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    passwords: dict[str, str] = {}

    def read() -> None:
        for line in server.stdout or ():
            print(line, end="", flush=True)
            if match := _ADMINISTRATOR.search(line):
                passwords["admin"] = match[1]
            if match := _ACCOUNT.search(line):
                passwords[match[2]] = match[3]

    Thread(target=read, daemon=True).start()
    try:
        deadline = time.monotonic() + STARTED_SECONDS
        while not {picture.account for picture in PICTURES} <= passwords.keys():
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit("[nowalls] the demo district did not start; the reason stands above")
            time.sleep(1)
        yield f"http://127.0.0.1:{port}", passwords
    finally:
        server.terminate()
        server.wait(60)


def take(browser: Browser, address: str, password: str, picture: Picture, *, language: str, size: str) -> Path:
    """Sign in, do what the picture asks for and write its file."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address + picture.path)
    page.fill(".sign-in [name=username]", picture.account)
    page.fill(".sign-in [name=password]", password)
    page.keyboard.press("Enter")
    page.locator(".sign-in").wait_for(state="detached")
    page.wait_for_load_state("networkidle" if "field" in picture.path else "load")
    page.wait_for_timeout(1500)
    picture.act(page)
    page.wait_for_timeout(1500)
    file = FOLDER / f"{picture.name}-{language}-{size}.png"
    page.screenshot(path=file)
    context.close()
    return file


def main() -> None:
    """Take every picture, or those named by the arguments; say where each is."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("[nowalls] 没有 chromium · chromium is not installed (on Debian: apt-get install chromium)")
    wanted = set(sys.argv[1:])
    if unknown := wanted - {picture.name for picture in PICTURES}:
        sys.exit(f"[nowalls] 没有这张图 · no such picture: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nowalls-pictures-") as home, served(Path(home)) as (address, passwords):
        print(f"[nowalls] the district lives for {LIVED_SECONDS} s before the first picture", flush=True)
        time.sleep(LIVED_SECONDS)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for picture in PICTURES:
                if wanted and picture.name not in wanted:
                    continue
                for language in LANGUAGES:
                    for size in picture.sizes:
                        file = take(browser, address, passwords[picture.account], picture, language=language, size=size)
                        print(f"[nowalls] {file.relative_to(ROOT)}", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
