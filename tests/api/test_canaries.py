"""A company never reads, finds, counts or guesses anything of another's: asked of every route there is."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from dispatch.escalation import operations as escalation
from events.delivery import bus
from events.work import Works
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.access.scope import Division
from kit.clock import FixedClock
from kit.vault import Vault
from tests.api.lives import DISTRICT, MARKS, Company, Lives
from tests.api.questions import TEXTS, Operation, Question, distinct, missing, operations
from tests.api.test_policy import POLICY, actions_of_routes
from tests.api.world import NOUNS, World, canaries, changed
from tests.conftest import HANDLERS, drained

ASKED_ELSEWHERE = {"watchEvents", "watchFunnel"}
"""An endless answer; test_live.py listens to it."""
OF_ALL = {"getHealth", "getFunnel", "getWords"}
"""What counts the whole district and is open to anybody."""
ENDS_THE_SESSION = {"signOut", "changeMyPassword"}

Known = Mapping[str, Sequence[str]]


async def _known(world: World, company: Company) -> dict[str, list[str]]:
    ids_by_noun = {noun: await world.ids(noun, company) for noun in NOUNS}
    assert all(ids_by_noun.values()), {noun for noun, ids in ids_by_noun.items() if not ids}
    return ids_by_noun | {text: list(getattr(company, attribute)) for text, attribute in TEXTS.items()}


async def _about(world: World, person_id: UUID) -> dict[str, list[str]]:
    """Return the person, a visit and the request of it, by kind of id."""
    query = "select id, request_id from visit where person_id = $1 order by id limit 1"
    visit = await world.plain.fetchrow(query, person_id)
    assert visit is not None
    return {"person_id": [str(person_id)], "visit_id": [str(visit["id"])], "request_id": [str(visit["request_id"])]}


def _asked_of(operation: Operation, *owners: Known) -> list[Question]:
    """Return what an operation is asked about two things of each kind of each owner."""
    two = [{kind: ids[:2] for kind, ids in owner.items()} for owner in owners]
    return distinct(question for ids_by_kind in two for question in operation.questions(ids_by_kind))


def _pairs(operation: Operation, theirs: Known, nobodys: Known) -> list[tuple[Question, Question]]:
    """Return each question about another's ids beside the same one about nobody's; one that names no id has no pair."""
    pairs = zip(operation.questions(theirs), operation.questions(nobodys), strict=True)
    return distinct(pair for pair in pairs if pair[0] != pair[1])


async def _put(world: World, name: str | None, question: Question) -> httpx.Response:
    world.routes.add(question.operation)
    return await world.ask(name, question.method, question.path, params=list(question.query), json=question.body)


def _shape(answer: httpx.Response, question: Question) -> tuple[int, str, str]:
    """Return an answer without what was echoed of the question."""
    text, headers = answer.text, str(sorted(answer.headers.items()))
    for named in question.named:
        text, headers = text.replace(named, "<named>"), headers.replace(named, "<named>")
    return answer.status_code, text, headers


def _all(world: World) -> list[Operation]:
    return [operation for operation in operations(world.app.openapi()) if operation.name not in ASKED_ELSEWHERE]


def _companies(world: World, mark: str) -> tuple[Company, Company]:
    by_mark = {company.mark: company for company in world.lived.companies}
    return by_mark[mark], by_mark[MARKS[(MARKS.index(mark) + 1) % len(MARKS)]]


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.WORKER])
@pytest.mark.parametrize("mark", MARKS[:2])
async def test_anothers_id_answers_as_no_id_and_nothing_of_another_is_ever_seen(
    world: World, mark: str, role: Role
) -> None:
    own, other = _companies(world, mark)
    secrets, words, name = await world.secrets(own), world.words(own), f"{mark}.{role}"
    theirs, mine = await _known(world, other), await _known(world, own)
    nobodys = missing(theirs)
    before = await world.state(without={"read_audit"})
    seen: list[str] = []
    for operation in _all(world):
        if operation.method == "GET":
            for question in distinct(operation.questions(mine)):
                answer = await _put(world, name, question)
                seen += canaries(answer, secrets, words, str(question))
        if not operation.asks_for_ids() - set(TEXTS):
            continue
        for asked, instead in _pairs(operation, theirs, nobodys):
            answer, nothing = await _put(world, name, asked), await _put(world, name, instead)
            seen += canaries(answer, secrets, words, str(asked))
            assert answer.status_code < 500, (asked, answer.text)
            assert _shape(answer, asked) == _shape(nothing, instead), asked
    assert seen == []
    assert changed(before, await world.state(without={"read_audit"})) == set()
    print(f"{name}: {world.asked} requests, {len(world.routes)} operations, {len(secrets)} secret ids, 0 seen")


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.WORKER])
async def test_what_a_company_does_touches_and_shows_nothing_of_anothers(world: World, role: Role) -> None:
    own, _ = _companies(world, MARKS[0])
    secrets, words, name = await world.secrets(own), world.words(own), f"{own.mark}.{role}"
    mine = await _known(world, own)
    before = await world.hidden_state(own)
    seen: list[str] = []
    statuses = set()
    # What ends the session comes last; everything else in the document's order.
    for operation in sorted(_all(world), key=lambda asked: asked.name in ENDS_THE_SESSION):
        for question in distinct(operation.questions(mine)):
            answer = await _put(world, name, question)
            assert answer.status_code < 500, (question, answer.text)
            seen += canaries(answer, secrets, words, str(question))
            if not question.reads:
                statuses.add(answer.status_code)
    assert seen == []
    assert {200, 204, 403} <= statuses
    assert world.routes | ASKED_ELSEWHERE == {asked.name for asked in operations(world.app.openapi())}
    # The own second factor is a row that no company's role reads.
    assert changed(before, await world.hidden_state(own)) <= {"account"}


CIVIL_TABLES = {"civil_case", "civil_case_step", "event_log", "event_delivery", "event_outgoing"}
CIVIL_TABLES |= {"civil_record", "civil_record_version", "civil_inspection"}
"""What a clerk changes by opening and moving the own town's cases, and in the registers of the own town."""

PEOPLE, CARE = frozenset({"person_id"}), frozenset({"request_id", "visit_id"})


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("clerk", PEOPLE | CARE),
        ("clerk.minors", PEOPLE | CARE),
        ("clerk.village", PEOPLE | CARE),
        ("section", frozenset()),
        ("section.minors", CARE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_clerk_or_a_section_sees_its_own_people_alone_and_changes_nothing(
    world: World, name: str, hidden: frozenset[str]
) -> None:
    own, other = _companies(world, MARKS[0])
    scope = world.lived.actors[name].scope
    assert isinstance(scope, Division)
    settings = {"app.division": scope.code, "app.sections": ",".join(scope.sections)}
    secrets = await world.hidden_from(name, "clerk", settings)
    # Resident IDs, telephones and whatever another town's people are called are for no clerk.
    words = [word for company in (own, other) for word in (*company.phones, *company.id_numbers)]
    words += [] if scope.code == DISTRICT else [company.mark for company in world.lived.companies[1:]]
    mine, theirs = await _known(world, own), await _known(world, other)
    if name == "clerk.village":  # to whom the next village is as strange as another town
        theirs |= {kind: [*ids, *theirs[kind]] for kind, ids in (await _about(world, own.elders[1])).items()}
    before = await world.state(without={"read_audit"})
    seen: list[str] = []
    granted = 0
    for operation in sorted(_all(world), key=lambda listed: listed.name in ENDS_THE_SESSION):
        for question in _asked_of(operation, mine, theirs):
            answer = await _put(world, name, question)
            assert answer.status_code < 500, (question, answer.text)
            seen += canaries(answer, secrets, words, str(question))
            granted += answer.status_code == 200
        kinds = operation.asks_for_ids() - set(TEXTS)
        if kinds and kinds <= hidden:
            for asked, instead in _pairs(operation, theirs, missing(theirs)):
                answer, nothing = await _put(world, name, asked), await _put(world, name, instead)
                assert _shape(answer, asked) == _shape(nothing, instead), asked
                seen += canaries(answer, secrets, words, str(asked))
    assert seen == []
    assert granted > 10
    # The own second factor, password and session are the only rows that change, and what the own town's cases become.
    own_rows = {"account", "account_recovery_code"} | CIVIL_TABLES
    assert changed(before, await world.state(without={"read_audit"})) <= own_rows
    assert world.routes | ASKED_ELSEWHERE == {listed.name for listed in operations(world.app.openapi())}
    print(f"{name}: {world.asked} requests, {len(secrets)} secret ids, 0 seen")


async def test_a_clerk_is_answered_about_the_own_town_and_a_section_about_its_own_cases(world: World) -> None:
    own, other = _companies(world, MARKS[0])
    mine, theirs = await _known(world, own), await _known(world, other)

    async def status(name: str, path: str) -> int:
        return (await world.ask(name, "GET", path)).status_code

    card = (await world.ask("clerk", "GET", f"/people/{mine['person_id'][0]}?purpose=visit")).json()
    assert card["name"].startswith(own.mark)
    assert card["address"]
    assert [card["id_no"], card["contacts"], card["health_note"], card["bank_account"]] == [None, [], None, None]
    read = await world.plain.fetch("select person_id from read_audit where role = 'clerk'")
    assert [str(row["person_id"]) for row in read] == [mine["person_id"][0]]
    for name, person, visit in (("clerk", 404, 404), ("clerk.minors", 404, 404), ("section", 200, 200)):
        assert await status(name, f"/people/{theirs['person_id'][0]}?purpose=visit") == person, name
        assert await status(name, f"/visits/{theirs['visit_id'][0]}") == visit, name
    for name, visits in (("clerk", True), ("clerk.minors", False), ("section", True), ("section.minors", False)):
        assert await status(name, f"/people/{mine['person_id'][0]}?purpose=visit") == 200, name
        for path in (f"/visits/{mine['visit_id'][0]}", f"/requests/{mine['request_id'][0]}"):
            assert await status(name, path) == (200 if visits else 404), (name, path)
        enrolled = (await world.ask(name, "GET", f"/people/{mine['person_id'][0]}/enrolments")).json()["items"]
        assert bool(enrolled) is visits, name


async def test_the_auditor_reads_what_the_bureau_reads_and_writes_nothing(world: World) -> None:
    companies = _companies(world, MARKS[0])
    ids_by_kind: dict[str, list[str]] = {kind: [] for kind in (*NOUNS, *TEXTS)}
    for company in companies:
        ids_by_kind = {kind: [*ids_by_kind[kind], *ids[:2]] for kind, ids in (await _known(world, company)).items()}
    actions = actions_of_routes()
    before = await world.state(without={"read_audit"})
    answers: list[tuple[httpx.Response, Question]] = []
    for operation in _all(world):
        action = actions.get(operation.name)
        if action in {None, "account.read", "account.change"}:
            continue
        peers = [role for role in (Role.MANAGER, Role.FINANCE) if role in POLICY[action]]
        for question in distinct([*operation.questions(ids_by_kind), *operation.questions(missing(ids_by_kind))]):
            answer = await _put(world, "auditor", question)
            answers.append((answer, question))
            if not question.reads:
                assert answer.status_code == 403, question
            elif peers:
                desk = await _put(world, peers[0], question)
                assert answer.status_code == desk.status_code, (question, answer.text)
    # Who read a record is shown to the auditor too, so what is secret is asked after all the readings.
    secrets = await world.hidden_from("auditor", "auditor", {})
    assert [canary for answer, asked in answers for canary in canaries(answer, secrets, [], str(asked))] == []
    assert changed(before, await world.state(without={"read_audit"})) == set()
    # Whatever of a person's record was read is on record, as it is for every other desk.
    rows = "select distinct person_id from read_audit where role = '{}'"
    audited, managed = [
        {row["person_id"] for row in await world.plain.fetch(rows.format(role))} for role in ("auditor", "manager")
    ]
    assert managed <= audited
    assert managed
    print(f"auditor: {world.asked} requests, {len(world.routes)} operations, 0 seen, 0 written")


async def test_what_the_policy_refuses_is_counted_by_the_minute_and_shown(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        assert (await world.ask("clerk", "GET", "/statements")).status_code == 403
    assert (await world.ask("operator", "GET", "/accounts")).status_code == 403
    rows: list[dict[str, Any]] = []
    for reader in ("administrator", "auditor"):
        rows = (await world.ask(reader, "GET", "/refused-actions")).json()["items"]
        assert {(row["role"], row["action"], row["count"]) for row in rows} == {
            ("clerk", "statements.read", 3),
            ("operator", "accounts.read", 1),
        }
    assert (await world.ask("manager", "GET", "/refused-actions")).status_code == 403
    lines = [record.getMessage() for record in caplog.records if record.name == "nowalls.access"]
    assert len(lines) == 3
    clerk = world.lived.actors["clerk"].account_id
    row = next(row for row in rows if row["role"] == "clerk")
    assert lines[0].startswith(f"refused by policy: action statements.read, role clerk, account {clerk}, correlation ")
    assert row["account_id"] == str(clerk)


@pytest.mark.parametrize("name", [None, *sorted(set(Role) - {Role.SYSTEM, Role.PROVIDER, Role.WORKER})])
async def test_a_wrong_desk_is_refused_whatever_it_asks_for(world: World, name: str | None) -> None:
    own, other = _companies(world, MARKS[0])
    ids_by_kind = {
        kind: [*mine, *theirs]
        for (kind, mine), theirs in zip(
            (await _known(world, own)).items(), (await _known(world, other)).values(), strict=True
        )
    }
    before = await world.state(without={"read_audit"})
    actions = actions_of_routes()
    for operation in _all(world):
        action = actions.get(operation.name)
        if action is None or (name is not None and name in POLICY[action]):
            continue
        answers = set()
        for question in distinct(operation.questions({kind: [ids[0], ids[-1]] for kind, ids in ids_by_kind.items()})):
            answer = await _put(world, name, question)
            answers.add((answer.status_code, answer.text))
        assert len(answers) == 1, operation.name
        assert answers.pop()[0] == (401 if name is None else 403), operation.name
    assert changed(before, await world.state(without={"read_audit"})) == set()


async def test_what_others_do_changes_nothing_that_a_company_is_answered(world: World, vault: Vault) -> None:
    own, other = _companies(world, MARKS[0])
    mine, theirs = await _known(world, own), await _known(world, other)
    reads = [
        (f"{own.mark}.{role}", question)
        for role in (Role.PROVIDER, Role.WORKER)
        for operation in _all(world)
        if operation.method == "GET" and operation.name not in OF_ALL
        for question in _asked_of(operation, mine, theirs)
    ]
    before = [_shape(await _put(world, name, question), question) for name, question in reads]
    # The others go on living by a clock of their own; to this company it is still the same hour.
    clock = FixedClock(world.lived.now)
    works = Works(world.works.database, clock, vault, routes=bus.routes(HANDLERS))
    lives = Lives(works, clock, partial(drained, works), companies=[other], shared=world.lived.shared, born=200)
    await world.plain.execute("delete from dead_letter")
    await lives.march(other)
    await lives.admit(f"{other.mark}2", MARKS.index(other.mark))
    after = [_shape(await _put(world, name, question), question) for name, question in reads]
    assert [pair for pair in zip(reads, before, after, strict=True) if pair[1] != pair[2]] == []
    print(f"{len(reads)} answers the same before and after")


async def test_hiring_somebody_elses_worker_is_answered_as_hiring_anybody(world: World) -> None:
    own, other = _companies(world, MARKS[0])
    name = f"{own.mark}.{Role.PROVIDER}"
    papers = [
        row["number"]
        for row in await world.plain.fetch(
            "select number from certificate where provider_id = $1 and skill = 'S1' order by number", other.id
        )
    ]
    taken, (fresh,) = other.id_numbers[0], missing({"id_no": [""]})["id_no"]

    async def hire(id_no: str, paper: str) -> httpx.Response:
        certificate = {"skill": "S1", "number": paper, "valid_from": "2026-01-01", "expires_on": "2028-01-01"}
        form = {"name": "示例", "sex": "female", "latitude": 38.3, "longitude": 116.8, "id_no": id_no}
        return await world.ask(name, "POST", f"/companies/{own.id}/workers", json={**form, "papers": [certificate]})

    answers = [await hire(taken, papers[0]), await hire(fresh, "S1-77")]
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    hired = answers[0].json()["id"]
    assert (await hire(taken, "S1-78")).json()["code"] == "worker.taken"  # now it is the company's own
    paper = {"skill": "S1", "number": papers[1], "valid_from": "2026-01-01", "expires_on": "2028-01-01"}
    assert (await world.ask(name, "POST", f"/workers/{hired}/certificates", json=paper)).status_code == 201
    async with world.works(SYSTEM("ticker")) as work:
        await escalation.sweep(work)
    cases = (await world.ask("manager", "GET", "/cases", params={"owner_role": "manager"})).json()["items"]
    twice = [case for case in cases if case["kind"] == "worker_twice"]
    assert [case["subject_id"] for case in twice] == [hired]
    async with world.works(SYSTEM("ticker")) as work:
        assert await escalation.sweep(work) == 0


async def test_a_new_workers_number_tells_nothing_of_what_others_hired(world: World) -> None:
    own, other = _companies(world, MARKS[0])
    form = {"name": "示例", "sex": "female", "latitude": 38.3, "longitude": 116.8}

    async def hire(company: Company) -> int:
        name = f"{company.mark}.{Role.PROVIDER}"
        return int((await world.ask(name, "POST", f"/companies/{company.id}/workers", json=form)).json()["number"])

    first = await hire(own)
    for _ in range(3):
        await hire(other)
    assert await hire(own) == first + 1


async def test_a_worker_sees_the_own_visits_and_elders_and_no_colleagues(world: World) -> None:
    own, _ = _companies(world, MARKS[0])
    rows = await world.plain.fetch("select id, worker_id, person_id from visit where provider_id = $1", own.id)
    company = world.lived.actors[f"{own.mark}.{Role.WORKER}"].company
    assert company is not None
    me = company.worker_id
    mine = {str(row["id"]) for row in rows if row["worker_id"] == me}
    elders = {row["person_id"] for row in rows if row["worker_id"] == me}
    strangers = {row["person_id"] for row in rows} - elders
    assert mine, strangers
    assert len(mine) < len(rows)
    seen = (await world.ask(f"{own.mark}.{Role.WORKER}", "GET", "/visits", params={"limit": 500})).json()["items"]
    assert {visit["id"] for visit in seen} == mine
    offers = await world.ask(f"{own.mark}.{Role.WORKER}", "GET", "/offers", params={"state": "lapsed"})
    assert {offer["visit"]["id"] for offer in offers.json()["items"]} <= mine
    for person_id in strangers:
        card = await world.ask(f"{own.mark}.{Role.WORKER}", "GET", f"/people/{person_id}?purpose=visit")
        assert (card.status_code, card.json()["code"]) == (404, "person.not_found")


def test_a_question_about_an_unknown_kind_of_id_is_an_error_and_not_left_out() -> None:
    for body, parameters in (({"lantern_id": "x"}, []), (None, [{"name": "lantern_id", "in": "path"}])):
        with pytest.raises(KeyError):
            list(Operation("new", "POST", "/lanterns/{lantern_id}", parameters, body).questions({"visit_id": ["1"]}))
