"""What a name is typed as by who hears it: initials, or syllables without tones, in every usual reading."""

import re
from functools import lru_cache
from itertools import islice, product
from typing import Final

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_SYLLABLE: Final = re.compile(rf"[{_HAN}]|[^\W\d_{_HAN}]+")
_SURNAMES: Final = {"谌": ("shen",), "费": ("bi",), "贠": ("yun",), "载": ("dai",), "黑": ("he",)}
"""What the dictionary's readings of a character lack where it is, or begins, a surname."""
_MOST_READINGS: Final = 3
"""How many readings of a character count that is no surname; the dictionary has the usual ones first."""
_LONGEST: Final = 6
"""How many syllables of a name count; a longer one is found by its beginning."""
_MOST_WAYS: Final = 64
"""How many ways to read a whole name count, those of the usual readings first."""


def forms(name: str) -> list[str]:
    """Return what a name is found by: `wxl`, `wangxl` and `wangxiaolan` for 王小兰, in small letters.

    The first syllables stand in full and the others as initials; each word in another script counts as a syllable.
    Whoever types the beginning of a form means the name.
    """
    parts = _SYLLABLE.findall(name)[:_LONGEST]
    readings = [_readings(part, surname=place == 0) for place, part in enumerate(parts)]
    made: dict[str, None] = {}
    for way in islice(product(*readings), _MOST_WAYS):
        # With all but the last in full it would be the beginning of the whole.
        for whole in (*range(len(way) - 1), len(way)):
            made["".join(way[:whole]) + "".join(syllable[0] for syllable in way[whole:])] = None
    return [form for form in made if form]


def typed(text: str) -> str | None:
    """Return what somebody typed as it may begin a form: `Wang Xiao` is `wangxiao`; null where it is no pinyin."""
    letters = re.sub(r"[\s'’·-]+", "", text).casefold().replace("ü", "v")
    return letters if re.fullmatch(r"[a-z]+", letters) else None


@lru_cache(maxsize=8192)
def _readings(part: str, *, surname: bool) -> tuple[str, ...]:
    """Return how one character, or one word in another script, is typed; the usual readings first."""
    if not re.fullmatch(rf"[{_HAN}]", part):
        return (part.casefold(),)
    from pypinyin import Style, pinyin  # noqa: PLC0415 - every command would start later by it

    (every,) = pinyin(part, style=Style.NORMAL, heteronym=True)
    spoken = [*every, *_SURNAMES.get(part, ())] if surname else every[:_MOST_READINGS]
    return tuple(dict.fromkeys(spelt for reading in spoken for spelt in _spellings(reading)))


def _spellings(reading: str) -> list[str]:
    """Return how a syllable with ü is typed: 吕 is lv at a keyboard, lu by ear and lyu in a passport."""
    before, sign, after = reading.partition("v")
    return [before + vowel + after for vowel in ("v", "u", "yu")] if sign else [reading]
