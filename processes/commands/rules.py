"""The words `nowalls rules`: list what people have decided, decide a rule anew, record a paper that came late."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from bootstrap.terminal import Json, run, say
from kit import clock
from kit.access.actor import SYSTEM
from processes.commands.works import open_works

app = typer.Typer(no_args_is_help=True, help="What people decide: deadlines, weights, quotas, standards.")

Name = Annotated[str, typer.Argument(help="the rule, for example offer.deadline_minutes")]
Value = Annotated[str, typer.Argument(help="the value as JSON: 45, or a table in quotes")]
Source = Annotated[str, typer.Option(help="the paper or the reason behind it")]
From = Annotated[str, typer.Option("--from", help="a day, 2026-12-01, or an instant, 2026-12-01T09:00:00+08:00")]

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LONGEST_SOURCE = 400


@app.command("list")
def list_rules(
    name: Annotated[str | None, typer.Argument(help="one rule, with its history")] = None, *, as_json: Json = False
) -> None:
    """List every rule with the value in force, or one of them with all that was ever recorded."""
    say(run(_listed(name)), as_json=as_json)


def _rules() -> tuple[Any, ...]:
    # The rooms bring everything along, and the other words of the command line must start at once.
    from kit.room import rules_of
    from processes.rooms import ROOMS

    return rules_of(ROOMS)


async def _listed(name: str | None) -> dict[str, Any]:
    from kit.rules import queries

    rules = _rules()
    wanted = rules if name is None else (queries.named(rules, name),)
    async with open_works() as works, works(SYSTEM("command line")) as work:
        values = {rule.about.name: await queries.read(work.session, rule, at=work.now) for rule in wanted}
        listed: dict[str, Any] = {rule_name: values[rule_name].content for rule_name in sorted(values)}
        if name is not None:
            listed["unit"] = values[name].about.unit
            listed["history"] = [_line(row) for row in await queries.history(work.session, name)]
        return listed


def _line(row: Any) -> dict[str, Any]:
    return {
        "value": row.value,
        "valid_from": row.valid_from.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "recorded_by": row.recorded_by,
        "source": row.source,
    }


@app.command("decide")
def decide(name: Name, value: Value, *, source: Source, from_: From, as_json: Json = False) -> None:
    """Record a new value of a rule from an instant on; about money or proof a manager confirms it over the API."""
    say(run(_recorded("decide", name, value, source, from_)), as_json=as_json)


@app.command("backdate")
def backdate(name: Name, value: Value, *, source: Source, from_: From, as_json: Json = False) -> None:
    """Record a value that is valid from the past on; what was paid is adjusted, never rewritten."""
    say(run(_recorded("backdate", name, value, source, from_)), as_json=as_json)


async def _recorded(
    word: Literal["decide", "backdate"], name: str, value: str, source: str, from_: str
) -> dict[str, Any]:
    from events.contracts.rules import RuleRecorded
    from kit.rules import operations, queries
    from providers.settlement.rules import ChangeWaitHours

    model = queries.named(_rules(), name).of(_json(value))
    valid_from, source = _instant(from_), _reason(source)
    async with open_works() as works, works(SYSTEM("command line")) as work:
        more: dict[str, Any] = {"valid_from": valid_from, "now": work.now, "by": work.actor.label, "source": source}
        if model.about.second_person:
            wait = (await queries.read(work.session, ChangeWaitHours, at=work.now)).span
            change = await operations.announce(work.session, model, **more, wait=wait, backdated=word == "backdate")
            return {"name": name, "value": model.content, "waits_for_second_person": str(change.id)}
        verb = {"decide": operations.decide, "backdate": operations.backdate}[word]
        row = await verb(work.session, model, **more)
        work.emit(RuleRecorded.of(row))
    return {"name": name, "value": model.content, "valid_from": valid_from.isoformat()}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        message = "the value is not JSON; write a text in quotes, '\"ABC\"'"
        raise typer.BadParameter(message) from error


def _instant(text: str) -> datetime:
    """Return an aware instant; a day begins at the district's midnight."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text} is neither a day nor an instant, 2026-12-01 or 2026-12-01T09:00:00+08:00"
        raise typer.BadParameter(message) from error
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        message = f"{text} is not between {_FIRST_YEAR} and {_LAST_YEAR}"
        raise typer.BadParameter(message)
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.DISTRICT_ZONE)


def _reason(text: str) -> str:
    if not 1 <= len(text.strip()) <= _LONGEST_SOURCE:
        message = f"the source has 1 to {_LONGEST_SOURCE} characters"
        raise typer.BadParameter(message)
    return text.strip()
