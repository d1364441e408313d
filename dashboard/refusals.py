"""What is not answered: writing methods and addresses that are not there, in one sentence each."""

from typing import Final

from flask import Flask, Response, request

from dashboard.answers import plain
from data.errors import MastheadError

READING: Final = ("GET", "HEAD")
"""The methods that are answered: nothing here can be changed."""
NOWHERE: Final = ("/api", "/api/", "/api/<path:_>", "/export", "/export/", "/export/<path:_>")
"""Where an unknown address is not the page's."""


def register(server: Flask) -> None:
    """Refuse other methods everywhere, and unknown addresses below ``/api`` and ``/export``."""

    @server.before_request
    def refuse() -> Response | None:
        if request.method in READING:
            return None
        answer = refusal(f"{request.path} is only read: ask with {' or '.join(READING)}.", 405)
        answer.headers["Allow"] = ", ".join(READING)
        return answer

    for rule in NOWHERE:
        server.add_url_rule(rule, endpoint=rule, view_func=_unknown)


def refusal(words: str | MastheadError, status: int) -> Response:
    """One sentence: as a line of text where files are asked for, elsewhere as JSON."""
    if request.path.startswith("/export"):
        return Response(f"{words}\n", status, mimetype="text/plain")
    return plain({"error": str(words)}, status)


def _unknown(_: str = "") -> Response:
    return refusal(f"There is nothing at {request.path}.", 404)
