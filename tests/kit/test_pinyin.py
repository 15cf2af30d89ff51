"""Names as they are typed: initials, in full, and every usual reading of a surname."""

import pytest

from kit.china import pinyin

SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "解": "xie",
    "查": "zha",
    "区": "ou",
    "盖": "ge",
    "任": "ren",
    "朴": "piao",
    "覃": "qin tan",
    "乐": "yue le",
    "缪": "miao",
    "翟": "zhai di",
    "召": "shao",
    "员": "yun",
    "秘": "bi",
    "折": "she",
    "繁": "po",
    "种": "chong",
    "祭": "zhai",
    "黑": "he",
    "洗": "xian",
    "冼": "xian",
    "逄": "pang",
    "尉": "wei yu",
    "费": "fei bi",
    "贠": "yun",
    "沈": "shen",
    "过": "guo",
    "阚": "kan",
    "莘": "shen xin",
    "盛": "sheng",
    "郇": "xun huan",
    "谌": "chen shen",
    "隗": "wei kui",
    "褚": "chu",
    "牟": "mu mou",
    "葛": "ge",
    "车": "che",
    "薄": "bo",
    "柏": "bai",
    "都": "du",
    "句": "gou",
    "燕": "yan",
    "郗": "xi chi",
    "宓": "mi fu",
    "哈": "ha",
    "那": "na",
    "石": "shi",
    "宁": "ning",
    "纪": "ji",
    "贾": "jia",
    "卜": "bu",
    "吕": "lv lu lyu",
    "长孙": "zhangsun",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "澹台": "tantai",
    "单于": "chanyu",
    "令狐": "linghu",
    "欧阳": "ouyang",
}


@pytest.mark.parametrize("surname", SURNAMES)
def test_a_surname_is_found_by_all_its_usual_readings(surname: str) -> None:
    forms = pinyin.forms(surname + "国强")
    for reading in SURNAMES[surname].split():
        assert f"{reading}guoqiang" in forms
        assert any(form.startswith(reading[0]) and form.endswith("gq") for form in forms)


def test_a_name_is_found_by_initials_by_the_surname_in_full_and_in_full() -> None:
    assert pinyin.forms("王小兰")[:3] == ["wxl", "wangxl", "wangxiaolan"]
    assert pinyin.forms("石兰")[:2] == ["sl", "shilan"]
    assert {"oyxz", "ouyxz", "ouyangxz", "ouyangxiuzhu"} <= set(pinyin.forms("欧阳修竹"))


@pytest.mark.parametrize("name", ["", " ", "·", "123"])
def test_what_has_no_letters_has_no_form(name: str) -> None:
    assert pinyin.forms(name) == []


def test_a_name_in_another_script_counts_by_words() -> None:
    assert pinyin.forms("Anna Maria") == ["am", "annamaria"]
    assert "adlmmt" in pinyin.forms("阿迪力·买买提")
    assert "la" in pinyin.forms("李 A")


def test_a_long_name_of_many_readings_stays_small() -> None:
    assert len(pinyin.forms("单单单单单单单单单单")) <= 64 * 6
    assert max(map(len, pinyin.forms("壮" * 60))) <= 6 * 6


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("WXL", "wxl"),
        ("wang xiao lan", "wangxiaolan"),
        ("Xi'an", "xian"),
        ("Lü", "lv"),
        ("wang1", None),
        ("王", None),
        ("", None),
        ("%", None),
    ],
)
def test_what_is_typed_is_pinyin_or_it_is_not(text: str, letters: str | None) -> None:
    assert pinyin.typed(text) == letters
