"""Three map services behind one setting, each played by a stub on the loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kit import geo
from kit.geo import Datum, Point
from kit.settings import SettingInvalid
from registry import geocoding

HOME = Point(38.31, 116.84)
Answer = Callable[[str, dict[str, str]], Any]
Stub = Callable[[Answer], str]


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve JSON made from path and query; gives host:port."""
    servers: list[ThreadingHTTPServer] = []

    def serve(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                page = answer(parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()})
                body = json.dumps(page).encode()
                self.send_response(200 if page is not None else 500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def amap_page(point: Point) -> dict[str, Any]:
    shown = geo.from_wgs84(point, Datum.GCJ02)
    place = {
        "formatted_address": "河北省沧州市运河区某路1号",
        "location": f"{shown.longitude:.9f},{shown.latitude:.9f}",
        "level": "门牌号",
    }
    return {"status": "1", "info": "OK", "infocode": "10000", "count": "1", "geocodes": [place]}


async def test_amap_answers_in_gcj02_and_is_brought_home(stub: Stub) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answer(path: str, query: dict[str, str]) -> Any:
        asked.append((path, query))
        return amap_page(HOME)

    service = geocoding.service(f"amap+http://{stub(answer)}?key=k1")
    place = await service.locate("某路1号", district="沧州市运河区")
    assert place is not None
    assert geo.metres(place.point, HOME) < 0.01
    assert (place.datum, place.exactness) == (Datum.GCJ02, "门牌号")
    assert asked == [("/v3/geocode/geo", {"key": "k1", "address": "沧州市运河区某路1号", "output": "JSON"})]


async def test_baidu_answers_in_bd09_and_is_brought_home(stub: Stub) -> None:
    shown = geo.from_wgs84(HOME, Datum.BD09)
    result = {
        "location": {"lng": shown.longitude, "lat": shown.latitude},
        "precise": 1,
        "confidence": 80,
        "level": "门址",
    }
    asked: list[dict[str, str]] = []

    def answer(path: str, query: dict[str, str]) -> Any:
        asked.append(query)
        return {"status": 0, "result": result} if path == "/geocoding/v3/" else None

    service = geocoding.service(f"baidu+http://{stub(answer)}?key=k2&secret=s2")
    place = await service.locate("运河区某路1号", district="运河区")
    assert place is not None
    assert geo.metres(place.point, HOME) < 0.01
    assert (place.datum, place.exactness) == (Datum.BD09, "80")
    assert asked[0]["ak"] == "k2"
    assert asked[0]["address"] == "运河区某路1号"
    assert len(asked[0]["sn"]) == 32


async def test_nominatim_answers_in_wgs84(stub: Stub) -> None:
    page = [{"lat": "38.31", "lon": "116.84", "display_name": "某路", "type": "house"}]
    service = geocoding.service(f"nominatim+http://{stub(lambda path, query: page)}")
    place = await service.locate("某路1号")
    assert place == geocoding.Located(HOME, Datum.WGS84, "house")


@pytest.mark.parametrize(
    "page",
    [
        None,
        {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"},
        {"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"},
        {"status": "0", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT", "infocode": "10021"},
        {"status": "0", "info": "INVALID_PARAMS", "infocode": "20000"},
        {"status": "0", "info": "ENGINE_RESPONSE_DATA_ERROR", "infocode": "30001"},
        {"status": "1", "geocodes": [{"formatted_address": "x", "location": "here"}]},
        {"status": "1", "geocodes": [{"formatted_address": "x", "location": "500,500"}]},
    ],
)
async def test_a_service_that_fails_says_so_and_invents_nothing(stub: Stub, page: Any) -> None:
    service = geocoding.service(f"amap+http://{stub(lambda path, query: page)}?key=k")
    with pytest.raises(geocoding.GeocodingFailed):
        await service.locate("某路1号")


async def test_nobody_listening_is_a_failure_not_a_crash() -> None:
    with pytest.raises(geocoding.GeocodingFailed):
        await geocoding.service("amap+http://127.0.0.1:9?key=k").locate("某路1号")


async def test_an_unknown_address_is_nowhere(stub: Stub) -> None:
    page = {"status": "1", "info": "OK", "infocode": "10000", "count": "0", "geocodes": []}
    service = geocoding.service(f"amap+http://{stub(lambda path, query: page)}?key=k")
    assert await service.locate("没有这条路") is None


def test_the_setting_is_read_or_refused() -> None:
    with pytest.raises(geocoding.GeocodingOff):
        geocoding.service("none")
    for wrong in ("", "google", "amap+https://restapi.amap.com", "baidu", "nominatim"):
        with pytest.raises(SettingInvalid):
            geocoding.service(wrong)
    assert geocoding.service("amap+https://?key=k").datum is Datum.GCJ02
