"""The sentences of refusals (`refusals.toml`) and the words for values (`words.toml`) of the rooms; Chinese first."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh", "en")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read every `refusals.toml` of the rooms: code → language → sentence. A code said twice is a bug."""
    return _read("refusals.toml")


@cache
def words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read every `words.toml` of the rooms: enumeration → value → language → word."""
    return _read("words.toml")


def _read(name: str) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for room in sorted(ROOT.glob("*/__init__.py")):
        for path in sorted(room.parent.rglob(name)):
            for key, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
                if key in entries:
                    message = f"{path.relative_to(ROOT)} says {key} a second time"
                    raise ValueError(message)
                entries[key] = entry
    return entries


def sentence(code: str, language: str = "zh", /, **parameters: Any) -> str:
    """Return the sentence of a refusal's code with its parameters filled in; Chinese where the language is unknown.

    A parameter that is a value of an enumeration, or several, is said in its words. One that was not given stays
    visible in braces: an answer with a gap is better than no answer.
    """
    sentences = catalogue()[code]
    language = language if language in sentences else "zh"
    shown = {name: _in_words(value, language) for name, value in parameters.items()}
    return sentences[language].format_map(_Gaps(shown))


def _in_words(value: Any, language: str) -> Any:
    if isinstance(value, list | tuple):
        return ("、" if language == "zh" else ", ").join(str(_in_words(part, language)) for part in value)
    if not isinstance(value, StrEnum):
        return value
    word = words().get(type(value).__name__, {}).get(value.value, {})
    return word.get(language, value.value)


class _Gaps(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"
