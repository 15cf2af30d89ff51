"""Names that were given up stay gone: each is a kind of thing and an identifier, not an English word.

What the product is called by is in the glossary; here stands what its code was called before the field's words came in.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup

from processes.__main__ import app
from tests.house.tree import ROOMS, ROOT, files, product, texts

EVERYWHERE = ""
MATCHING, VISITS, ROUTING, SIMULATIONS = "dispatch/matching", "dispatch/visits", "routing", "simulations"

GONE: tuple[tuple[str, str, str], ...] = (
    *(("module", name, EVERYWHERE) for name in ("parked", "quiet", "assembly", "taking", "running")),
    *(("module", name, VISITS) for name in ("door", "course", "moves", "proofs")),
    *(("module", name, MATCHING) for name in ("resolution",)),
    *(("module", name, ROUTING) for name in ("nonsense", "nouns")),
    *(
        ("module", name, SIMULATIONS)
        for name in ("agenda", "cast", "deeds", "playing", "drive", "draws", "tally", "calls")
    ),
    *(("class", name, EVERYWHERE) for name in ("Parked", "Quiet", "House", "Ask", "VisitMissing", "Nonsense")),
    *(("class", name, EVERYWHERE) for name in ("Agenda", "Deed", "Drive", "Dice", "Players")),
    *(("class", name, MATCHING) for name in ("Past",)),
    *(("class ending in", name, EVERYWHERE) for name in ("Wrong", "Nonsense")),
    *(("function", name, EVERYWHERE) for name in ("catch_up", "house", "throw", "drive_of")),
    *(("attribute", name, EVERYWHERE) for name in ("tell", "told", "catch_up", "house")),
    *(("attribute", name, MATCHING) for name in ("tries", "look", "won")),
    *(("function", name, MATCHING) for name in ("look", "won")),
    *(("name", name, MATCHING) for name in ("won", "again")),
    *(("name", name, ROUTING) for name in ("dice", "bank", "won")),
    *(("attribute", name, ROUTING) for name in ("dice", "bank", "won")),
    *(("name", name, SIMULATIONS) for name in ("agenda", "deed", "drive", "dice")),
    *(("name", name, EVERYWHERE) for name in ("found", "one", "known", "told", "past", "house")),
    *(("table", name, EVERYWHERE) for name in ("parked",)),
    *(
        ("text", name, EVERYWHERE)
        for name in ("nowalls_tell", "work.tell(", "assembly.house", "parked list", "# fmt: skip")
    ),
    *(("command", name, EVERYWHERE) for name in ("parked",)),
)
"""(kind, identifier, below which path); `name` is a local, a parameter or a module variable."""

SHARED = ("State", "Rules", "Row", "Order", "Decision", "Rule", "Report", "Choice")
"""Class names that said too little and that several classes had: none may be shared again."""

_HISTORY = ("CHANGELOG.md", "docs/decisions/", "migrations/")
_CODE_SPAN = re.compile(r"`([^`\n]+)`")


def room_of(path: str) -> str:
    """Return the room of a file: its package, or for a test the folder of tests."""
    parts = Path(path).parts[:-1]
    if not parts or parts[0] not in (*ROOMS, "tests"):
        return path
    return "/".join(parts[:2])


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Give every Python file of the product and of its tests, parsed."""
    yield from product().items()
    for path in files():
        name = str(path.relative_to(ROOT))
        if name.startswith("tests/") and name.endswith(".py"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def names_in(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Give the (kind, identifier) pairs that one node of a syntax tree introduces or uses."""
    match node:
        case ast.ClassDef(name=name):
            yield "class", name
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "__tablename__":
                    yield "table", str(ast.literal_eval(line.value))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield "function", name
        case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
            yield "attribute", name
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            yield "name", name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield "name", name


def words_of_commands() -> Iterator[tuple[str, str]]:
    """Give every word of the command line that its help shows, with its path of words."""
    stack: list[tuple[str, object]] = [("nowalls", typer.main.get_command(app))]
    while stack:
        path, command = stack.pop()
        if isinstance(command, TyperGroup):
            for word, inner in command.commands.items():
                if not inner.hidden:
                    yield f"{path} {word}", word
                    stack.append((f"{path} {word}", inner))


def places_of(path: str) -> str:
    """Return the path by which `GONE` names the rooms: a test belongs to the room that it tests."""
    return path.removeprefix("tests/")


def offences() -> dict[str, list[str]]:
    """Collect, by room, every place where a name that was given up is still used."""
    gone = defaultdict(list)
    for kind, name, below in GONE:
        gone[kind, name].append(below)
    ending = {name: below for kind, name, below in GONE if kind == "class ending in"}
    out: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees():
        stem = Path(path).stem.removeprefix("test_")
        pairs = [("module", stem, 1)]
        pairs += [(kind, name, getattr(node, "lineno", 1)) for node in ast.walk(tree) for kind, name in names_in(node)]
        for kind, name, line in pairs:
            if any(places_of(path).startswith(below) for below in gone.get((kind, name), ())):
                out[room_of(path)].append(f"{path}:{line}: the {kind} {name}")
            if kind == "class" and any(name.endswith(end) for end in ending):
                out[room_of(path)].append(f"{path}:{line}: the {kind} {name}")
    written = {name for kind, name, _ in GONE if kind == "text"}
    classes = {name for kind, name, _ in GONE if kind == "class"}
    for path, content in texts():
        if path.startswith(_HISTORY) or path == str(Path(__file__).relative_to(ROOT)):
            continue
        out[room_of(path)] += [f"{path}: {word}" for word in written if word in content]
        if path.endswith(".md"):
            spans = {span for span in _CODE_SPAN.findall(content) if span in classes}
            out[room_of(path)] += [f"{path}: `{span}`" for span in spans]
    shown = {name for kind, name, _ in GONE if kind == "command"}
    out["the command line"] += [path for path, word in words_of_commands() if word in shown]
    return {room: places for room, places in sorted(out.items()) if places}


def test_no_name_that_was_given_up_is_left() -> None:
    assert offences() == {}


def test_no_two_classes_share_a_name_that_says_too_little() -> None:
    where = defaultdict(list)
    for path, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name in SHARED:
                where[node.name].append(path)
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_the_list_of_names_would_find_one() -> None:
    tree = ast.parse("class Agenda:\n    def tell(self, found): self.told = [one for one in found]")
    pairs = Counter(pair for node in ast.walk(tree) for pair in names_in(node))
    expected = {("class", "Agenda"), ("function", "tell"), ("name", "found"), ("attribute", "told"), ("name", "one")}
    assert expected <= set(pairs)
    assert expected - {("function", "tell")} <= {(kind, name) for kind, name, _ in GONE}
