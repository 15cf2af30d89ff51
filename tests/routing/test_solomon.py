"""Solomon's files: what is read of them, and that a file with a fault is refused instead of half read."""

import pytest

from routing.readers import solomon
from routing.readers.solomon import Customer, Instance, NotSolomon

FILE = """TOY

VEHICLE
NUMBER     CAPACITY
  3         50

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      35         35          0          0       230          0
    1      41         49         10        161       171         10
    2      35         17          7         50        60         10
    3      55         45         13        116       126         10
"""


def test_an_instance_is_read_as_the_file_says_it() -> None:
    customers = (
        Customer(35, 35, 0, 0, 230, 0),
        Customer(41, 49, 10, 161, 171, 10),
        Customer(35, 17, 7, 50, 60, 10),
        Customer(55, 45, 13, 116, 126, 10),
    )
    assert solomon.parse(FILE, "TOY") == Instance("TOY", 3, 50, customers)


def test_distances_are_cut_off_after_the_first_decimal() -> None:
    # sqrt(6² + 14²) = 15.2315…, sqrt(20² + 10²) = 22.3606…
    assert solomon.distances(solomon.parse(FILE, "TOY"))[0] == [0, 152, 180, 223]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("41         49", "41.5       49"),
        ("41         49", "east       49"),
        ("41         49", "nan        49"),
        ("41         49", "99999999999999999999 49"),
        ("161       171         10", "161       171"),
        ("161       171         10", "161       171         10   1"),
        ("    2      35         17          7         50        60         10\n", ""),
        ("    2      35", "    2  35  17  7  50  60  10\n    2      35"),
        ("  3         50", "  three     50"),
        ("  3         50", "  3        -50"),
        ("CUST NO.", "NUMBER"),
        (FILE[FILE.index("    1  ") :], ""),
        (FILE[FILE.index("    0  ") :], ""),
        (FILE, ""),
    ],
)
def test_a_file_with_a_fault_is_refused(written: str, instead: str) -> None:
    assert FILE.count(written) == 1
    with pytest.raises(NotSolomon):
        solomon.parse(FILE.replace(written, instead), "TOY")
