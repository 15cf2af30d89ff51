"""The repository as its own tests see it: every file that belongs to it, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "kit",
    "events",
    "registry",
    "providers",
    "routing",
    "dispatch",
    "civil",
    "bootstrap",
    "api",
    "simulations",
    "processes",
)
# what .gitignore leaves out
_NOT_OURS = {".git", ".venv", ".hypothesis", "var", "node_modules", "__pycache__", "static", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the repository, sorted, without what machines make."""

    def below(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                if path.name not in _NOT_OURS and not path.name.endswith("_cache"):
                    yield from below(path)
            elif path.name not in (".git", "uv.lock", "api.d.ts") and path.suffix != ".pyc":
                yield path

    return tuple(below(ROOT))


def texts() -> Iterator[tuple[str, str]]:
    """Give each text file's path from the root, and its content."""
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@cache
def product() -> dict[str, ast.Module]:
    """Parse the product's Python files: path from the root → syntax tree."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for room in ROOMS
        for path in files()
        if path.suffix == ".py" and path.is_relative_to(ROOT / room)
    }


def last_name(node: ast.expr) -> str:
    """Return the name a call or a base class ends in: `operations.place` is `place`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.id if isinstance(node, ast.Name) else ""
