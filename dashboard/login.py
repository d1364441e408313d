"""Signing in and out: a page without scripts, and the session that it begins."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from flask import Flask, Response, request
from jinja2 import Environment, FileSystemLoader

from dashboard import access as doors
from dashboard.access import LOGIN, LOGOUT, Access, client, home
from dashboard.answers import plain
from dashboard.health import TEMPLATES
from dashboard.keeper import Verdict
from dashboard.reach import is_loopback
from dashboard.sessions import LASTS
from dashboard.words import LANGUAGES, Teller, chosen

PAGE: Final = "login.html"
OWN: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path of this very site: none that a browser would take for the name of another."""


def register(server: Flask, access: Access, asset: Callable[[str], str]) -> None:
    """Let readers sign in and out, and nobody else in; ``asset`` gives a file's address."""
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.get_template(PAGE)

    def show(error: str | None = None, status: int = 200, *, framed: bool = False) -> Response:
        target, lang = _target(), _language()
        told = Teller("login", lang)
        text = template.render(
            tell=told,
            lang=lang,
            languages=LANGUAGES,
            asset=asset,
            error=error and told(error),
            framed=framed,
            here=f"{home()}login?next={quote(target)}&lang=",
            overheard=not request.is_secure and not is_loopback(client()),
        )
        answer = Response(text, status)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Language"] = lang
        answer.vary.add("Accept-Language")
        return answer

    def login() -> Response:
        if request.method != "POST":
            return _go(_target()) if access.admits(request.environ) else show()
        if not _comes_from_here():
            return show("foreign", 403)
        verdict = access.keeper.judge(_said(), client())
        if verdict.right:
            return _begun(access)
        answer = show(*_what_is_wrong(verdict))
        if verdict.wait_s:
            answer.headers["Retry-After"] = str(verdict.wait_s)
        return answer

    doors.register(server, access, lambda: show(status=401, framed=True))
    server.add_url_rule(LOGIN, endpoint=LOGIN, view_func=login, methods=["GET", "POST"])
    server.add_url_rule(
        LOGOUT, endpoint=LOGOUT, view_func=partial(_logout, access), methods=["POST"]
    )


def _what_is_wrong(verdict: Verdict) -> tuple[str, int]:
    return ("often", 429) if verdict.wait_s else ("wrong", 401)


def _begun(access: Access) -> Response:
    answer = _go(_target())
    answer.set_cookie(
        access.cookie(request.environ),
        access.sessions.begin(),
        max_age=LASTS,
        path=home(),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _logout(access: Access) -> Response:
    if not _comes_from_here():
        return plain({"error": "Signing out is asked for by this page alone."}, 403)
    answer = _go(f"{home()}login")
    answer.delete_cookie(
        access.cookie(request.environ),
        path=home(),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _go(place: str) -> Response:
    answer = Response(status=303)
    answer.headers["Location"] = place
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _target() -> str:
    """Where the reader wanted to go; home, where that is none of this page's."""
    asked = request.args.get("next", "")
    own = OWN.fullmatch(asked) and asked.startswith(home())
    apart = [f"{home()}login", f"{home()}logout"]
    return asked if own and unquote(urlsplit(asked).path) not in apart else home()


def _language() -> str:
    """The one that is asked for, here or in the place where the reader wanted to go."""
    there = parse_qs(urlsplit(_target()).query).get("lang", [None])[-1]
    return chosen(request.args.get("lang", there), request.accept_languages)


def _said() -> str:
    """The password in the form."""
    return request.form.get("password", "")


def _comes_from_here() -> bool:
    """Whether a page of this site sent the form, where the browser says who did."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
