"""What leaves the house about a visit: the card for the wall, and the family's link."""

from datetime import timedelta
from uuid import UUID

import pytest

from dispatch.visits import family_link, home_card, queries
from dispatch.visits.transitions import VisitState
from events.work import Works
from kit.clock import FixedClock
from registry import queries as registry
from tests.dispatch.stage import MANAGER, Stage, set_stage
from tests.documents import qr_modules, qr_of


@pytest.fixture
async def stage(works: Works, clock: FixedClock) -> Stage:
    return await set_stage(works, clock, companies=1, elders=2)


async def test_a_card_bears_the_code_of_one_home_and_the_reading_is_kept(stage: Stage) -> None:
    elder, other = stage.elders
    async with stage.works(MANAGER) as work:
        card = await home_card.of(work, elder)
        assert card.token == queries.home_token(work, elder) != queries.home_token(work, other)
        assert qr_modules(home_card.pdf(card)) == qr_of(card.token)
        assert [row.fields for row in await registry.audit_of(work, elder)] == [["home_token"]]
        with pytest.raises(registry.PersonNotFound):
            await home_card.of(work, UUID(int=7))
    async with stage.works(stage.person_of(0)) as work:
        with pytest.raises(queries.CodesForbidden):
            await home_card.of(work, elder)


async def test_a_link_follows_its_visit_until_it_ends(stage: Stage) -> None:
    visit_id = await stage.promised(await stage.add_request())
    async with stage.works(MANAGER) as work:
        link = await family_link.make(work, visit_id=visit_id)
        seen = await family_link.follow(work, link.token)
        assert (seen.visit_id, seen.state) == (visit_id, VisitState.ACCEPTED)
        assert seen.worker_called.endswith("师傅")
        for word in ("", "x", link.token[1:], link.token + "x", "中" * 50):
            with pytest.raises(family_link.LinkInvalid):
                await family_link.follow(work, word)
    stage.clock.set(link.ends_at + timedelta(seconds=1))
    async with stage.works(MANAGER) as work:
        with pytest.raises(family_link.LinkInvalid):
            await family_link.follow(work, link.token)


async def test_nobody_follows_a_visit_that_nobody_has_promised(stage: Stage) -> None:
    offered = (await stage.offer(await stage.add_request())).visit_id
    async with stage.works(MANAGER) as work:
        with pytest.raises(family_link.NothingToFollow):
            await family_link.make(work, visit_id=offered)
