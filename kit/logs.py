"""One logging configuration for every process: time, level, room, the correlation id of the request behind it."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum

CORRELATION: ContextVar[str] = ContextVar("correlation", default="-")
"""The correlation id of the unit of work, or of the HTTP request, that this task works for."""


class LogForm(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


def configure(form: LogForm, *, level: int = logging.INFO) -> None:
    """Write every log line of this process to standard error, as text for a person or as one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form is LogForm.JSON else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("nowalls").setLevel(level)
    logging.captureWarnings(capture=True)


def _room(record: logging.LogRecord) -> str:
    return record.name.removeprefix("nowalls.")


class _Text(logging.Formatter):
    """`2026-03-02T01:00:00.123Z WARNING relay [correlation] message`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record, and the trace of an error below it."""
        line = f"{_instant(record)} {record.levelname} {_room(record)} [{CORRELATION.get()}] {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    """One object: time, level, room, correlation, message, and trace where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        facts = {
            "time": _instant(record),
            "level": record.levelname,
            "room": _room(record),
            "correlation": CORRELATION.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["trace"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
