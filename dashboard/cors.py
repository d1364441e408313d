"""Which other sites' pages may read the API and the exports: none unless it is configured."""

from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, request

from dashboard.refusals import READING

PLACES: Final = ("/api/", "/export/")
ANYONE: Final = "*"
SHOWN: Final = "Content-Disposition, ETag, Link"
"""Headers of an answer that a foreign script may see beside the usual ones."""
SENT: Final = "If-None-Match"
"""Headers of a request that it may set beside the usual ones."""
KEPT_S: Final = "86400"


def register(server: Flask, origins: Sequence[str]) -> None:
    """Let pages of these ``origins`` read; before :mod:`dashboard.refusals`, which refuses OPTIONS.

    Nothing is ever sent that depends on who asks, so credentials are not allowed for.
    """
    if not origins:
        return

    @server.before_request
    def preflight() -> Response | None:
        wanted = request.headers.get("Access-Control-Request-Method")
        if request.method != "OPTIONS" or wanted not in READING or _allowed(origins) is None:
            return None
        answer = Response(status=204)
        answer.headers["Access-Control-Allow-Methods"] = ", ".join(READING)
        answer.headers["Access-Control-Allow-Headers"] = SENT
        answer.headers["Access-Control-Max-Age"] = KEPT_S
        return answer

    @server.after_request
    def allow(response: Response) -> Response:
        if not request.path.startswith(PLACES):
            return response
        response.vary.add("Origin")
        if allowed := _allowed(origins):
            response.headers["Access-Control-Allow-Origin"] = allowed
            response.headers["Access-Control-Expose-Headers"] = SHOWN
        return response


def _allowed(origins: Sequence[str]) -> str | None:
    """Who may read this answer: the very origin that asks, where it is one of ``origins``."""
    asking = request.headers.get("Origin")
    if asking is None or not request.path.startswith(PLACES):
        return None
    if ANYONE in origins:
        return ANYONE
    return asking if asking in origins else None
