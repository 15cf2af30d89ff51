"""Which roles may ask what of calls and of callers who are not registered yet."""

from typing import Final

from kit.access.roles import Policy, Role

POLICY: Final[Policy] = {
    # the telephone exchange reports, and is told nothing
    "calls.report": frozenset({Role.EXCHANGE}),
    "calls.read": frozenset({Role.OPERATOR}),
    "calls.take": frozenset({Role.OPERATOR}),
    "newcomers.read": frozenset({Role.OPERATOR}),
    "newcomers.enter": frozenset({Role.OPERATOR}),
    "newcomers.register": frozenset({Role.OPERATOR}),
}
