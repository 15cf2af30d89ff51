"""What a row about a person says of the person, whatever else it says."""

from uuid import UUID

from pydantic import BaseModel, Field


class AboutPerson(BaseModel):
    """A row about a person; a list shows the name masked but for its first character."""

    person_id: UUID | None = Field(description="whom it is about; null: nobody")
    person_name: str | None = Field(
        default=None, description="the name, masked; null: nobody, or somebody who was erased or lives elsewhere"
    )
