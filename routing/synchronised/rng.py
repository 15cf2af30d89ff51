"""Random numbers inside compiled code, from a state that belongs to one search (splitmix64, Steele et al. 2014)."""

import numpy as np
import numpy.typing as npt

from routing.compiled import part

Rng = npt.NDArray[np.uint64]


def make_rng(seed: int) -> Rng:
    """Return the state of a fresh stream."""
    return np.array([seed % 2**64], np.uint64)


@part
def next_bits(rng: Rng) -> int:
    """Return the next 64 random bits."""
    rng[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = rng[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: int = bits ^ (bits >> np.uint64(31))
    return mixed


@part
def uniform(rng: Rng) -> float:
    """Return a number in [0, 1)."""
    return np.float64(next_bits(rng) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@part
def below(rng: Rng, count: int) -> int:
    """Return a number in 0 … count - 1."""
    return int(uniform(rng) * count)
