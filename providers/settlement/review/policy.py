"""Which roles may decide on lines that are reviewed; who reads statements reads them."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {"reviews.decide": frozenset({Role.FINANCE, Role.MANAGER})}
