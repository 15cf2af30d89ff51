"""What is looked at before money leaves, at every desk over HTTP."""

from tests.api.bureau import Bureau


async def test_a_draw_is_published_with_its_list_to_the_bureau_and_to_the_company_itself(bureau: Bureau) -> None:
    own, other = bureau.companies
    draws = await bureau("drawer", "GET", "/review-draws?month=2026-03")
    assert {draw["provider_id"] for draw in draws} == {str(own), str(other)}
    for draw in draws:
        paper = await bureau.paper_of(own if draw["provider_id"] == str(own) else other, "2026-03")
        assert (draw["statement_id"], draw["visits"], draw["drawn"], draw["percent"]) == (paper["id"], 2, 1, 5)
        assert len(bytes.fromhex(draw["seed"])) == 32
    (mine,) = await bureau("own", "GET", "/review-draws?month=2026-03")
    assert mine["provider_id"] == str(own)
    assert await bureau("decider", "GET", "/review-draws?month=2026-04") == []
