"""Readers of columns in Chinese lists: sex, map datum, place, resident ID, unified social credit code, telephone."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from kit.china import identifiers, phone
from kit.geo import Datum
from kit.imports.column import Column
from kit.imports.readers import FullWidth, Reader, choice, degrees, narrow, reads

sex = choice(
    {
        "男": identifiers.Sex.MALE,
        "女": identifiers.Sex.FEMALE,
        "男性": identifiers.Sex.MALE,
        "女性": identifiers.Sex.FEMALE,
        "male": identifiers.Sex.MALE,
        "female": identifiers.Sex.FEMALE,
        "m": identifiers.Sex.MALE,
        "f": identifiers.Sex.FEMALE,
        "1": identifiers.Sex.MALE,
        "2": identifiers.Sex.FEMALE,
    }
)

datum = choice(
    {
        "WGS84": Datum.WGS84,
        "GCJ02": Datum.GCJ02,
        "BD09": Datum.BD09,
        "WGS-84": Datum.WGS84,
        "GCJ-02": Datum.GCJ02,
        "BD-09": Datum.BD09,
        "GPS": Datum.WGS84,
        "CGCS2000": Datum.WGS84,  # the same ellipsoid to 0.1 mm, and the same frame to some centimetres
        "高德": Datum.GCJ02,
        "腾讯": Datum.GCJ02,
        "火星坐标": Datum.GCJ02,
        "百度": Datum.BD09,
    }
)

_DATUMS: Final = {
    word: ("datum", value)
    for value, words in {
        Datum.WGS84: ("wgs84", "gps", "cgcs2000", "国家2000", "2000国家大地"),
        Datum.GCJ02: ("gcj02", "火星", "高德", "腾讯", "国测局"),
        Datum.BD09: ("bd09", "百度"),
    }.items()
    for word in words
}


def place_columns(*, required: bool = True) -> tuple[Column, ...]:
    """Return the columns of a place: latitude, longitude, and the map datum, which the first two may name as well."""
    return (
        Column("latitude", ("纬度",), degrees, required=required, implies=_DATUMS),
        Column("longitude", ("经度",), degrees, required=required, implies=_DATUMS),
        Column("datum", ("坐标系",), datum, required=False, default=Datum.WGS84, assumed="WGS-84"),
    )


@reads(
    "居民身份证号，18 位或 1999 年以前的 15 位；空格不计",
    "a resident ID of 18 or, before 1999, 15 characters; blanks not counted",
    identifiers.ResidentIdShape.code,
    identifiers.ResidentIdBirth.code,
    identifiers.ResidentIdChecksum.code,
    FullWidth.code,
)
def resident_id(cell: str) -> identifiers.ResidentId:
    """Read a resident ID."""
    return identifiers.read_resident_id(narrow(cell))


@reads(
    "统一社会信用代码，18 位",
    "a unified social credit code of 18 characters",
    identifiers.UsccShape.code,
    identifiers.UsccChecksum.code,
    FullWidth.code,
)
def uscc(cell: str) -> str:
    """Read a unified social credit code."""
    return identifiers.read_uscc(narrow(cell))


_PHONE_ZH: Final = "手机、固定电话或 400/800 号码；空格、横线、括号、+86 不计，缺区号的补上本区区号"
_PHONE_EN: Final = (
    "a mobile, landline or 400/800 number; blanks, dashes, brackets and +86 do not count, and the district's area code "
    "completes a landline without one"
)


_PHONE_CODES: Final = (
    phone.PhoneShape.code,
    phone.PhoneExtension.code,
    phone.PhoneSeveral.code,
    phone.PhoneZeroLost.code,
    FullWidth.code,
)


def _telephone(area_code: str | None) -> Reader:
    return Reader(lambda cell: phone.normalise(narrow(cell), area_code=area_code), _PHONE_ZH, _PHONE_EN, _PHONE_CODES)


telephone: Final = _telephone(None)
"""Reads a telephone number into its normalised form; `with_area_code` gives it the district's area code."""


def with_area_code(columns: Iterable[Column], area_code: str) -> tuple[Column, ...]:
    """Return the columns, those of telephones with the area code that completes a number."""
    complete = _telephone(area_code)
    return tuple(replace(column, read=complete) if column.read is telephone else column for column in columns)
