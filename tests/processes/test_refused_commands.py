"""A command that is typed wrongly says what is wrong, in Chinese and in English, and never how Python met it."""

import sys
from pathlib import Path

import pytest

from processes import __main__ as command_line

ID = "0192c3d4-0000-7000-8000-000000000000"


def typed(monkeypatch: pytest.MonkeyPatch, home: Path, *words: str) -> int:
    monkeypatch.setenv("NOWALLS_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["nowalls", *words])
    try:
        return command_line.main()
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    ("words", "code", "chinese", "english"),
    [
        (["serv"], 2, "没有这个命令", "There is no such command"),
        (["import"], 2, "缺少参数", "lacks an argument"),
        (["import", "people"], 2, "缺少参数", "lacks an argument"),
        (["serve", "--demos"], 2, "没有这个选项", "no such option"),
        (["accounts", "open", "somebody", "boss"], 2, "参数的值不对", "cannot have"),
        (["accounts", "open", "somebody", "worker", "--worker-id", "7"], 2, "参数的值不对", "cannot have"),
        (["dead-letters", "replay", "seven"], 2, "参数的值不对", "cannot have"),
        (["import", "persons", "here.csv"], 1, "没有“persons”这种清单", "There is no list “persons”"),
        (["import", "people", "{home}/nowhere.csv"], 1, "读不了文件", "cannot be read"),
        (["import", "people", "{home}"], 1, "读不了文件", "cannot be read"),
        (["import", "people", "here.csv", "--column", "name"], 1, "看不懂", "is not understood"),
        (["import", "people", "here.csv", "--column", "=x"], 1, "看不懂", "is not understood"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else None,
)
def test_what_is_wrong_with_it_is_said_in_both_languages(  # noqa: PLR0917 - four are the case's, three pytest's own
    words: list[str],
    code: int,
    chinese: str,
    english: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert typed(monkeypatch, tmp_path, *(word.format(home=tmp_path) for word in words)) == code
    said = capsys.readouterr()
    assert chinese in said.err
    assert english in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize("words", [[], ["accounts"], ["dead-letters"], ["kafka"], ["rehearsal"]], ids=str)
def test_a_word_that_has_words_of_its_own_lists_them(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, tmp_path, *words) == 2
    assert "Commands" in capsys.readouterr().out


def test_serve_says_what_leaves_the_district_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, tmp_path, "serve", "--help") == 0
    assert "--no-demo" in capsys.readouterr().out
