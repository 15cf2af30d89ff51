"""Kafka records whose header names are not UTF-8: read, so that they become dead letters like other strange messages.

aiokafka decodes header names strictly while it reads a fetched batch. One record of a stranger would stop its partition
for every group: nothing of ours sees the record, and nothing moves the offset past it. Values and keys stay bytes.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

_NEWEST_FORMAT = 2


class _Buffer(bytearray):
    r"""Bytes whose slices decode without fail: what is not UTF-8 becomes `\x..`."""

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        return _Buffer(part) if isinstance(place, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc] # final for type checkers, and no other way in
    """aiokafka's own reader in Python, over bytes that decode leniently."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Buffer(self._buffer)


class _Batch:
    """A batch of records, read the fast way as far as that goes, and leniently from there on."""

    def __init__(self, fast: Any, whole: memoryview) -> None:
        self._fast = fast
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __next__(self) -> Any:
        return next(self._fast)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._fast:
                read += 1
                yield record
        except (UnicodeDecodeError, CorruptRecordException):
            for number, record in enumerate(_LenientBatch(self._whole)):
                if number >= read:
                    yield record


class _Records(_MemoryRecordsPy):  # type: ignore[misc] # final for type checkers, and no other way in
    """Fetched bytes as batches."""

    def next_batch(self, *sizes: int) -> Any:
        whole = self._next_slice
        batch = super().next_batch(*sizes)
        if batch is None or whole is None or whole[self.MAGIC_OFFSET] < _NEWEST_FORMAT:
            return batch
        return _Batch(batch, whole)


def read_any_names() -> None:
    """Let every consumer of this process read records with any header names."""
    fetcher.MemoryRecords = _Records
