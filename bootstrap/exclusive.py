"""The port and the home directory that a process takes before it starts; few imports, so that mistakes show at once."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.refusal import Kind, Refusal


class HomeUnusable(Refusal):
    """NOWALLS_HOME names a directory that cannot be written."""

    code = "home.unusable"


class RunningAlready(Refusal):
    """Another whole platform runs on this home; two would match, tick and relay the same work twice."""

    code = "serve.running_already"
    kind = Kind.CONFLICT


class PortTaken(Refusal):
    """Another program listens on the port, or this user may not open it."""

    code = "serve.port_taken"
    kind = Kind.CONFLICT


@contextmanager
def home(path: Path) -> Iterator[None]:
    """Hold a home for one `serve`, until the process ends, however it ends.

    Refuses `home.unusable` and `serve.running_already`.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / "serving.lock").open("a")
    except OSError as error:
        raise HomeUnusable(home=str(path), why=error.strerror or str(error)) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunningAlready(home=str(path)) from error
        yield


def port(host: str, number: int) -> socket.socket:
    """Listen on a port, so that nobody else can have it; refuse `serve.port_taken`."""
    taken = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(2048)
    except OSError as error:
        if taken is not None:
            taken.close()
        other = number + 1 if number < 65535 else 8000
        raise PortTaken(port=number, why=error.strerror or str(error), other=other) from error
    return taken
