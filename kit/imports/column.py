"""The form in which a list declares its columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.imports.readers import Reader


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an import: the key of its values, its headers (the first is shown), how a cell is read.

    `units` are the units that a header may name in brackets, folded, each with its reader; the column's own has the
    reader `read`. `implies` are words with which a header says what another column is where that one is blank: a map
    datum. `assumed` names the default that is told wherever it is used.
    """

    name: str
    titles: tuple[str, ...]
    read: Reader
    required: bool = True
    default: Any = None
    units: Mapping[str, Reader] = field(default_factory=dict)
    implies: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    assumed: str | None = None
