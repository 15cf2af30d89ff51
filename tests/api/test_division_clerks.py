"""A clerk across an act on divisions: she sees people and things of what her division became, and no others."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from api.accounts import operations as accounts
from kit import clock as clocks
from kit.access.actor import SYSTEM, Actor
from kit.access.roles import Role
from kit.access.scope import Division, Section
from registry.model import DivisionKind
from registry.reorganisation import changes
from registry.reorganisation.changes import CodeLine
from tests.api.lives import OWN, PASSWORD, SHARED, VILLAGES
from tests.api.questions import TEXTS, distinct, operations
from tests.api.world import NOUNS, SAME_REQUEST, World, canaries, sign_in_all
from tests.conftest import drained

TOWN, EAST, WEST, RENAMED = "130999101000", "130999102000", "130999103000", "130999904000"
ELDERCARE = frozenset({Section.ELDERCARE})
UNASKED = {"watchEvents", "watchFunnel", "signOut", "changeMyPassword"}
"""Endless, or the end of the session."""
MANAGER = Actor(Role.MANAGER, "manager", account_id=UUID(int=12))


def line(code: str, new_code: str, *, parent: str | None = None) -> CodeLine:
    kind = DivisionKind.TOWN if new_code.endswith("000") else DivisionKind.VILLAGE
    return CodeLine(code=code, new_code=new_code, name=f"新 {new_code}", kind=kind, parent=parent)


ACT = (
    line(OWN[0], TOWN),
    line(OWN[1], TOWN),
    *(line(code, f"{TOWN[:9]}{number:03}") for number, code in enumerate((*VILLAGES[0], *VILLAGES[1]), 1)),
    line(OWN[2], EAST),
    line(OWN[2], WEST),
    line(VILLAGES[2][0], f"{EAST[:9]}001", parent=EAST),
    line(VILLAGES[2][1], f"{WEST[:9]}001", parent=WEST),
    line(SHARED, RENAMED),
)
"""Two towns merged, one split with a village for each part, one re-coded."""


async def _carry_out(world: World, lines: Iterable[CodeLine]) -> None:
    async with world.works(MANAGER) as work:
        today = clocks.day_of(work.now)
        await changes.change_divisions(work, lines=tuple(lines), valid_from=today, document="冀民〔2026〕1号")
    await drained(world.works)


async def _open_clerks(world: World, **codes: str) -> None:
    actors = {}
    async with world.works(SYSTEM("test")) as work:
        for name, code in codes.items():
            account = await accounts.open_account(
                work,
                username=f"clerk.{name}",
                display_name=name,
                role=Role.CLERK,
                password=PASSWORD,
                division_code=code,
                sections=ELDERCARE,
            )
            actors[f"clerk.{name}"] = Actor(Role.CLERK, name, account.id, Division(code, ELDERCARE))
    world.lived.tokens |= await sign_in_all(world.works, actors)


async def _seen(world: World, name: str) -> set[UUID]:
    """Return the people whose record a clerk is shown; of all others there is none, as far as she is told."""
    people = [row["id"] for row in await world.plain.fetch("select id from person")]
    shown = set()
    for person_id in people:
        answer = await world.ask(name, "GET", f"/people/{person_id}?purpose=visit")
        if answer.status_code == 200:
            shown.add(person_id)
        else:
            assert (answer.status_code, answer.json()["code"]) == (404, "person.not_found")
    return shown


async def _sees_no_other(world: World, name: str, code: str) -> None:
    """Ask every question about one thing of each company, reading first; no id from outside the division comes."""
    settings = {"app.division": code, "app.sections": Section.ELDERCARE}
    secrets = await world.hidden_from(name, "clerk", settings) - set(SAME_REQUEST.values())
    asked = [operation for operation in operations(world.app.openapi()) if operation.name not in UNASKED]
    seen: list[str] = []
    statuses = Counter[int]()
    for operation in sorted(asked, key=lambda operation: operation.method != "GET"):
        for company in world.lived.companies:
            ids = {noun: (await world.ids(noun, company))[:1] for noun in operation.asks_for_ids() & NOUNS.keys()}
            ids |= {kind: list(getattr(company, attribute))[:1] for kind, attribute in TEXTS.items()}
            for question in distinct(operation.questions(ids)):
                answer = await world.ask(
                    name, question.method, question.path, params=list(question.query), json=question.body
                )
                assert answer.status_code < 500, question
                statuses[answer.status_code] += 1
                seen += canaries(answer, secrets, [], str(question))
    assert seen == []
    assert statuses[200] > 10
    assert statuses[404] > 5


async def _undecided(world: World, code: str) -> int:
    async with world.works.database.session(Division(code, ELDERCARE)) as session:
        return int((await session.execute(text("select count(*) from undecided_address"))).scalar_one())


async def test_after_an_act_a_clerk_sees_the_people_of_the_new_division_and_no_others(world: World) -> None:
    first, second, third = (set(company.elders) for company in world.lived.companies)
    await world.plain.execute("delete from dead_letter")
    await _open_clerks(world, split=OWN[2], renamed=SHARED)
    assert await _seen(world, "clerk") == first
    assert await _seen(world, "clerk.split") == third
    await _carry_out(world, ACT)
    await _open_clerks(world, east=EAST, west=WEST)

    (village, *_), (east, west) = world.lived.companies[0].elders, world.lived.companies[2].elders
    for name, people in (
        ("clerk", first | second),
        ("clerk.village", {village}),
        ("clerk.renamed", {world.lived.shared}),
        ("clerk.split", set()),
        ("clerk.east", {east}),
        ("clerk.west", {west}),
    ):
        assert await _seen(world, name) == people, name
    for name, code in (("clerk", TOWN), ("clerk.split", OWN[2]), ("clerk.east", EAST)):
        await _sees_no_other(world, name, code)


async def test_whoever_is_still_to_be_placed_is_shown_to_no_part_and_then_to_one(world: World) -> None:
    await world.plain.execute("delete from dead_letter")
    elder, neighbour = world.lived.companies[0].elders
    parts = f"{OWN[0][:9]}005", f"{OWN[0][:9]}006"
    await _carry_out(world, (line(VILLAGES[0][0], part) for part in parts))
    await _open_clerks(world, fifth=parts[0], sixth=parts[1])
    # The town is hers whichever part it will be.
    assert await _seen(world, "clerk") == {elder, neighbour}
    assert [await _seen(world, name) for name in ("clerk.fifth", "clerk.sixth")] == [set(), set()]
    assert [await _undecided(world, code) for code in (*parts, VILLAGES[0][1])] == [1, 1, 0]

    placed = await world.ask("operator", "PUT", f"/people/{elder}/division", json={"division_code": parts[0]})
    assert placed.status_code == 204, placed.text
    assert [await _seen(world, name) for name in ("clerk.fifth", "clerk.sixth")] == [{elder}, set()]
    assert [await _undecided(world, code) for code in (*parts, VILLAGES[0][1])] == [1, 0, 0]
