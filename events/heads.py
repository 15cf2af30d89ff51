"""Heads of the event log's chain, signed and kept in a file outside the database.

Who may change the database cannot write this file's signatures: a tail that was cut off, or a whole history that was
made anew, is found by comparing the chain with the newest signed head. Keep the file (`NOWALLS_LOG_HEADS`) on another
disk or machine than the database, and copies of it elsewhere.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kit.refusal import Refusal
from kit.vault import Vault

TAIL = 64 * 1024
"""How many bytes at the end of the file are looked through: some three hundred heads."""
_HEAD = re.compile(r"(\d{1,18}):([0-9a-fA-F]{64})")
_LINE = re.compile(r"(\S+) (\d{1,18}:[0-9a-f]{64}) ([0-9a-f]{128})")


class HeadUnreadable(Refusal):
    """Not a number and a hash."""

    code = "log.head_unreadable"


class HeadsForged(Refusal):
    """The newest head in the file of signed heads was not signed with this installation's key."""

    code = "log.heads_forged"


class HeadsUnusable(Refusal):
    """The file of signed heads cannot be read or written."""

    code = "log.heads_unusable"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many events are sealed, and the hash that speaks for all of them."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        """Write the head as it is printed on paper."""
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def read(cls, printed: str) -> "Head":
        """Read a head as it is printed on paper; refuse `log.head_unreadable`."""
        match = _HEAD.fullmatch(printed.strip())
        if match is None:
            raise HeadUnreadable
        return cls(int(match[1]), bytes.fromhex(match[2]))


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head, when it was signed (ISO 8601), and the Ed25519 signature over both."""

    at: str
    head: Head
    signature: bytes

    def __str__(self) -> str:
        """Write the line of the file: instant, number:hash, signature in hexadecimal digits."""
        return f"{self.at} {self.head} {self.signature.hex()}"

    @classmethod
    def of(cls, head: Head, at: datetime, vault: Vault) -> "SignedHead":
        """Sign a head as of an instant."""
        when = at.isoformat()
        return cls(when, head, vault.sign(cls.signed_text(when, head)))

    @staticmethod
    def signed_text(at: str, head: Head) -> bytes:
        """Return the bytes that the signature is over."""
        return f"nowalls log head\n{at}\n{head}\n".encode()


class SignedHeads:
    """The file of signed heads: one line a head, only ever added to; the newest is the one with the greatest number."""

    def __init__(self, file: Path, vault: Vault) -> None:
        self.file = file
        self._vault = vault

    def newest(self) -> SignedHead | None:
        """Return the newest signed head, or None where there is no file yet.

        A line without an end, as a power cut leaves it, does not count. Refused: `log.heads_forged` where the newest
        head has another signature or the file holds no head at all, `log.heads_unusable`.
        """
        try:
            with self.file.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                tail = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HeadsUnusable(file=str(self.file), why=error.strerror or str(error)) from error
        lines = tail.decode(errors="replace").split("\n")[:-1]
        rows = [
            SignedHead(match[1], Head.read(match[2]), bytes.fromhex(match[3]))
            for line in lines
            if (match := _LINE.fullmatch(line))
        ]
        if not rows:
            if tail:
                raise HeadsForged(file=str(self.file), head="-")
            return None
        row = max(rows, key=lambda row: row.head.number)
        if not self._vault.signed(row.signature, SignedHead.signed_text(row.at, row.head)):
            raise HeadsForged(file=str(self.file), head=str(row.head))
        return row

    def append(self, head: Head, at: datetime) -> SignedHead:
        """Sign a head and add it to the file, on the disk when this returns; refuse `log.heads_unusable`."""
        row = SignedHead.of(head, at, self._vault)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                size = os.fstat(descriptor).st_size
                torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                file.write((b"\n" if torn else b"") + f"{row}\n".encode())
                os.fsync(descriptor)
        except OSError as error:
            raise HeadsUnusable(file=str(self.file), why=error.strerror or str(error)) from error
        return row
