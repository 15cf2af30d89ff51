"""What the companion modules look like over HTTP."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import EXAMPLE_ID, Form, Json, MonthName
from api.shapes.about import AboutPerson
from civil.blocks.benefits.model import GrantEndReason, PayRunState
from civil.blocks.benefits.model import PayLine as StoredLine
from civil.blocks.cases.model import CaseStep
from civil.blocks.declared import CaseKind, FundKind, Module, Move, Register, Title
from kit.access.roles import Role
from kit.access.scope import Section
from registry.model import Level


class CivilTitle(BaseModel):
    """What something is called on a screen."""

    zh: str = Field(description="in Chinese")
    en: str = Field(description="in English")

    @classmethod
    def of(cls, title: Title) -> Self:
        """Show a title."""
        return cls(zh=title.zh, en=title.en)


class CivilState(BaseModel):
    """One state of a kind of case or of a register."""

    state: str = Field(description="the state's code")
    title: CivilTitle = Field(description="what a screen calls it")
    publicised: bool = Field(description="whether a case is publicised in it for some days (公示)")

    @classmethod
    def all(cls, states: Mapping[str, Title], publicised: Collection[str] = ()) -> list[Self]:
        """Show every state."""
        return [
            cls(state=state, title=CivilTitle.of(title), publicised=state in publicised)
            for state, title in states.items()
        ]


class CivilMove(BaseModel):
    """One move that a kind of case or a register allows."""

    came_from: str = Field(description="the state before")
    to: str = Field(description="the state after")
    by: list[Role] = Field(description="the roles that may make it")
    second_person: bool = Field(description="whether nobody may make it who has worked on the case or record before")
    objection: bool = Field(description="whether it may be made while the case is publicised")
    facts: bool = Field(description="whether other facts may come with it; false: what was decided is what is done")

    @classmethod
    def all(
        cls,
        moves: Mapping[str, Mapping[str, Move]],
        *,
        fixed: Collection[str],
        publicised: Collection[str] = (),
        objected: Collection[str] = (),
    ) -> list[Self]:
        """Show every move."""
        return [
            cls(
                came_from=state,
                to=to,
                by=sorted(move.by),
                second_person=move.second_person,
                objection=state in publicised and to in objected,
                facts=to not in fixed,
            )
            for state, wanted in moves.items()
            for to, move in wanted.items()
        ]


class CivilCaseKind(BaseModel):
    """One kind of case: its fields, states and moves."""

    kind: str = Field(description="its name")
    title: CivilTitle = Field(description="what a screen calls it")
    fields: dict[str, Any] = Field(description="the JSON Schema of its facts; the title of a field is its label")
    first: str = Field(description="the state in which it is opened")
    states: list[CivilState] = Field(description="every state")
    moves: list[CivilMove] = Field(description="every move")

    @classmethod
    def of(cls, kind: CaseKind) -> Self:
        """Describe a kind as it is declared."""
        return cls(
            kind=kind.name,
            title=CivilTitle.of(kind.title),
            fields=kind.facts.model_json_schema(),
            first=kind.first,
            states=CivilState.all(kind.states, kind.publicised),
            moves=CivilMove.all(kind.moves, fixed=kind.fixed, publicised=kind.publicised, objected=kind.objected),
        )


class CivilRegister(BaseModel):
    """One register: its fields, states and moves, and what its things are inspected for."""

    kind: str = Field(description="its name")
    title: CivilTitle = Field(description="what a screen calls it")
    fields: dict[str, Any] = Field(description="the JSON Schema of its facts; the title of a field is its label")
    first: str = Field(description="the state in which a record is added")
    states: list[CivilState] = Field(description="every state")
    moves: list[CivilMove] = Field(description="every move")
    by: list[Role] = Field(description="the roles that add records and change their facts")
    reserved: dict[str, list[Role]] = Field(description="fields that only some roles set: field to roles")
    within: str | None = Field(description="the register whose records these belong to; null: they lie in a division")
    about_person: bool = Field(description="whether each record is about a person")
    inspection: dict[str, Any] | None = Field(description="the JSON Schema of an inspection; null: there are none")

    @classmethod
    def of(cls, register: Register) -> Self:
        """Describe a register as it is declared."""
        plan = register.inspecting
        return cls(
            kind=register.name,
            title=CivilTitle.of(register.title),
            fields=register.facts.model_json_schema(),
            first=register.first,
            states=CivilState.all(register.states),
            moves=CivilMove.all(register.moves, fixed=register.fixed),
            by=sorted(register.by),
            reserved={name: sorted(roles) for name, roles in register.reserved.items()},
            within=register.within,
            about_person=register.about_person,
            inspection=None if plan is None else plan.facts.model_json_schema(),
        )


class CivilFund(BaseModel):
    """One kind of fund."""

    kind: str = Field(description="its name")
    title: CivilTitle = Field(description="what a screen calls it")
    level: Level = Field(description="the level of the divisions that hold one")

    @classmethod
    def of(cls, fund: FundKind) -> Self:
        """Describe a kind of fund as it is declared."""
        return cls(kind=fund.name, title=CivilTitle.of(fund.title), level=fund.level)


class CivilProgramme(BaseModel):
    """One benefit."""

    programme: str = Field(description="its name")
    title: CivilTitle = Field(description="what a screen calls it")
    standards: list[str] = Field(description="the rules that its amount is computed from")


class CivilModule(BaseModel):
    """One companion module, as it is declared."""

    module: str = Field(description="its name")
    title: CivilTitle = Field(description="what a screen calls it")
    section: Section = Field(description="the section of the bureau that its records belong to")
    kinds: list[CivilCaseKind] = Field(description="its kinds of cases")
    programmes: list[CivilProgramme] = Field(description="its benefits")
    registers: list[CivilRegister] = Field(description="its registers")
    funds: list[CivilFund] = Field(description="its kinds of funds")

    @classmethod
    def of(cls, module: Module) -> Self:
        """Describe a module as it is declared."""
        programmes = [
            CivilProgramme(
                programme=programme.name,
                title=CivilTitle.of(programme.title),
                standards=[rule.about.name for rule in programme.standards],
            )
            for programme in module.programmes
        ]
        return cls(
            module=module.name,
            title=CivilTitle.of(module.title),
            section=module.section,
            kinds=[CivilCaseKind.of(kind) for kind in module.cases],
            programmes=programmes,
            registers=[CivilRegister.of(register) for register in module.registers],
            funds=[CivilFund.of(fund) for fund in module.funds],
        )


class NewCivilCase(Form):
    """A case about a person; its facts are those that the kind declares."""

    kind: str = Field(
        min_length=1, max_length=40, description="a kind of GET /civil/modules", examples=["oldage.application"]
    )
    person_id: UUID = Field(description="the person", examples=[str(EXAMPLE_ID)])
    facts: dict[str, Json] = Field(
        default={}, max_length=60, description="the fields of the kind", examples=[{"alone": True}]
    )


class CivilCase(AboutPerson):
    """Where one matter stands."""

    civil_case_id: UUID = Field(validation_alias="id", description="the case")
    number: int = Field(description="the number that people speak")
    kind: str = Field(description="its kind")
    person_id: UUID = Field(description="whom it is about")
    division_code: str = Field(description="the division that deals with it, 12 digits")
    section: Section = Field(description="the section it belongs to")
    state: str = Field(description="where it stands; the kind says what a screen calls it")
    since: datetime = Field(description="since when")
    due_at: datetime | None = Field(description="until when it must move on; null: no time is set")
    open_until: datetime | None = Field(description="until when it is publicised and may not move on; null: it may")
    facts: dict[str, Any] = Field(description="the fields of the kind")
    opened_at: datetime = Field(description="when it was opened")
    closed_at: datetime | None = Field(description="when it came to its end; null: it is open")


class CivilCaseStep(BaseModel):
    """One move of a case."""

    came_from: str | None = Field(description="the state before; null: it was opened")
    state: str = Field(description="the state after")
    at: datetime = Field(description="when")
    by: str = Field(description="the account, or the part of the platform")
    by_name: str | None = Field(description="what the account is called; null: it was the platform")
    reason: str | None = Field(description="why; null where nothing was said or the person was erased")

    @classmethod
    def of(cls, step: CaseStep, note: str | None, by_name: str | None) -> Self:
        """Show a move with its words."""
        return cls(came_from=step.came_from, state=step.state, at=step.at, by=step.by, by_name=by_name, reason=note)


class CivilCaseMove(Form):
    """Where a case goes, what was learnt, and why."""

    to: str = Field(min_length=1, max_length=32, description="the state to come into", examples=["seen"])
    facts: dict[str, Json] | None = Field(
        default=None, max_length=60, description="all fields anew; null: as they were", examples=[{"alone": True}]
    )
    reason: str | None = Field(default=None, min_length=1, max_length=500, description="why", examples=["seen at home"])


class Grant(AboutPerson):
    """One benefit of one person or family."""

    grant_id: UUID = Field(validation_alias="id", description="the grant")
    number: int = Field(description="the number that people speak")
    programme: str = Field(description="the benefit")
    person_id: UUID = Field(description="who is paid")
    division_code: str = Field(description="the division, 12 digits")
    from_month: str = Field(description="the first month, 2026-03")
    last_month: str | None = Field(description="the last month that is paid; null: it goes on")
    end_reason: GrantEndReason | None = Field(description="why it ended; null: it goes on")


class NewPayRun(Form):
    """Which month of which benefit to compute."""

    programme: str = Field(
        min_length=1, max_length=40, description="a benefit of GET /civil/modules", examples=["oldage"]
    )
    month: MonthName = Field(description="the month to pay")


class PayRun(BaseModel):
    """One month's run of one benefit."""

    run_id: UUID = Field(validation_alias="id", description="the run")
    programme: str = Field(description="the benefit")
    month: str = Field(description="the month, 2026-03")
    state: PayRunState = Field(description="where it stands")
    provisional: bool = Field(description="true: a standard is a proposal; not for real payment")
    lines: int = Field(description="how many lines it has")
    total_fen: int = Field(description="what the lines come to, in fen; negative where more is clawed back than due")
    content_hash: str = Field(description="SHA-256 of its standards, claims and lines")
    computed_by: str = Field(description="who computed it")
    computed_at: datetime = Field(description="when")
    approved_by: str | None = Field(description="the second person; null: not approved")
    paid_at: datetime | None = Field(description="when it was closed with the bank's returns; null: not yet")


class PayLine(AboutPerson):
    """What one month and component of a grant is worth now and was entered for it before."""

    line_id: UUID = Field(description="the line")
    grant_id: UUID = Field(description="the grant")
    person_id: UUID = Field(description="the payee of the grant")
    month: str = Field(description="the month; an earlier one than the run's: arrears or clawback")
    component: str = Field(description="the part of the amount")
    due_fen: int = Field(description="what it is worth, in fen")
    before_fen: int = Field(description="what earlier runs have entered, in fen")
    fen: int = Field(description="the difference, in fen")

    @classmethod
    def of(cls, line: StoredLine, payee: UUID) -> Self:
        """Show a line with who is paid by its grant."""
        return cls(
            line_id=line.id,
            grant_id=line.grant_id,
            person_id=payee,
            month=line.month,
            component=line.component,
            due_fen=line.due_fen,
            before_fen=line.before_fen,
            fen=line.fen,
        )


class BenefitPayment(AboutPerson):
    """What was sent to one payee."""

    payment_id: UUID = Field(validation_alias="id", description="the payment")
    grant_id: UUID = Field(description="the grant")
    person_id: UUID = Field(description="the payee")
    fen: int = Field(description="in fen")
    returned_at: datetime | None = Field(description="when the bank returned it; null: it did not")
    return_reason: str | None = Field(description="why; null: it was not returned")


class PayRunCheck(BaseModel):
    """How a run compares with what its frozen claims come to."""

    differences: int = Field(description="lines that do not come out to the fen, and 1 more for another hash; 0: equal")


class BankReturn(Form):
    """One payment that the bank could not make."""

    payment_id: UUID = Field(description="the payment", examples=[str(EXAMPLE_ID)])
    reason: str = Field(min_length=1, max_length=80, description="the bank's reason", examples=["account closed"])


class BankReturns(Form):
    """What came back; an empty list: everything was paid."""

    returned: list[BankReturn] = Field(default=[], max_length=20_000, description="what the bank returned")
