"""Passwords: strong enough, hashed by argon2id, verified a few at a time."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from kit.refusal import Refusal

SHORTEST: Final = 12
_COMMON = ("password", "123456", "qwerty", "admin", "nowalls", "yanglao", "111111", "000000")
_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
_hashing = asyncio.Semaphore(2)  # argon2 takes 64 MiB each time: a flood of sign-ins must not eat the machine
DUMMY: Final = "$argon2id$v=19$m=65536,t=3,p=1$qNDqmTN7ui5F7MR9cxw7Uw$2fsaovWzLi/S+vkGzDpmTeEBDJAuHJ/JMZRaTTQKWP8"
"""Verified for unknown names, so that the time taken tells nothing; of a random text that nobody has kept."""


class PasswordWeak(Refusal):
    """The password is too short or one that everybody tries first."""

    code = "account.password_weak"


def check(password: str, username: str) -> None:
    """Refuse `account.password_weak`."""
    low = password.lower()
    if len(password) < SHORTEST or len(set(low)) < 5 or username.lower() in low:
        raise PasswordWeak(shortest=SHORTEST)
    if any(len(low.replace(common, "")) < 5 for common in _COMMON):
        raise PasswordWeak(shortest=SHORTEST)


async def hashed(password: str) -> str:
    """Return what is stored of a password."""
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def verified(stored: str, password: str) -> bool:
    """Tell whether a password is the one that was hashed."""

    def verify() -> bool:
        try:
            return _hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async with _hashing:
        return await asyncio.to_thread(verify)
