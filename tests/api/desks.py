"""An account for every desk and phone of the lives: names, roles and scopes."""

from api.accounts import operations as accounts
from kit.access import scope
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Section
from tests.api.lives import DISTRICT, OWN, PASSWORD, VILLAGES, Lives

CLERKS = (
    ("clerk", Role.CLERK, OWN[0], (Section.ELDERCARE,)),
    ("clerk.minors", Role.CLERK, OWN[0], (Section.MINORS,)),
    ("clerk.village", Role.CLERK, VILLAGES[0][0], (Section.ELDERCARE,)),
    ("section", Role.SECTION, DISTRICT, (Section.ELDERCARE,)),
    ("section.minors", Role.SECTION, DISTRICT, (Section.MINORS,)),
)
"""A town's and a village's clerks and the district's officers, of the section of home care and of another."""


async def open_accounts(lives: Lives) -> dict[str, Actor]:
    """Open a dispatcher's and a worker's account at each company and one at every other desk: user name → actor."""
    opened: dict[str, Actor] = {}
    async with lives.works(SYSTEM("test")) as work:
        for company in lives.companies:
            for role, worker_id in ((Role.PROVIDER, None), (Role.WORKER, company.workers[0])):
                name = f"{company.mark}.{role}"
                account = await accounts.open_account(
                    work,
                    username=name,
                    display_name=f"{company.mark} {role}",
                    role=role,
                    password=PASSWORD,
                    provider_id=company.id,
                    worker_id=worker_id,
                )
                opened[name] = Actor(role, name, account.id, scope.Company(company.id, worker_id))
        for name, role, code, sections in CLERKS:
            account = await accounts.open_account(
                work,
                username=name,
                display_name=name,
                role=role,
                password=PASSWORD,
                division_code=code,
                sections=sections,
            )
            opened[name] = Actor(role, name, account.id, scope.Division(code, frozenset(sections)))
        for role in (Role.OPERATOR, Role.FINANCE, Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.EXCHANGE):
            account = await accounts.open_account(
                work, username=role.value, display_name=role.value, role=role, password=PASSWORD
            )
            opened[role.value] = Actor(role, role.value, account.id)
    return opened
