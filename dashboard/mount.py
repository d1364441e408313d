"""Where the page lives on its host: below a prefix, behind so many reverse proxies."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.refusals import refusal
from data.settings import Settings

OUTSIDE: Final = "masthead.outside"
"""Where in a request's environment it stands that its path is not below the prefix."""


class Mounted:
    """The application below ``prefix``, which it need not know of: its paths begin behind that.

    A proxy may pass the path on as it is, or take the prefix off and say so.
    """

    def __init__(self, application: WSGIApplication, prefix: str) -> None:
        self._application = application
        self._root = prefix.rstrip("/")

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path, taken_off = environ.get("PATH_INFO", ""), environ.get("SCRIPT_NAME", "")
        # Compared, never used: whatever a client says, links lead below the one prefix.
        environ["SCRIPT_NAME"] = self._root
        if f"{path}/".startswith(f"{self._root}/"):
            environ["PATH_INFO"] = path[len(self._root) :]
        elif taken_off != self._root:
            environ["SCRIPT_NAME"], environ[OUTSIDE] = "", True
        return self._application(environ, start)


def guard(server: Flask, prefix: str) -> None:
    """Refuse what is not below ``prefix``; registered first, for no route is meant by it."""

    @server.before_request
    def refuse() -> Response | None:
        if OUTSIDE in request.environ:
            return refusal(f"There is nothing at {request.path}.", 404, home=prefix)
        if request.script_root and not request.environ["PATH_INFO"]:
            asked = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
            # The page's own addresses are relative: without the slash they would miss it.
            return Response(status=308, headers={"Location": f"{prefix}{asked}"})
        return None


def mount(server: Flask, settings: Settings) -> None:
    """Answer below the prefix, and believe as many proxies as there are; once all is registered."""
    application: WSGIApplication = Mounted(server.wsgi_app, settings.prefix)
    if count := settings.proxies:
        application = ProxyFix(
            application, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )
    server.wsgi_app = application  # type: ignore[assignment, method-assign]
