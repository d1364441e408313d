"""The log of requests: one line each, without secrets, that nobody can break or forge."""

import logging
import re
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.test import Client, run_wsgi_app

from dashboard.requestlog import LONGEST, RequestLog


def answering(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """A body in two parts."""
    start("418 I'm a teapot", [("Content-Type", "text/plain")])
    return iter([b"abc", b"de"])


def asked(caplog: pytest.LogCaptureFixture, **environ: Any) -> str:
    """The line of one request."""
    given = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": "192.0.2.1", **environ}
    caplog.clear()
    caplog.set_level(logging.DEBUG, logger="masthead")
    body, _, _ = run_wsgi_app(RequestLog(answering), given)
    assert b"".join(body) == b"abcde"
    getattr(body, "close", lambda: None)()
    [line] = caplog.messages
    return line


def test_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    """Client, method, path with query, status, bytes and time."""
    line = asked(caplog, PATH_INFO="/api/v1/series", QUERY_STRING="range=7d&q=a%20b")
    form = r"192\.0\.2\.1 GET /api/v1/series\?range=7d&q=a%20b 418 5 B \d+ ms"
    assert re.fullmatch(form, line)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"PATH_INFO": "/x\r\n192.0.2.9 GET / 200"}, "/x%0D%0A192.0.2.9%20GET%20/%20200 418"),
        ({"PATH_INFO": "/\x1b[31m\x00\u202e".encode().decode("latin-1")}, "/%1B%5B31m%00%E2%80%AE"),
        ({"QUERY_STRING": "a=\x85\x07 b"}, "/?a=%85%07%20b 418"),
        ({"REQUEST_METHOD": "GET\nX"}, "192.0.2.1 GET%0AX / 418"),
        ({"REMOTE_ADDR": "x\ny"}, "x%0Ay GET / 418"),
        ({"REMOTE_ADDR": ""}, "- GET / 418"),
        ({"QUERY_STRING": "password=x1&a=b"}, "/?password=***&a=b"),
        ({"QUERY_STRING": "a=b&Api_KEY=x1"}, "/?a=b&Api_KEY=***"),
        ({"SCRIPT_NAME": "/m"}, "GET /m/ 418"),
    ],
)
def test_nothing_breaks_it(
    caplog: pytest.LogCaptureFixture, given: dict[str, str], shown: str
) -> None:
    """One line of plain ASCII, whatever was asked."""
    line = asked(caplog, **given)
    assert shown in line
    assert line.isascii()
    assert line.isprintable()
    assert "x1" not in line


def test_it_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A long address is cut."""
    assert len(asked(caplog, QUERY_STRING="\n" * 10_000)) < 4 * LONGEST


def test_headers_and_forms_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """Nor is anything else that came with the request."""
    secret = {"HTTP_COOKIE": "x1", "HTTP_AUTHORIZATION": "x1", "RAW_URI": "http://u:x1@h/"}
    assert "x1" not in asked(caplog, **secret)
    caplog.clear()
    Client(RequestLog(answering)).post("/login", data={"password": "x1"}).close()
    [line] = caplog.messages
    assert "POST /login" in line
    assert "x1" not in line
