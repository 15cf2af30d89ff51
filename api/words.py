"""The words for every state, reason and refusal, so that pages and programs need no dictionary of their own."""

import hashlib
from functools import cache
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.acting import Route
from kit import text

router = APIRouter(tags=["words"], route_class=Route)

Language = Literal["zh", "en"]


class Words(BaseModel):
    """Everything in one language."""

    language: Language = Field(description="the language, `zh` or `en`")
    words: dict[str, dict[str, str]] = Field(description="enumeration (as its schema is called) → value → word")
    refusals: dict[str, str] = Field(description="code → sentence; `{name}` stands for a parameter of the refusal")


@cache
def _content(language: Language) -> tuple[bytes, str]:
    """Return the words of a language as JSON, with their ETag."""
    words = Words(
        language=language,
        words={
            name: {value: word[language] for value, word in values.items()} for name, values in text.words().items()
        },
        refusals={code: sentences[language] for code, sentences in text.catalogue().items()},
    )
    content = words.model_dump_json().encode()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@router.get(
    "/words",
    summary="The words for states, reasons and refusals",
    response_model=Words,
    responses={304: {"description": "What `If-None-Match` names is still current"}},
)
async def get_words(
    request: Request, lang: Annotated[Language, Query(description="the language, `zh` or `en`")] = "zh"
) -> Response:
    """Return all words of a language; open to anybody, and cached by its ETag."""
    content, tag = _content(lang)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
