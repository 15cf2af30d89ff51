"""The command line `nowalls`: the words after `python3 run.py`, each in a file of `commands/`."""

import sys

import typer
from typer.exceptions import TyperException

from bootstrap.shutdown import console, show
from kit.refusal import Refusal
from processes.commands import (
    accounts,
    backup,
    bench,
    dead_letters,
    docs,
    faults,
    import_lists,
    kafka,
    redeliver,
    rehearsal,
    report,
    revision,
    rules,
    serve,
    settle,
    simulate,
    status,
    topics,
    travel,
    verify_log,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="没有围墙的敬老院: a nursing home without walls.")
app.command("serve")(serve.serve)
app.command("import")(import_lists.import_list)
app.command("log-head")(verify_log.log_head)
app.command("status")(status.status)
app.command("verify-log")(verify_log.verify_log)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("redeliver")(redeliver.redeliver)
app.command("replay")(simulate.replay)
app.command("simulate")(simulate.simulate)
app.command("bench", cls=bench.Several)(bench.bench)
app.command("settle")(settle.settle)
app.command("revision")(revision.revision)
app.command("docs")(docs.docs)
WORDS = {
    "accounts": accounts.app,
    "dead-letters": dead_letters.app,
    "faults": faults.app,
    "kafka": kafka.app,
    "rehearsal": rehearsal.app,
    "report": report.app,
    "rules": rules.app,
    "topics": topics.app,
    "travel": travel.app,
}
ALIASES = {"parked": "dead-letters"}
"""Command words of version 0.1 that still work in this release: old → new."""

for word, words in WORDS.items():
    app.add_typer(words, name=word)
for old, new in ALIASES.items():
    app.add_typer(WORDS[new], name=old, hidden=True)


class CommandInvalid(Refusal):
    """The command line cannot be read."""

    code = "command.invalid"


class CommandUnknown(CommandInvalid):
    """No such word."""

    code = "command.unknown"


class ArgumentMissing(CommandInvalid):
    """Something that must be named is not."""

    code = "command.argument_missing"


class OptionUnknown(CommandInvalid):
    """No such option."""

    code = "command.option_unknown"


class ValueInvalid(CommandInvalid):
    """An argument or option with a value that it cannot have."""

    code = "command.value_invalid"


_WRONG = {"MissingParameter": ArgumentMissing, "NoSuchOption": OptionUnknown, "BadParameter": ValueInvalid}


def main() -> int:
    """Read the command line and do what it says; what is wrong with it is said in both languages, and ends with 2."""
    try:
        return app(prog_name="python3 run.py", standalone_mode=False) or 0
    except TyperException as error:
        name, context = type(error).__name__, getattr(error, "ctx", None)
        if name == "NoArgsIsHelpError" or not hasattr(error, "format_message"):
            print(error)
            return 2
        why = " ".join(error.format_message().split())
        path = context.command_path if context else "python3 run.py"
        kind = CommandUnknown if why.startswith("No such command") else _WRONG.get(name, CommandInvalid)
        show(kind(why=why, help=f"{path} --help"))
        return 2
    except Refusal as refusal:
        show(refusal)
        return 1
    except KeyboardInterrupt:
        console.print("已中断 · interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
