"""How much one relief grant may be at most. Pure; money is integer fen."""


def most(month_fen: int, months: int, persons: int, town_fen: int | None = None) -> int:
    """Return the most of a grant for so many persons; where a town grants at once, not above its own ceiling."""
    ceiling = month_fen * months * persons
    return ceiling if town_fen is None else min(ceiling, town_fen)
