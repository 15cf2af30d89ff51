"""The arithmetic of funds: what is left, and when a fund is low. Pure; money is integer fen."""


def left(balance_fen: int, plan_fen: int, paid_fen: int) -> int:
    """Return what may be paid without a second person's consent: within the balance and within the year's plan."""
    return max(0, min(balance_fen, plan_fen - paid_fen))


def low_below(floor_fen: int, percent: int) -> int:
    """Return the balance below which a fund is low: a share of the least that a year's plan may be."""
    return floor_fen * percent // 100
