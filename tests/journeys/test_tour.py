"""docs/tour.md, run as it is written: every command in order, every answer that the page shows compared."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machine import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tour.md"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "\x1e"
_ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Step:
    """One block of commands, the heading it stands under, and what the page says will be seen."""

    title: str
    commands: str
    shown: str | None


def steps(page: str) -> list[Step]:
    parsed: list[Step] = []
    for fence in _FENCE.finditer(page):
        kind, content = fence.groups()
        if kind == "sh":
            title = re.findall(r"^## (.*)$", page[: fence.start()], re.MULTILINE)[-1]
            parsed.append(Step(title, content, None))
        elif kind == "text":
            last = parsed.pop()
            assert last.shown is None, f"two answers to one block under {last.title}"
            parsed.append(Step(last.title, last.commands, content))
        else:
            pytest.fail(f"a block of docs/tour.md is neither commands (sh) nor what they show (text): {kind}")
    return parsed


def agrees(shown: str, printed: str) -> bool:
    """Compare what the page shows with what was printed; … stands for whatever differs from run to run."""
    pattern = ".*?".join(re.escape(piece) for piece in shown.strip().split(_ANYTHING))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


pytestmark = pytest.mark.timeout(900)
STEPS = steps(PAGE.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk through the page printed, block by block, and how it ended."""

    printed: list[str]
    code: int
    rest: str


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    script = "\n".join(f"printf '{_MARK}'\n{step.commands}" for step in STEPS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOWALLS_")} | {
        "NOWALLS_PORT": str(free_port()),
        "TMPDIR": str(tmp_path_factory.mktemp("tour")),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    output = Path(environment["TMPDIR"]) / "printed"
    with output.open("w") as file:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
            start_new_session=True,
        )
    _, *printed = output.read_text(encoding="utf-8").split(_MARK)
    return Walk(printed, done.returncode, output.read_text(encoding="utf-8")[-3000:])


def test_the_tour_runs_to_its_end_as_it_is_written(walk: Walk) -> None:
    assert walk.code == 0, walk.rest
    assert len(walk.printed) == len(STEPS)


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[f"{n}-{step.title}" for n, step in enumerate(STEPS)])
def test_each_step_shows_what_the_page_says(walk: Walk, number: int) -> None:
    step = STEPS[number]
    if number >= len(walk.printed):
        pytest.fail(f"the walk ended before: {walk.rest}")
    assert agrees(step.shown or _ANYTHING, walk.printed[number]), f"{step.shown}\n--- was\n{walk.printed[number]}"


def test_the_tour_tells_the_whole_way() -> None:
    page = PAGE.read_text(encoding="utf-8").lower()
    words = (
        "sign_in operator1",
        "/requests",
        "/acceptance",
        "/arrival",
        "/leaving",
        "/rating",
        "/rates",
        "/statements",
    )
    assert [word for word in words if word not in page] == []


def test_an_answer_that_differs_is_noticed() -> None:
    assert agrees("a … c\n", "a b\nb c")
    assert not agrees("a … c", "a b d")
    assert not agrees("state: paid", "state: approved")
    assert not agrees("1 (…)", "11 ()")
