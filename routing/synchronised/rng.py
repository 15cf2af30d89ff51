"""Random numbers inside compiled code, from a state that belongs to one search (splitmix64, Steele et al. 2014)."""

import numpy as np
import numpy.typing as npt

from routing.compiled import part

Dice = npt.NDArray[np.uint64]


def make(seed: int) -> Dice:
    """Return the state of a fresh stream."""
    return np.array([seed % 2**64], np.uint64)


@part
def draw(dice: Dice) -> int:
    """Return the next 64 random bits."""
    dice[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = dice[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: int = bits ^ (bits >> np.uint64(31))
    return mixed


@part
def roll(dice: Dice) -> float:
    """Return a number in [0, 1)."""
    return np.float64(draw(dice) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@part
def pick(dice: Dice, count: int) -> int:
    """Return a number in 0 … count - 1."""
    return int(roll(dice) * count)
