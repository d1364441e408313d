"""What is not answered: writing methods, unknown addresses, what failed; a sentence each."""

import logging
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from dashboard.access import LOGIN, LOGOUT
from dashboard.answers import plain
from dashboard.requestlog import escaped
from data.errors import MastheadError
from data.harmless import harmless

log: Final = logging.getLogger("masthead")

READING: Final = ("GET", "HEAD")
"""The methods that are answered: nothing here can be changed."""
SIGNING: Final = (LOGIN, LOGOUT)
"""Endpoints that are told something, where there is a password."""
NO_PAGES: Final = ("/api", "/export", "/healthz", "/metrics", "/static", "/_dash")
"""Below these programs ask; elsewhere it may be a person, who is answered with a page."""
DASHS: Final = frozenset(
    {
        "/<path:path>",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_dash-update-component",
        "/_favicon.ico",
        "/_reload-hash",
        "_dash_assets.static",
    }
)
"""What Dash answers and the page does not ask for: the whole page at any address, to begin with."""
WHOLE: Final = "/_dash-component-suites/plotly/package_data/plotly.min.js"
"""What the page does ask for where set-up could not bring the small build."""
LARGEST: Final = 10_000
"""Bytes of a request's body: nothing here takes a larger one."""
PAGE: Final = Path(__file__).with_name("templates") / "refused.html"
FAILED: Final = "This could not be answered: something failed here, and the server's log says what."
WORDS: Final = {
    400: "This request is not understood.",
    413: f"A request's body has {LARGEST:,} bytes at most here.",
}
"""By status, where the library that noticed it has words of its own."""


def register(server: Flask) -> None:
    """Refuse other methods and unknown addresses everywhere, and answer for what fails."""
    server.config["MAX_CONTENT_LENGTH"] = LARGEST

    @server.before_request
    def refuse() -> Response | None:
        if request.method not in READING and request.endpoint not in SIGNING:
            answer = refusal(f"{request.path} is only read: ask with {' or '.join(READING)}.", 405)
            answer.headers["Allow"] = ", ".join(READING)
            return answer
        nobodys = request.endpoint is None or request.endpoint in DASHS
        return _nothing() if nobodys and request.path != WHOLE else None

    @server.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        return _nothing() if status == 404 else refusal(WORDS.get(status, FAILED), status)

    @server.errorhandler(Exception)
    def failed(_error: Exception) -> Response:
        log.exception("%s %s could not be answered.", request.method, escaped(request.path))
        return refusal(FAILED, 500)


def _nothing() -> Response:
    return refusal(f"There is nothing at {request.path}.", 404)


def refusal(words: str | MastheadError, status: int, home: str | None = None) -> Response:
    """One sentence: a line of text where files are asked for, a page for a person, else JSON.

    ``home`` is where the page is, for who asked outside of it. What it quotes of the address may
    end up in the terminal of whoever follows a link.
    """
    words = harmless(str(words))
    if request.path.startswith("/export"):
        answer = Response(f"{words}\n", status, mimetype="text/plain")
    elif not request.path.startswith(NO_PAGES) and "text/html" in request.accept_mimetypes.values():
        page = PAGE.read_text(encoding="utf-8")
        home = home or f"{request.script_root}/"
        answer = Response(page.format(words=escape(words), home=escape(home)), status)
        answer.vary.add("Accept")
    else:
        answer = plain({"error": words}, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
