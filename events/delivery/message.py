"""A message as it arrives, not checked yet: what it claims to be, and the form that a database can store."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.contracts.event import REGISTRY

LARGEST_HEADERS = 16 * 1024
LARGEST_BODY = 256 * 1024
"""The most bytes of a message that a dead letter keeps; of a larger one it keeps the length and the SHA-256."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of a message: an event's id, type and data; the log decides whether it is true."""

    id: UUID
    type: str
    data: Any


@dataclass(frozen=True, slots=True)
class Message:
    """Headers and body as bytes, and where they were read.

    `place` is `topic/partition/offset` where Kafka delivered them, `row` the row of a queue where PostgreSQL did.
    """

    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    place: str | None = None
    row: int | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], body: bytes, row: int | None = None) -> "Message":
        """Return the message of a queue's row, whose headers are text."""
        encoded = tuple((name, value.encode("utf-8", "surrogatepass")) for name, value in headers.items())
        return cls(encoded, body, row=row)

    def claim(self) -> Claim:
        """Return what the message says it is.

        Raises a ValueError, KeyError or RecursionError for what cannot be read: bytes that are not UTF-8, a body that
        is not JSON, a missing id, a type that no contract has.
        """
        headers = dict(self.headers)
        kind = headers["ce_type"].decode("utf-8")
        if kind not in REGISTRY:
            message = "unknown event type"
            raise ValueError(message)
        return Claim(UUID(headers["ce_id"].decode("ascii")), kind, json.loads(self.body.decode("utf-8")))

    def header(self, name: str) -> str:
        """Return a header as storable text, `?` where it is missing."""
        return next((storable(value) for header, value in self.headers if header == name), "?")

    def kept_headers(self) -> dict[str, str]:
        """Return all headers as storable text, or their length and SHA-256 where they are too large to keep."""
        size = sum(len(name) + len(value) for name, value in self.headers)
        if size > LARGEST_HEADERS:
            return {"digest": digest(value for _, value in self.headers)}
        return {storable(name.encode("utf-8", "surrogatepass")): storable(value) for name, value in self.headers}

    def kept_body(self) -> tuple[bytes, str | None]:
        """Return the body and None, or no bytes and the length and SHA-256 of one that is too large to keep."""
        return (self.body, None) if len(self.body) <= LARGEST_BODY else (b"", digest([self.body]))


def digest(parts: Iterable[bytes]) -> str:
    """Return length and SHA-256 of some bytes, as a dead letter keeps them instead of the bytes."""
    whole, length = hashlib.sha256(), 0
    for part in parts:
        whole.update(part)
        length += len(part)
    return f"{length} bytes, sha256 {whole.hexdigest()}"


def storable(value: bytes) -> str:
    r"""Return bytes as text that PostgreSQL can store: NUL and bytes that are not UTF-8 become `\x..`."""
    return value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
