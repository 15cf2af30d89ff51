"""The floors and the list of rooms: nothing that a package owns can be left out without a test that fails."""

import ast
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.configuration import configure
from importlinter.contracts.layers import LayersContract

from bootstrap import imports
from events.delivery.bus import Handler
from kit import text
from kit.database import Base
from processes.rooms import ROOMS
from tests.house.tree import ROOT, product

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
FLOORS: dict[str, Any] = LINTER["contracts"][0]
HEIGHTS = [(floor, height) for height, line in enumerate(FLOORS["layers"]) for floor in line.split(" | ")]
UPWARD = [(low, high) for (high, above), (low, below) in combinations(HEIGHTS, 2) if above < below]
FOUNDATION = {"pending_change", "rule"}
"""Tables of the foundation, which no room declares: the dated rules, and the pending changes."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    configure()
    return grimp.build_graph(*LINTER["root_packages"], include_external_packages=True)


def _kept(graph: grimp.ImportGraph) -> bool:
    options = {key: value for key, value in FLOORS.items() if key not in ("name", "type")}
    contract = LayersContract(
        name=FLOORS["name"], session_options={"root_packages": LINTER["root_packages"]}, contract_options=options
    )
    return bool(contract.check(graph, verbose=False).kept)


def test_every_package_of_the_product_stands_on_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(LINTER["root_packages"]) == packages
    assert {floor for floor, _ in HEIGHTS} == packages


def test_the_floors_are_kept(graph: grimp.ImportGraph) -> None:
    assert _kept(graph)


@pytest.mark.parametrize(("low", "high"), UPWARD, ids=[f"{low}-imports-{high}" for low, high in UPWARD])
def test_an_import_upwards_is_refused(graph: grimp.ImportGraph, low: str, high: str) -> None:
    lower, higher = (
        next(name for name in sorted(graph.modules) if name.startswith(f"{floor}.")) for floor in (low, high)
    )
    graph.add_import(importer=lower, imported=higher, line_number=1, line_contents=f"import {higher}")
    try:
        assert not _kept(graph)
    finally:
        graph.remove_import(importer=lower, imported=higher)


def test_no_import_of_our_own_is_hidden_in_a_string() -> None:
    hidden = []
    for name, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                argument = node.args[0]
                whole = isinstance(argument, ast.Constant) and str(argument.value).split(".")[0]
                if not whole or (ROOT / whole / "__init__.py").exists():
                    hidden.append(f"{name}:{node.lineno}")
    assert hidden == []


def test_every_table_belongs_to_a_room() -> None:
    declared = [model.__tablename__ for room in ROOMS for model in room.models]
    assert len(declared) == len(set(declared))
    assert {table.name for table in Base.metadata.sorted_tables} == {*declared, *FOUNDATION}


def _defined(file: str) -> dict[str, ast.Module]:
    return {name: tree for name, tree in product().items() if Path(name).name == file}


def test_every_model_handler_and_room_is_in_the_list() -> None:
    rooms = {room.name for room in ROOMS}
    packages = {str(Path(name).parent).replace("/", ".") for name in _defined("room.py")} - {"kit"}
    assert rooms == packages
    owners = {str(Path(name).parent).replace("/", ".") for name in _defined("model.py") | _defined("handlers.py")}
    assert owners - rooms == {"kit.rules"}  # its one table belongs to the foundation


def test_every_handler_is_declared_by_its_room() -> None:
    written = {
        f"{str(Path(name).with_suffix('')).replace('/', '.')}.{node.name}"
        for name, tree in product().items()
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef)
        and any(
            isinstance(mark, ast.Call) and ast.unparse(mark.func) in {"on", "on_several"}
            for mark in node.decorator_list
        )
    }
    handlers = [handler for room in ROOMS for handler in room.handlers]
    assert all(isinstance(handler, Handler) for handler in handlers)
    declared = {
        f"{handler.act.__module__}.{handler.act.__name__}" for handler in handlers if isinstance(handler, Handler)
    }
    assert written == declared


def test_every_router_of_the_interface_is_declared() -> None:
    files = {
        name
        for name, tree in product().items()
        if name.startswith("api/")
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "router"
    }
    routers = [router for room in ROOMS for router in room.routers]
    assert len(files) == len(routers) == len(set(map(id, routers)))


def test_chores_and_kinds_of_lists_have_names_of_their_own() -> None:
    chores = [chore.name for room in ROOMS for chore in room.chores]
    assert len(chores) == len(set(chores))
    assert {"divisions", "people", "providers", "workers", "catalogue", "requests"} <= imports.kinds(ROOMS).keys()


def test_every_file_of_sentences_lies_in_a_room_or_below_all_rooms() -> None:
    declared = {room.refusals for room in ROOMS if room.refusals is not None}
    assert all(path.exists() for path in declared)
    packages = {Path(room.name.replace(".", "/")) for room in ROOMS}
    for path in ROOT.glob("*/**/refusals.toml"):
        folder = path.parent.relative_to(ROOT)
        if folder in packages:
            assert path in declared, f"{folder}/room.py does not name its refusals.toml"
    assert text.catalogue()


def test_every_rule_of_a_package_is_declared_by_its_room() -> None:
    written = {
        f"{str(Path(name).parent).replace('/', '.')}.{node.name}"
        for name, tree in _defined("rules.py").items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(line).startswith("about:") for line in node.body)
    }
    declared = [(room.name, rule) for room in ROOMS for rule in room.rules]
    assert written == {f"{room}.{rule.__name__}" for room, rule in declared}
    names = [rule.about.name for _, rule in declared]
    assert len(names) == len(set(names))
