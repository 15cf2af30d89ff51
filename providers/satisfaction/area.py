"""Division codes as areas: a code of any level stands for everything below it."""

_LEVELS = (2, 4, 6, 9, 12)  # province, city, county, township, village: GB/T 2260 and 统计用区划代码


def prefix(code: str) -> str:
    """Return the significant digits of a division: `330382000000` and `330382` are both the county `330382`."""
    for level in _LEVELS:
        if len(code) >= level and not code[level:].strip("0"):
            return code[:level]
    return code


def bounds(code: str) -> tuple[str, str]:
    """Return the first and last village code inside a division, for a range that an index can answer."""
    significant = prefix(code)
    return significant.ljust(12, "0"), significant.ljust(12, "9")
