"""Who may read: with a password set, nothing is answered to whoever has neither it nor a session.

Every request is asked, before any view: what is let through without is named here.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.datastructures import Authorization
from werkzeug.sansio.http import parse_cookie

from dashboard.answers import plain
from dashboard.keeper import Keeper
from dashboard.sessions import Sessions

LOGIN: Final = "/login"
LOGOUT: Final = "/logout"
PROBE: Final = "/healthz"
PROGRAMS: Final = ("/api/", "/export/", "/metrics", PROBE)
"""Where programs ask, who send the password with each request."""
TEXTS: Final = ("/export/", "/metrics")
OPEN: Final = ("files", LOGIN, LOGOUT)
"""Endpoints that hold no data: what the sign-in itself needs."""
BROWSER: Final = "Mozilla/"
"""How every browser calls itself: one asks its user for a name and a password when told to."""
BARE: Final = "masthead.bare"
"""Where in the environment of a request stands that its answer says nothing but its status."""


class Access:
    """The sessions and the keeper of one page."""

    def __init__(self, sessions: Sessions, keeper: Keeper) -> None:
        self.sessions = sessions
        self.keeper = keeper

    def admits(self, environ: WSGIEnvironment) -> bool:
        """Whether who asks has a session."""
        cookie = environ.get("HTTP_COOKIE")
        if cookie is None:
            return False
        # Taken as it came: what other pages of this host have set may be no UTF-8, or of this name.
        tokens = parse_cookie(cookie).getlist(self.cookie(environ))
        return any(map(self.sessions.holds, tokens))

    def cookie(self, environ: WSGIEnvironment) -> str:
        """The session's name: by https one that browsers let no other site or path set."""
        name = f"masthead-{self.sessions.mark}"
        if environ["wsgi.url_scheme"] != "https":
            return name
        return f"__Secure-{name}" if environ.get("SCRIPT_NAME") else f"__Host-{name}"


def home() -> str:
    """The path of the page, and of its cookie."""
    return f"{request.script_root}/"


def register(server: Flask, access: Access, framed: Callable[[], Response]) -> None:
    """Refuse whoever may not read; before everything else that looks at a request.

    ``framed`` says so within another site's page, where nobody can sign in.
    """

    @server.before_request
    def refuse() -> Response | None:
        # A preflight, which carries neither: others of its method are refused for what they are.
        if request.endpoint in OPEN or request.method == "OPTIONS":
            return None
        if access.admits(request.environ):
            return None
        if request.path.startswith(PROGRAMS) and (said := _credentials()) is not None:
            return _judged(access.keeper, said)
        if request.path == PROBE and not request.query_string:
            request.environ[BARE] = True
            return None
        if request.path == "/" and request.args.get("embed") == "1" and not _stands_alone():
            return framed()
        return _unsigned()

    @server.after_request
    def keep_private(response: Response) -> Response:
        if request.endpoint == "files" and response.status_code in (200, 304):
            return response
        response.vary.update(("Cookie", "Authorization"))
        if not response.cache_control.no_store:
            response.cache_control.private = True
            response.cache_control.no_cache = True
        return response


def client() -> str:
    """Who asks, by the address; behind a trusted proxy that is the one which it names."""
    return request.remote_addr or ""


def slow_down(wait_s: int) -> Response:
    """The answer to who tries too often."""
    answer = _told("Too many passwords were tried: try again a little later.", 429)
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def _credentials() -> Authorization | None:
    """What the request says of who asks."""
    try:
        return request.authorization
    except ValueError:
        # Bytes that stand in no header of this kind.
        return None


def _judged(keeper: Keeper, said: Authorization) -> Response | None:
    """None for the password by HTTP Basic, whatever the user's name."""
    if said.type != "basic" or said.password is None:
        return _refusal("Only HTTP Basic is understood here, with the password.")
    verdict = keeper.judge(said.password, client())
    if verdict.wait_s:
        return slow_down(verdict.wait_s)
    return None if verdict.right else _refusal("That is not the password.")


def _unsigned() -> Response:
    if _reads_pages():
        return _to_login()
    return _refusal("This is behind a password: sign in, or send it by HTTP Basic.")


def _reads_pages() -> bool:
    """Whether a reader asks, who can sign in: not a script of a page, nor a program."""
    if request.method not in ("GET", "HEAD"):
        return False
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return not request.path.startswith((*PROGRAMS, "/_dash"))


def _stands_alone() -> bool:
    """Whether the browser says that the page stands in a window of its own."""
    return request.headers.get("Sec-Fetch-Dest") == "document"


def _to_login() -> Response:
    asked = f"{request.script_root}{request.full_path}".removesuffix("?")
    response = Response(status=303)
    response.headers["Location"] = f"{home()}login?next={quote(asked)}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(words: str) -> Response:
    answer = _told(words, 401)
    # A browser would open a window of its own over a page whose session has ended.
    by_browser = request.headers.get("User-Agent", "").startswith(BROWSER)
    answer.headers["WWW-Authenticate"] = (
        'Session realm="Masthead"' if by_browser else 'Basic realm="Masthead", charset="UTF-8"'
    )
    return answer


def _told(words: str, status: int) -> Response:
    if request.path.startswith(TEXTS):
        answer = Response(f"{words}\n", status, mimetype="text/plain")
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return plain({"error": words}, status)
