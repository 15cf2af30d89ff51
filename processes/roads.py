"""The edge at which a road engine is asked, by HTTP; what to ask and how to read it stands in `routing.roads`."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

from kit.refusal import Kind, Refusal
from routing.readers.roads import RoadReply, RoadRequest

PATIENCE_SECONDS = 60.0


class RoadsUnreachable(Refusal):
    """Nobody answers at the road engine's address, or the address is none."""

    code = "roads.unreachable"
    kind = Kind.BUSY


def fetch(request: RoadRequest) -> RoadReply:
    """Ask over HTTP and give what comes back, refusals included; refuses `roads.unreachable`.

    What is refused names the server and never the question: places of homes stand in it.
    """
    server = urlsplit(request.address)
    if server.scheme not in {"http", "https"} or not server.netloc:
        raise RoadsUnreachable(server=server.netloc or request.address[:40], says="http:// or https:// is meant")
    headers = {"Accept": "application/json"} | (
        {"Content-Type": "application/json"} if request.body is not None else {}
    )
    http = urllib.request.Request(request.address, data=request.body, headers=headers)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(http, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - the scheme is checked above
            return RoadReply(answer.status, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return RoadReply(refused.code, refused.read())
    except OSError as away:
        raise RoadsUnreachable(server=server.netloc, says=str(away)) from away
