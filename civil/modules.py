"""The one list of companion modules: a line a module."""

from collections.abc import Mapping
from typing import Any, Final

from civil.bedsubsidy import room as bedsubsidy
from civil.blocks.benefits.room import ROOM as BENEFITS
from civil.blocks.cases.room import ROOM as CASES
from civil.blocks.declared import CaseKind, FundKind, Module, Programme, Register
from civil.blocks.figures.room import ROOM as FIGURES
from civil.blocks.fund.room import ROOM as FUND
from civil.blocks.register.room import ROOM as REGISTER
from civil.dibao import room as dibao
from civil.disability import room as disability
from civil.institutions import room as institutions
from civil.oldage import room as oldage
from civil.relief import room as relief
from civil.tekun import room as tekun
from kit.refusal import Kind, Refusal
from kit.room import Room

_PLUGGED: Final = (oldage, dibao, disability, tekun, relief, institutions, bedsubsidy)

MODULES: Final[tuple[Module, ...]] = tuple(room.MODULE for room in _PLUGGED)
ROOMS: Final[tuple[Room, ...]] = (CASES, REGISTER, BENEFITS, FUND, FIGURES, *(room.ROOM for room in _PLUGGED))
"""The rooms of the blocks and of the modules."""

KINDS: Final[Mapping[str, tuple[Module, CaseKind]]] = {
    kind.name: (module, kind) for module in MODULES for kind in module.cases
}
PROGRAMMES: Final[Mapping[str, Programme[Any]]] = {
    programme.name: programme for module in MODULES for programme in module.programmes
}
REGISTERS: Final[Mapping[str, tuple[Module, Register]]] = {
    register.name: (module, register) for module in MODULES for register in module.registers
}
FUNDS: Final[Mapping[str, tuple[Module, FundKind]]] = {
    fund.name: (module, fund) for module in MODULES for fund in module.funds
}


class CivilKindUnknown(Refusal):
    """No module declares a kind of case of that name."""

    code = "civil.kind_unknown"
    kind = Kind.NOT_FOUND


class ProgrammeUnknown(Refusal):
    """No module declares a benefit of that name."""

    code = "civil.programme_unknown"
    kind = Kind.NOT_FOUND


class RegisterUnknown(Refusal):
    """No module declares a register of that name."""

    code = "civil.register_unknown"
    kind = Kind.NOT_FOUND


class FundUnknown(Refusal):
    """No module declares a kind of fund of that name."""

    code = "civil.fund_unknown"
    kind = Kind.NOT_FOUND


def kinds_of(name: str) -> frozenset[str]:
    """Return the names of a module's kinds of cases; none where no module is called so."""
    return frozenset(kind for kind, (module, _) in KINDS.items() if module.name == name)


def case_kind(name: str) -> tuple[Module, CaseKind]:
    """Return a kind of case and the module it belongs to; refuses `civil.kind_unknown`."""
    if name not in KINDS:
        raise CivilKindUnknown(name=name)
    return KINDS[name]


def programme(name: str) -> Programme[Any]:
    """Return a benefit; refuses `civil.programme_unknown`."""
    if name not in PROGRAMMES:
        raise ProgrammeUnknown(name=name)
    return PROGRAMMES[name]


def register(name: str) -> tuple[Module, Register]:
    """Return a register and the module it belongs to; refuses `civil.register_unknown`."""
    if name not in REGISTERS:
        raise RegisterUnknown(name=name)
    return REGISTERS[name]


def fund(name: str) -> tuple[Module, FundKind]:
    """Return a kind of fund and the module it belongs to; refuses `civil.fund_unknown`."""
    if name not in FUNDS:
        raise FundUnknown(name=name)
    return FUNDS[name]
