"""A worker's phone stays signed in for two weeks, signs all it writes, and carries the day in its pocket."""

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from api.app import V1
from events.contracts.visits import WorkerDeparted
from kit import geo
from kit.access.roles import Role
from kit.clock import FixedClock
from kit.ids import new_id
from tests.api.lives import MARKS, PASSWORD
from tests.api.test_desks import PROVIDER, WORKER, Desks, desks
from tests.api.test_phones import _act, _promised
from tests.api.world import World

__all__ = ["desks"]
"""The fixture, so that pytest finds it here too."""

OTHERS_WORKER = f"{MARKS[1]}.{Role.WORKER}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """A phone with a key of its own, which counts and signs as the page does."""

    world: World
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0
    token: str = ""

    @property
    def public_key(self) -> str:
        point = serialization.PublicFormat.UncompressedPoint
        return _text(self.key.public_key().public_bytes(serialization.Encoding.X962, point))

    async def sign_in(self, name: str = WORKER, **more: Any) -> httpx.Response:
        form = {"username": name, "password": PASSWORD, "kind": "phone", "public_key": self.public_key} | more
        answer = await self.world.client.post("/sessions", json=form)
        self.world.client.cookies.clear()
        if answer.status_code == 201:
            self.token = answer.json()["token"]
        return answer

    def signed(self, method: str, path: str, body: bytes, counter: int) -> dict[str, str]:
        message = f"{method} {V1}{path}\n{counter}\n".encode() + body
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        signature = _text(r.to_bytes(32) + s.to_bytes(32))
        return {"Phone-Counter": str(counter), "Phone-Signature": signature, "Content-Type": "application/json"}

    async def write(self, path: str, form: Any, *, method: str = "POST", counter: int | None = None) -> httpx.Response:
        self.counter = self.counter + 1 if counter is None else counter
        body = json.dumps(form).encode() if form is not None else b""
        return await self.send(method, path, body, self.signed(method, path, body, self.counter))

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        return await self.world.client.request(method, path, content=body, headers=headers)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("GET", path, b"", headers)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_phone_stays_signed_in_for_two_weeks_without_being_touched(world: World) -> None:
    phone, clock = Phone(world), world.works.clock
    began = (await phone.sign_in()).json()
    assert began["kind"] == "phone"
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=13, hours=23))
    (own,) = [row for row in (await phone.get("/me/sessions")).json()["items"] if row["kind"] == "phone"]
    assert own["ends_at"] == began["ends_at"]
    clock.advance(timedelta(hours=2))
    assert refused(await phone.get("/me")) == (401, "actor.unknown")


async def test_only_a_worker_signs_in_on_a_phone_and_only_with_a_key_of_the_curve(world: World) -> None:
    phone = Phone(world)
    assert refused(await phone.sign_in("operator")) == (403, "session.kind_not_allowed")
    assert refused(await phone.sign_in(PROVIDER)) == (403, "session.kind_not_allowed")
    assert refused(await phone.sign_in(kind="wall", public_key=None)) == (403, "session.kind_not_allowed")
    off_the_curve = _text(b"\x04" + bytes(range(64)))
    short = _text(
        phone.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    )
    for key in (None, "", "????", off_the_curve, short, "鑰匙"):
        assert refused(await phone.sign_in(public_key=key)) == (422, "session.phone_key_invalid"), key
    assert refused(await phone.sign_in(kind="desk")) == (422, "session.phone_key_invalid")


async def test_a_signed_act_counts_once_however_often_it_comes(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    phone, path, act = Phone(world), f"/visits/{visit['id']}/departure", _act(world)
    await phone.sign_in()
    for _ in range(2):  # the answer was lost
        assert (await phone.write(path, act, counter=5)).json()["state"] == "departed"
    assert await desks.emitted(WorkerDeparted, visit_id=visit["id"]) == 1
    assert refused(await phone.write(path, _act(world), counter=5)) == (409, "session.counter_used")
    overtaken = await phone.write(path, act, counter=4)
    assert refused(overtaken) == (409, "session.counter_used")
    assert overtaken.json()["parameters"] == {"counter": 4, "latest": 5}
    assert (await phone.write(path, act, counter=6)).status_code == 200
    assert await desks.emitted(WorkerDeparted, visit_id=visit["id"]) == 1
    assert len(await desks(PROVIDER, "GET", f"/visits/{visit['id']}/acts")) == 1


async def test_what_a_phone_did_not_sign_is_not_done(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    phone, stranger, path = Phone(world), Phone(world), f"/visits/{visit['id']}/departure"
    await phone.sign_in()
    stranger.token = phone.token
    body = json.dumps(_act(world)).encode()
    right = phone.signed("POST", path, body, 1)
    assert refused(await phone.send("POST", path, body, {})) == (403, "session.signature_missing")
    for counter in ("", "0", "-1", "1.5", "0x1", str(2**53)):
        answer = await phone.send("POST", path, body, right | {"Phone-Counter": counter})
        assert refused(answer) == (403, "session.signature_missing"), counter
    for wrong in (
        await stranger.write(path, _act(world)),
        await phone.send("POST", path, body, right | {"Phone-Counter": "2"}),
        await phone.send("POST", path, body, right | {"Phone-Signature": "AAAA"}),
        await phone.send("POST", path, body, right | {"Phone-Signature": "?"}),
        await phone.send("POST", path, body.replace(b"10", b"11"), right),
        await phone.send("POST", path.replace("departure", "arrival"), body, right),
    ):
        assert refused(wrong) == (403, "session.signature_invalid")
    assert (await desks(PROVIDER, "GET", f"/visits/{visit['id']}"))["state"] == "accepted"
    assert (await phone.send("POST", path, body, right)).json()["state"] == "departed"
    assert refused(await phone.send("DELETE", "/sessions/current", b"", {})) == (403, "session.signature_missing")
    assert (await phone.write("/sessions/current", None, method="DELETE", counter=2)).status_code == 204
    assert refused(await phone.get("/me")) == (401, "actor.unknown")


async def test_a_key_goes_on_counting_when_its_account_signs_in_again(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    phone, path = Phone(world), f"/visits/{visit['id']}/departure"
    await phone.sign_in()
    act = _act(world)
    assert (await phone.write(path, act, counter=9)).status_code == 200
    await phone.sign_in()
    assert refused(await phone.write(path, act, counter=9)) == (409, "session.counter_used")
    assert (await phone.write(path, act, counter=10)).status_code == 200
    other = Phone(world, key=phone.key)  # another account of the same phone counts for itself
    await other.sign_in(OTHERS_WORKER)
    assert refused(await other.write(path, _act(world), counter=1)) == (404, "visit.not_found")


async def test_a_screen_on_the_wall_reads_and_changes_nothing(world: World) -> None:
    screen, clock = Phone(world), world.works.clock
    assert (await screen.sign_in("manager", kind="wall", public_key=None)).json()["kind"] == "wall"
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=29))
    assert (await screen.get("/board")).status_code == 200
    body = b'{"stands": true, "reason": "somebody passed by"}'
    answer = await screen.send("POST", f"/visits/{new_id()}/decision", body, {"Content-Type": "application/json"})
    assert refused(answer) == (403, "session.reads_only")
    clock.advance(timedelta(days=2))
    assert refused(await screen.get("/board")) == (401, "actor.unknown")


async def test_the_day_comes_in_one_answer_with_all_that_is_needed_at_the_doors(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    phone = Phone(world)
    await phone.sign_in()
    answer = await phone.get("/visits/mine/pack")
    pack = answer.json()
    (row,) = [row for row in pack["visits"] if row["visit"]["id"] == visit["id"]]
    card = await desks(PROVIDER, "GET", f"/people/{visit['person_id']}?purpose=visit")
    door = await desks(PROVIDER, "GET", f"/visits/{visit['id']}/door-note")
    same = ("name", "sex", "age", "contacts", "address", "latitude", "longitude")
    mapped = geo.from_wgs84(geo.Point(card["latitude"], card["longitude"]), geo.Datum.GCJ02)
    place = {"gcj02_latitude": mapped.latitude, "gcj02_longitude": mapped.longitude}
    assert row["card"] == {name: card[name] for name in same} | place | door
    assert (row["sequence"], row["anchor"].partition(".")[0].isdigit()) == (0, True)
    assert (await phone.write(f"/visits/{visit['id']}/departure", _act(world))).status_code == 200
    later = (await phone.get("/visits/mine/pack")).json()
    assert [row["sequence"] for row in later["visits"] if row["visit"]["id"] == visit["id"]] == [1]
    assert (await phone.get("/visits/mine/pack?day=2026-01-01")).json() == {"day": "2026-01-01", "visits": []}
    stranger = Phone(world)
    await stranger.sign_in(OTHERS_WORKER)
    assert visit["id"] not in (await stranger.get("/visits/mine/pack")).text
    assert MARKS[0] not in (await stranger.get("/visits/mine/pack")).text
    await desks(PROVIDER, "GET", "/visits/mine/pack", status=403, code="actor.not_allowed")


async def test_what_the_phone_has_is_not_sent_again_and_not_recorded_as_read(world: World, desks: Desks) -> None:
    visit = await _promised(world, desks)
    phone, clock = Phone(world), world.works.clock
    await phone.sign_in()
    etag = (await phone.get("/visits/mine/pack")).headers["etag"]
    readings = f"/people/{visit['person_id']}/readings"
    before = await desks("manager", "GET", readings)
    assert {row["purpose"] for row in before} >= {"visit", "disclosure: door note"}
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(minutes=5))
    again = await phone.get("/visits/mine/pack", **{"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert await desks("manager", "GET", readings) == before
    await phone.write(f"/visits/{visit['id']}/departure", _act(world))
    assert (await phone.get("/visits/mine/pack", **{"If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize("kind", ["desk", "phone", "wall"])
async def test_a_session_of_each_kind_says_what_it_is(world: World, kind: str) -> None:
    phone = Phone(world)
    key = phone.public_key if kind == "phone" else None
    began = await phone.sign_in(WORKER if kind == "phone" else "auditor", kind=kind, public_key=key)
    assert (began.status_code, began.json()["kind"]) == (201, kind)
    assert kind in {row["kind"] for row in (await phone.get("/me/sessions")).json()["items"]}
