"""Find an address on the map by whichever service the machine is set to; typed coordinates need none of this.

`NOWALLS_GEOCODER` is one address: `none`, `nominatim+https://host`, `baidu+https://api.map.baidu.com?key=…&secret=…`
or `amap+https://restapi.amap.com?key=…`. Each service speaks its own datum; what comes out is WGS-84 with the datum it
came in. Only the address text leaves the machine, never a name.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderRateLimited,
    GeocoderServiceError,
    GeopyError,
)
from geopy.geocoders import BaiduV3, Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from kit import geo
from kit.geo import Datum, Point
from kit.refusal import Kind, Refusal
from kit.settings import SettingInvalid

TIMEOUT_SECONDS = 5


class GeocodingOff(Refusal):
    """No service is set."""

    code = "geocoding.off"
    kind = Kind.CONFLICT


class GeocodingFailed(Refusal):
    """The service did not answer, or not with a place."""

    code = "geocoding.failed"
    kind = Kind.BUSY


@dataclass(frozen=True, slots=True)
class Located:
    """Where a service puts an address: WGS-84, the datum it answered in, and how exact it calls its answer."""

    point: Point
    datum: Datum
    exactness: str


class AMap(Geocoder):  # type: ignore[misc] # geopy is published without types
    """The web service of 高德地图 (AMap), version 3, as a geopy geocoder; it answers in GCJ-02."""

    geocode_path = "/v3/geocode/geo"

    def __init__(self, api_key: str, *, domain: str = "restapi.amap.com", **options: Any) -> None:
        super().__init__(**options)
        self.api_key = api_key
        self.api = f"{self.scheme}://{domain}{self.geocode_path}"

    def geocode(
        self, query: str, *, exactly_one: bool = True, city: str | None = None, timeout: Any = DEFAULT_SENTINEL
    ) -> Any:
        """Find an address; `city` (a name or 6-digit code) narrows the search. Gives None, a location, or a list."""
        parameters = {"key": self.api_key, "address": query, "output": "JSON"}
        if city:
            parameters["city"] = city
        callback = partial(self._read, exactly_one=exactly_one)
        return self._call_geocoder(f"{self.api}?{urlencode(parameters)}", callback, timeout=timeout)

    def _read(self, page: dict[str, Any], *, exactly_one: bool) -> Any:
        if page.get("status") != "1":
            raise self._failure(str(page.get("infocode")))(page.get("info"))
        geocodes = [self._location(place) for place in page.get("geocodes") or []]
        if not geocodes:
            return None
        return geocodes[0] if exactly_one else geocodes

    @staticmethod
    def _location(place: dict[str, Any]) -> Location:
        longitude, latitude = map(float, place["location"].split(","))
        at = Point(latitude, longitude)  # geopy would wrap an impossible longitude around the earth
        return Location(place["formatted_address"], (at.latitude, at.longitude), place)

    @staticmethod
    def _failure(infocode: str) -> type[GeopyError]:
        # 错误码说明: 10001 and its neighbours are about the key, 10003/10044 the day's quota, 10004/1002x the pace.
        if infocode in {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10010", "10012", "10013"}:
            failure: type[GeopyError] = GeocoderAuthenticationFailure
        elif infocode in {"10003", "10044", "10045"}:
            failure = GeocoderQuotaExceeded
        elif infocode in {"10004", "10014", "10015", "10019", "10020", "10021", "10022", "10023", "10029"}:
            failure = GeocoderRateLimited
        elif infocode.startswith("2"):
            failure = GeocoderQueryError
        else:
            failure = GeocoderServiceError
        return failure


class _Baidu(BaiduV3):  # type: ignore[misc] # geopy is published without types
    """Baidu's service at any host; it answers in BD-09."""

    def __init__(self, api_key: str, *, domain: str, **options: Any) -> None:
        super().__init__(api_key, **options)
        self.api = f"{self.scheme}://{domain}{self.api_path}"


@dataclass(frozen=True, slots=True)
class Service:
    """One geocoding service, ready to ask; `exactness` reads how exact an answer calls itself."""

    geocoder: Geocoder
    datum: Datum
    exactness: Callable[[dict[str, Any]], Any]

    async def locate(self, address: str, *, district: str | None = None) -> Located | None:
        """Find an address, None where the service knows none; `district` is put before it where it is not in it.

        Refuses `geocoding.failed` when the service is away, refuses, or answers what cannot be read.
        """
        words = address if district is None or district in address else district + address
        try:
            location = await asyncio.to_thread(self.geocoder.geocode, words)
        except (GeopyError, geo.PlaceOutOfRange, KeyError, TypeError, ValueError) as error:
            raise GeocodingFailed from error
        if location is None:
            return None
        at = geo.to_wgs84(Point(location.latitude, location.longitude), self.datum)
        return Located(at, self.datum, str(self.exactness(location.raw)))


def service(setting: str) -> Service:
    """Read the setting; refuses `geocoding.off` for `none` and `setting.invalid` for what cannot be read."""
    if setting == "none":
        raise GeocodingOff
    parts = urlsplit(setting)
    name, _, scheme = parts.scheme.partition("+")
    wishes = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {"scheme": scheme or "https", "timeout": TIMEOUT_SECONDS, "user_agent": "nowalls"}
    if scheme == "https":
        options["ssl_context"] = ssl.create_default_context()
    key, domain = wishes.get("key", ""), parts.netloc
    if name == "nominatim" and domain:
        return Service(Nominatim(domain=domain, **options), Datum.WGS84, lambda raw: raw.get("type", ""))
    if name == "baidu" and key:
        baidu = _Baidu(key, domain=domain or "api.map.baidu.com", security_key=wishes.get("secret"), **options)
        return Service(baidu, Datum.BD09, lambda raw: raw.get("confidence", ""))
    if name == "amap" and key:
        amap = AMap(key, domain=domain or "restapi.amap.com", **options)
        return Service(amap, Datum.GCJ02, lambda raw: raw.get("level", ""))
    raise SettingInvalid(name="NOWALLS_GEOCODER", why="none, nominatim+https://…, baidu+https://…?key=…, amap+…?key=…")
