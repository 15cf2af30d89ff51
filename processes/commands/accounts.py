"""The words `accounts`: open accounts and set passwords."""

import secrets
from typing import Annotated, Any
from uuid import UUID

import typer

from bootstrap.terminal import Json, run, say
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.access.scope import Section
from processes.commands.works import open_works

app = typer.Typer(no_args_is_help=True, help="Open accounts and set passwords.")


@app.command("open")
def accounts_open(
    username: str,
    role: Role,
    *,
    display_name: str = "",
    provider_id: UUID | None = None,
    worker_id: UUID | None = None,
    division: Annotated[
        str | None, typer.Option(help="a clerk's town, street or village; a section's district")
    ] = None,
    section: Annotated[list[Section] | None, typer.Option(help="of the bureau; may be given more than once")] = None,
    as_json: Json = False,
) -> None:
    """Open an account; its password is made here and shown this once."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations

        password = secrets.token_urlsafe(12)
        async with open_works() as works, works(SYSTEM("command line")) as work:
            account = await operations.open_account(
                work,
                username=username,
                display_name=display_name or username,
                role=role,
                password=password,
                provider_id=provider_id,
                worker_id=worker_id,
                division_code=division,
                sections=section or (),
            )
        return {"id": str(account.id), "username": username, "role": role.value, "password": password}

    say(run(act()), as_json=as_json)


@app.command("password")
def accounts_password(username: str, *, as_json: Json = False) -> None:
    """Make an account a new password, shown this once; its sessions end."""

    async def act() -> dict[str, Any]:
        from api.accounts import operations, queries

        password = secrets.token_urlsafe(12)
        async with open_works() as works, works(SYSTEM("command line")) as work:
            account = await queries.by_username(work, username)
            if account is None:
                raise operations.AccountNotFound
            await operations.reset_password(work, account_id=account.id, new=password)
        return {"username": username, "password": password}

    say(run(act()), as_json=as_json)
