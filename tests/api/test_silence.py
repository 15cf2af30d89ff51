"""What a company that does not answer is told, and what everybody reads when its silence has confirmed."""

from kit.access.actor import SYSTEM
from providers.settlement import confirmation
from tests.api.bureau import Bureau


async def turned(bureau: Bureau, *, days: int) -> int:
    await bureau.later(hours=24 * days)
    async with bureau.works(SYSTEM("ticker")) as work:
        return await confirmation.turn_silence(work)


async def test_silence_after_a_reminder_confirms_and_every_desk_reads_so(bureau: Bureau) -> None:
    own, other = bureau.companies
    march = (await bureau.paper_of(own, "2026-03"))["id"]
    assert await turned(bureau, days=7) == 2
    reminded = await bureau("own", "GET", f"/statements/{march}")
    assert (reminded["state"], reminded["by_silence"]) == ("draft", None)
    assert reminded["reminded_at"] < reminded["silent_until"]
    await bureau("other", "POST", f"/statements/{(await bureau.paper_of(other, '2026-03'))['id']}/confirmation")
    assert await turned(bureau, days=3) == 1
    for name in ("own", "drawer", "decider"):
        silent = await bureau(name, "GET", f"/statements/{march}")
        assert (silent["state"], silent["by_silence"], silent["confirmed_by"]) == ("confirmed", True, "ticker")
    assert (await bureau.paper_of(other, "2026-03"))["by_silence"] is None
    # A statement that was confirmed so can be disputed no more, and goes on as any other.
    lines = await bureau("own", "GET", f"/statements/{march}/lines")
    form = {"reason": "too late"}
    path = f"/statement-lines/{lines[0]['id']}/dispute"
    await bureau("own", "POST", path, form, status=409, code="statement.cannot_move")
    await bureau.review(march)
    await bureau("second", "POST", f"/statements/{march}/approval")
