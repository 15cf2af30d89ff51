"""Readers of columns in Chinese lists: sex, map datum, resident ID, unified social credit code, telephone."""

from functools import partial

from kit.china import identifiers, phone
from kit.geo import Datum
from kit.imports.columns import Read, choice, narrow

sex = choice(
    {
        "男": identifiers.Sex.MALE,
        "女": identifiers.Sex.FEMALE,
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
        "高德": Datum.GCJ02,
        "腾讯": Datum.GCJ02,
        "百度": Datum.BD09,
    }
)


def resident_id(cell: str) -> identifiers.ResidentId:
    """Read a resident ID."""
    return identifiers.read_resident_id(narrow(cell))


def uscc(cell: str) -> str:
    """Read a unified social credit code."""
    return identifiers.read_uscc(narrow(cell))


def telephone(area_code: str | None = None) -> Read:
    """Read a telephone number into its normalised form."""
    return lambda cell: partial(phone.normalise, area_code=area_code)(narrow(cell))
