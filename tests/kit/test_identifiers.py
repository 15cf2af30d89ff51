"""The numbers of people, bodies and places."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.china import identifiers
from kit.china.identifiers import Sex

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))


@pytest.mark.parametrize(
    ("number", "born_on", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), Sex.FEMALE),  # the example printed in GB 11643-1999
        ("440524188001010014", date(1880, 1, 1), Sex.MALE),
        (" 110105 19491231 002x ", date(1949, 12, 31), Sex.FEMALE),
    ],
)
def test_the_printed_examples_of_the_standard_are_read(number: str, born_on: date, sex: Sex) -> None:
    resident_id = identifiers.read_resident_id(number)
    assert (resident_id.born_on, resident_id.sex) == (born_on, sex)
    assert len(resident_id.number) == 18


@given(days, st.integers(0, 999))
def test_a_composed_number_reads_back_as_it_was_made(born_on: date, sequence: int) -> None:
    number = identifiers.compose_resident_id(area="130999", born_on=born_on, sequence=sequence)
    resident_id = identifiers.read_resident_id(number)
    assert resident_id == identifiers.ResidentId(number, "130999", born_on, Sex.MALE if sequence % 2 else Sex.FEMALE)


@given(days, st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_every_single_wrong_character_is_noticed(born_on: date, sequence: int, place: int, by: int) -> None:
    number = identifiers.compose_resident_id(area="130999", born_on=born_on, sequence=sequence)
    digit = 10 if number[place] == "X" else int(number[place])
    wrong = number[:place] + str((digit + by) % 10) + number[place + 1 :]
    if wrong == number:
        return
    with pytest.raises((identifiers.ResidentIdChecksum, identifiers.ResidentIdBirth)):
        identifiers.read_resident_id(wrong)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(1999, 12, 31)), st.integers(0, 999))
def test_a_fifteen_digit_number_is_upgraded_into_its_century(born_on: date, sequence: int) -> None:
    whole = identifiers.compose_resident_id(area="130999", born_on=born_on, sequence=sequence)
    assert identifiers.read_resident_id(whole[:6] + whole[8:17]).number == whole


@pytest.mark.parametrize("number", ["", "123", "1101051949123100", "A1010519491231002X", "1101051949123１002X"])
def test_what_is_no_number_is_refused_for_its_shape(number: str) -> None:
    with pytest.raises(identifiers.ResidentIdShape):
        identifiers.read_resident_id(number)


@pytest.mark.parametrize("seventeen", ["13099919500230001", "13099919501301001", "13099919500001001"])
def test_a_birth_day_that_never_was_is_refused(seventeen: str) -> None:
    with pytest.raises(identifiers.ResidentIdBirth):
        identifiers.read_resident_id(seventeen + identifiers.resident_check(seventeen))


def test_the_checks_are_those_of_the_standards_tables_for_a_hundred_thousand_numbers() -> None:
    """The library against the weights printed in GB 11643-1999 and GB 32100-2015; half of the numbers each."""
    rng = np.random.default_rng(20260302)
    digits = rng.integers(0, 10, (50_000, 17))
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    checks = ["10X98765432"[remainder] for remainder in digits @ weights % 11]
    assert [identifiers.resident_check("".join(map(str, row))) for row in digits.tolist()] == checks
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    values = rng.integers(0, 31, (50_000, 17))
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    checks = [alphabet[remainder] for remainder in -(values @ weights) % 31]
    assert [identifiers.uscc_check("".join(alphabet[value] for value in row)) for row in values.tolist()] == checks


def test_the_code_of_a_body_that_is_no_company_is_read_too() -> None:
    # GB 32100-2015 table 1: A, N and Y are registering departments; python-stdnum's own validation refuses them
    for seventeen in ("N2130999MA0000000", "Y1130999MA0000000", "A1130999MA0000000"):
        code = seventeen + identifiers.uscc_check(seventeen)
        assert identifiers.read_uscc(code) == code


def test_a_known_credit_code_is_read() -> None:
    # the State Administration for Market Regulation's own code
    assert identifiers.read_uscc("11100000MB0143028R") == "11100000MB0143028R"


@given(st.integers(0, 999_999_999), st.integers(0, 17))
def test_a_credit_code_with_one_wrong_character_is_refused(sequence: int, place: int) -> None:
    code = identifiers.compose_uscc(area="130999", sequence=sequence)
    assert identifiers.read_uscc(code.lower()) == code
    wrong = code[:place] + ("1" if code[place] != "1" else "2") + code[place + 1 :]
    with pytest.raises((identifiers.UsccChecksum, identifiers.UsccShape)):
        identifiers.read_uscc(wrong)


@pytest.mark.parametrize("code", ["", "9113099900000000", "91130999I000000001", "9113A999000000001X"])
def test_what_is_no_credit_code_is_refused_for_its_shape(code: str) -> None:
    with pytest.raises(identifiers.UsccShape):
        identifiers.read_uscc(code)


@pytest.mark.parametrize(
    ("typed", "code", "prefix"),
    [
        ("130903", "130903000000", "130903"),
        ("130903100", "130903100000", "130903100"),
        ("130903100201", "130903100201", "130903100201"),
        ("130903001000", "130903001000", "130903001"),
        ("130900000000", "130900000000", "1309"),
    ],
)
def test_a_division_holds_whatever_starts_with_its_prefix(typed: str, code: str, prefix: str) -> None:
    assert identifiers.read_division_code(typed) == code
    assert identifiers.division_prefix(code) == prefix


def test_a_person_of_29_february_turns_older_on_1_march() -> None:
    born_on = date(1940, 2, 29)
    assert identifiers.age_on(born_on, date(2021, 2, 28)) == 80
    assert identifiers.age_on(born_on, date(2021, 3, 1)) == 81
    assert identifiers.age_on(born_on, date(2024, 2, 29)) == 84
