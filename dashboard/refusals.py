"""What is not answered: writing methods and addresses that are not there, in one sentence each."""

from collections.abc import Container
from typing import Final

from flask import Flask, Response, request

from dashboard.answers import plain
from data.errors import MastheadError

READING: Final = ("GET", "HEAD")
"""The methods that are answered: nothing here can be changed."""
ROOMS: Final = ("api", "export")
"""Below these an unknown address is not the page's, which takes all others."""


def register(server: Flask, known: Container[str | None]) -> None:
    """Refuse other methods everywhere, and in ROOMS what is none of the ``known`` endpoints."""

    @server.before_request
    def refuse() -> Response | None:
        if request.method not in READING:
            answer = refusal(f"{request.path} is only read: ask with {' or '.join(READING)}.", 405)
            answer.headers["Allow"] = ", ".join(READING)
            return answer
        if request.path.split("/")[1] in ROOMS and request.endpoint not in known:
            return refusal(f"There is nothing at {request.path}.", 404)
        return None


def refusal(words: str | MastheadError, status: int) -> Response:
    """One sentence: as a line of text where files are asked for, elsewhere as JSON."""
    if request.path.startswith("/export"):
        return Response(f"{words}\n", status, mimetype="text/plain")
    return plain({"error": str(words)}, status)
