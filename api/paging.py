"""Pages over HTTP: a list tells of its next page in the header that the web has for it (RFC 8288)."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from events.work import Work
from kit.pages import Order


class _Page:
    """Which page was asked for, and where to say that there is another."""

    def __init__(
        self,
        request: Request,
        response: Response,
        after: Annotated[str | None, Query(max_length=400, description="where the page before ended")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> None:
        self._request, self._response = request, response
        self.after, self.limit = after, limit

    def told(self, work: Work, order: Order, rows: Sequence[Any]) -> None:
        """Point at the next page where this one is full; a row of several objects is a tuple of them."""
        if len(rows) == self.limit:
            last = rows[-1]
            place = order.place(work.vault, *(last if isinstance(last, tuple) else (last,)))
            following = self._request.url.include_query_params(after=place)
            self._response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'


Page = Annotated[_Page, Depends()]
