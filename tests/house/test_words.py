"""Words: the nouns of the code stand in the glossary, and every refusal has its sentences."""

import ast
import re
from collections import Counter, defaultdict
from string import Formatter

from kit import text
from tests.house.tree import ROOT, last_name, product


def refusals() -> dict[str, list[ast.ClassDef]]:
    """Find every class that is a Refusal, directly or not, by name."""
    classes = [node for tree in product().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    names = {"Refusal"}
    while True:
        wider = names | {node.name for node in classes if any(last_name(parent) in names for parent in node.bases)}
        if wider == names:
            break
        names = wider
    by_name = defaultdict(list)
    for node in classes:
        if node.name in names:
            by_name[node.name].append(node)
    return by_name


def code_of(node: ast.ClassDef) -> str | None:
    for line in node.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value:
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            if any(last_name(target) == "code" for target in targets):
                return str(ast.literal_eval(line.value))
    return None


def codes() -> list[str]:
    return [code for nodes in refusals().values() for node in nodes if (code := code_of(node))]


def gaps(sentence: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(sentence) if field}


def test_every_code_belongs_to_one_refusal() -> None:
    assert [code for code, times in Counter(codes()).items() if times > 1] == []


def test_every_code_is_a_noun_and_a_reason() -> None:
    assert [code for code in codes() if not re.fullmatch(r"refused|[a-z_]+\.[a-z_0-9]+", code)] == []


def test_every_refusal_can_be_said_in_chinese_and_english() -> None:
    assert set(codes()) - set(text.catalogue()) == set()
    for code, sentences in text.catalogue().items():
        assert set(sentences) == set(text.LANGUAGES), code
        assert re.search(r"[\u4e00-\u9fff]", sentences["zh"]), f"{code}: the Chinese sentence holds no Chinese"
        assert gaps(sentences["zh"]) == gaps(sentences["en"]), f"{code}: the languages tell different things"


def test_no_sentence_is_left_from_a_refusal_that_is_gone() -> None:
    # api/errors.py answers with a few codes that nobody raises as a Refusal: no such page, no such method
    said = {node.value for tree in product().values() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(text.catalogue()) - said == set()


def test_a_refusal_brings_what_its_sentence_names() -> None:
    unambiguous = {name: nodes for name, nodes in refusals().items() if len(nodes) == 1 and code_of(nodes[0])}
    missing = []
    for path, tree in product().items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and last_name(node.func) in unambiguous):
                continue
            given = {keyword.arg for keyword in node.keywords}
            code = code_of(unambiguous[last_name(node.func)][0])
            wanted = gaps(text.catalogue().get(str(code), {}).get("zh", ""))
            if None not in given and not wanted <= given:
                missing.append(f"{path}:{node.lineno}: {code} lacks {sorted(wanted - given)}")
    assert missing == []


def test_a_sentence_is_said_with_what_was_given_and_shows_what_was_not() -> None:
    assert text.sentence("setting.invalid", "en", name="NOWALLS_PORT", why="no number").startswith(
        "The setting NOWALLS_PORT"
    )
    assert "{why}" in text.sentence("setting.invalid", "en", name="NOWALLS_PORT")
    assert text.sentence("refused", "xx") == text.sentence("refused", "zh")


def test_every_noun_of_the_code_stands_in_the_glossary() -> None:
    glossary = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")))
    nouns = {
        node.name: path
        for path, tree in product().items()
        if path.endswith("/model.py")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
    assert {noun: path for noun, path in nouns.items() if noun not in glossary} == {}
