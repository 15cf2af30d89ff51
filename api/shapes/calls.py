"""What telephone calls, and callers who are not registered yet, look like over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.forms import Form, Id
from api.shapes.people import Caller
from dispatch.calls import newcomers as noted
from dispatch.calls import queries
from dispatch.calls.model import PhoneCall, PhoneCallState
from kit.geo import Datum
from registry import queries as registry
from registry.model import ContactKind


class CallReport(Form):
    """What the exchange says of one of its calls."""

    source_key: str = Field(
        min_length=1,
        max_length=120,
        description="the exchange's own id of the call: all that it reports under one id is one call",
        examples=["pbx1-1793583000.42"],
    )
    state: PhoneCallState = Field(
        description="how far the call has come; one that lies behind what is known already changes nothing",
        examples=["ringing"],
    )
    number: str | None = Field(
        default=None,
        max_length=40,
        description="the caller's number, however the exchange writes it; null where it is withheld",
        examples=["0317-2020202"],
    )


class ReportedCall(BaseModel):
    """How far a reported call has come."""

    id: UUID = Field(description="the call")
    state: PhoneCallState


class MaskedCaller(BaseModel):
    """One person who may be calling, the name masked but for its first character."""

    person_id: UUID
    name: str = Field(description="the name, masked but for its first character", examples=["张**"])
    born_on: date
    kind: ContactKind = Field(description="whose number it is")
    relation: str | None


class LiveCall(BaseModel):
    """One call that rings or is spoken."""

    id: UUID = Field(description="the call")
    number: str | None = Field(description="the caller's number; null where it is withheld", examples=["03172020202"])
    state: PhoneCallState
    rang_at: datetime = Field(description="when it began to ring, by the platform's clock")
    answered_at: datetime | None = Field(description="since when it is spoken; null while it rings")
    taken: bool = Field(description="true: an operator has taken it")
    mine: bool = Field(description="true: the asking account has taken it")
    callers: list[MaskedCaller] = Field(description="those whose number it is, own numbers first")

    @classmethod
    def of(cls, live: queries.LiveCall, account_id: UUID | None) -> Self:
        """Show a call to an account."""
        call = live.call
        return cls(
            id=call.id,
            number=live.number,
            state=call.state,
            rang_at=call.rang_at,
            answered_at=call.answered_at,
            taken=call.taken_by is not None,
            mine=call.taken_by is not None and call.taken_by == account_id,
            callers=[MaskedCaller.model_validate(caller, from_attributes=True) for caller in live.callers],
        )


class NewcomerLine(BaseModel):
    """One caller who is not registered yet, as a list may show it."""

    id: UUID = Field(description="the newcomer")
    name: str = Field(description="the name as it was said, masked but for its first character", examples=["张**"])
    phone: str = Field(description="the telephone, masked but for its beginning and end", examples=["138****5678"])
    noted_at: datetime = Field(description="when the call was noted")


class TakenCall(BaseModel):
    """A call that the account has taken, with everybody who may be calling."""

    id: UUID = Field(description="the call")
    number: str | None = Field(description="the caller's number; null where it is withheld", examples=["03172020202"])
    callers: list[Caller] = Field(description="those whose number it is, own numbers first; the reading is recorded")
    newcomers: list[NewcomerLine] = Field(description="who has called from this number and waits to be registered")

    @classmethod
    def of(
        cls,
        call: PhoneCall,
        number: str | None,
        callers: Sequence[registry.Caller],
        waiting: Sequence[noted.NewcomerLine],
    ) -> Self:
        """Show a call to the operator who has it."""
        return cls(
            id=call.id,
            number=number,
            callers=[Caller(**asdict(caller)) for caller in callers],
            newcomers=[NewcomerLine(**asdict(line)) for line in waiting],
        )


class CallsToday(BaseModel):
    """One operator's day: from the first ring of a call to the first request that was saved in it."""

    taken: int = Field(description="how many calls the account has taken today")
    ordered: int = Field(description="in how many of them something was ordered")
    half_seconds: int | None = Field(description="half of those took at most so many seconds; null without any")
    most_seconds: int | None = Field(description="nine in ten of those took at most so many seconds; null without any")


class NewNewcomer(Form):
    """What a caller who is not registered says on the telephone."""

    name: str = Field(min_length=1, max_length=60, examples=["测试来电人"])
    phone: str = Field(max_length=40, examples=["13800001234"])
    address: str = Field(
        min_length=1, max_length=200, description="the address or village, as it is said", examples=["某某村东头"]
    )
    call_id: Id | None = Field(default=None, description="the call in which it was said; null: in none")


class NotedNewcomer(BaseModel):
    """The newcomer that was noted."""

    id: UUID = Field(description="the newcomer")
    noted_at: datetime = Field(description="when it was noted")


class NewcomerCard(BaseModel):
    """What a caller who is not registered has said, in full."""

    id: UUID = Field(description="the newcomer")
    name: str
    phone: str = Field(description="the telephone", examples=["13800001234"])
    address: str = Field(description="the address as it was said", examples=["某某村东头"])
    noted_at: datetime = Field(description="when the call was noted")


class NewcomerRegistration(Form):
    """What is still missing to register a caller; name and address replace what was said, where they are given."""

    id_no: str = Field(max_length=40, examples=["130999194503021240"])
    division_code: str = Field(max_length=12, examples=["130903001001"])
    latitude: float = Field(ge=-90, le=90, examples=[38.3045])
    longitude: float = Field(ge=-180, le=180, examples=[116.8388])
    datum: Datum = Datum.WGS84
    name: str | None = Field(default=None, min_length=1, max_length=60, description="the name; null: as it was said")
    address: str | None = Field(
        default=None, min_length=1, max_length=200, description="the address; null: as it was said"
    )


class NewcomerDismissal(Form):
    """Why a caller is not registered."""

    reason: str = Field(min_length=1, max_length=200, examples=["is registered already, called from a neighbour's"])
