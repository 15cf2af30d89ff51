"""The pages people work with: static files built from web/, their deep links, their caching and what they may load."""

from functools import partial
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kit.access.roles import Role

STATIC: Final = Path(__file__).resolve().parent / "static"
"""Where `python3 run.py web` puts what it builds; not committed."""
ICON: Final = Path(__file__).resolve().parent / "icon.svg"
BUILDS: Final = {"console": "console", "field": "field", "my": "elder"}
"""First word of a page's address → the build of web/ that answers below it."""
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What a page may load: its own files; styles may stand in elements, where the libraries put them, scripts may not."""
HOME: Final = {
    Role.WORKER: "/field/",
    Role.OPERATOR: "/console/calls",
    Role.MANAGER: "/console/overview",
    Role.AUDITOR: "/console/overview",
    Role.ADMINISTRATOR: "/console/settings",
    Role.FINANCE: "/console/finance",
    Role.PROVIDER: "/console/dispatch",
    Role.CLERK: "/console/civil/cases",
    Role.SECTION: "/console/civil/cases",
}
"""Role → the page that its work begins at."""
ACCOUNT: Final = "/console/account"
"""The page of a role without one of its own: the account itself."""
_IMMUTABLE = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>页面还没有建好 · nowalls</title>
<h1>页面还没有建好</h1>
<p>平台在运行，但网页还没有建好。第一次启动时请等一分钟再刷新；一直这样，请在服务器上运行
<code>python3 run.py web</code>，看它说了什么。</p>
<p lang="en">The platform runs, but its pages are not built. At a first start wait a minute and reload; if this stays,
run <code>python3 run.py web</code> on the server and read what it says.</p>
<p><a href="/">首页 · Start</a></p></html>
"""


def home_of(role: Role) -> str:
    """Return the path of the page that a role's work begins at."""
    return HOME.get(role, ACCOUNT)


class Desk(StaticFiles):
    """One build of web/. A path that names no file is the page itself, whose script knows what to show."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self.config_checked = True  # the folder may come while the program runs: each request looks for it

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, the page for a deep link, 404 for a file that is not there, 503 where nothing is built."""
        first, *_ = Path(path).parts or (".",)
        try:
            response = await super().get_response("index.html" if path == "." else path, scope)
        except HTTPException as error:
            if error.status_code != 404 or Path(path).suffix or first in {"assets", ".."}:
                raise
            try:
                response = await super().get_response("index.html", scope)
            except HTTPException:
                headers = {"Content-Security-Policy": CSP, "Retry-After": "10"}
                return HTMLResponse(_NOT_BUILT, status_code=503, headers=headers)
        response.headers["Cache-Control"] = _IMMUTABLE if first == "assets" else _ASK_AGAIN
        response.headers["Content-Security-Policy"] = CSP
        return response


def install(app: FastAPI) -> None:
    """Serve every build below its word, and lead the bare word to it."""
    for word, build in BUILDS.items():
        app.add_api_route(f"/{word}", partial(_lead, f"/{word}/"), include_in_schema=False)
        app.mount(f"/{word}", Desk(STATIC / build), name=word)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)


async def _lead(path: str) -> Response:
    return RedirectResponse(path, 308)


async def _icon() -> Response:
    return FileResponse(ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})
