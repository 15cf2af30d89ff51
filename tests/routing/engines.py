"""A road engine on loopback that speaks as OSRM and Valhalla publish it, with their limits and their refusals.

Going north takes half as long again as going south; nobody gets to or from the island (north of 39.5), and there is no
road near the sea (west of 115).
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kit.geo import Point, metres


def seconds(here: Point, there: Point) -> float | None:
    """Give what the engine says of one pair, to a tenth; None where no road leads."""
    if (here.latitude > 39.5) != (there.latitude > 39.5):
        return None
    return round(metres(here, there) / 5.0 * (1.5 if there.latitude > here.latitude else 1.0), 1)


@dataclass
class Server:
    """Where the engine listens, what it was asked, and how it behaves."""

    address: str = ""
    most_pairs: int = 10_000
    wordy: bool = False
    broken: str = ""
    asked: list[tuple[int, int]] = field(default_factory=list)

    def answer(self, sources: list[Point], targets: list[Point]) -> tuple[str, list[list[float | None]]]:
        """Give a refusal's kind ("" where there is none), and the cells."""
        self.asked.append((len(sources), len(targets)))
        if len(sources) * len(targets) > self.most_pairs:
            return "big", []
        if any(place.longitude < 115.0 for place in (*sources, *targets)):
            return "sea", []
        return "", [[seconds(here, there) for there in targets] for here in sources]


class Handler(BaseHTTPRequestHandler):
    """Both protocols; which one is emitted by the path."""

    state: Server

    def log_message(self, *_words: Any) -> None:
        pass

    def reply(self, status: int, content: object) -> None:
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.state.broken:
            return self.reply(502, self.state.broken)
        url = urlsplit(self.path)
        *head, coordinates = url.path.strip("/").split("/")
        if head[:2] != ["table", "v1"]:
            return self.reply(400, {"code": "InvalidUrl", "message": "URL string malformed"})
        pairs = [pair.split(",") for pair in coordinates.split(";")]
        places = [Point(float(latitude), float(longitude)) for longitude, latitude in pairs]
        asked = parse_qs(url.query)
        sources = [places[int(k)] for k in asked["sources"][0].split(";")]
        targets = [places[int(k)] for k in asked["destinations"][0].split(";")]
        wrong, cells = self.state.answer(sources, targets)
        if wrong == "big":
            return self.reply(400, {"code": "TooBig", "message": "Too many table coordinates"})
        if wrong:
            return self.reply(400, {"code": "NoSegment", "message": "Could not find a matching segment"})
        named = [{"hint": "", "distance": 1.5, "name": "road", "location": [p.longitude, p.latitude]} for p in places]
        return self.reply(200, {"code": "Ok", "durations": cells, "sources": named, "destinations": named})

    def do_POST(self) -> None:
        if self.state.broken:
            return self.reply(502, self.state.broken)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sources, targets = ([Point(p["lat"], p["lon"]) for p in asked[side]] for side in ("sources", "targets"))
        wrong, cells = self.state.answer(sources, targets)
        refusals = {"big": (150, "Exceeded max locations:50"), "sea": (171, "No suitable edges near location")}
        if wrong:
            number, words = refusals[wrong]
            error = {"error_code": number, "error": words, "status_code": 400, "status": "Bad Request"}
            return self.reply(400, error)
        if self.state.wordy or asked.get("verbose", True):
            pairs = [
                [{"distance": 1.0, "time": time, "from_index": i, "to_index": j} for j, time in enumerate(line)]
                for i, line in enumerate(cells)
            ]
            return self.reply(200, {"sources_to_targets": pairs, "units": "kilometers"})
        lengths = [[None if time is None else 1.0 for time in line] for line in cells]
        concise = {"durations": cells, "distances": lengths}
        return self.reply(200, {"sources_to_targets": concise, "units": "kilometers", "algorithm": "costmatrix"})


@contextmanager
def listening() -> Iterator[Server]:
    """Listen on a free port of this machine until the block ends."""
    state = Server()
    handler = type("Bound", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
