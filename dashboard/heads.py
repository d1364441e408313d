"""Requests before they are parsed: whether one is whole, how large it may be, how it is refused."""

import re
from http import HTTPStatus
from typing import Final

import orjson
from gunicorn.http import errors

from dashboard.headers import everywhere
from dashboard.refusals import FAILED, LARGEST, WORDS

LONGEST_LINE: Final = 4_094
LONGEST_HEAD: Final = 16_000
"""Bytes of a request before its body."""
MOST_FIELDS: Final = 60
LONGEST_FIELD: Final = 8_000
END: Final = b"\r\n\r\n"
BODY: Final = re.compile(rb"\r\n(content-length|transfer-encoding)[ \t]*:[ \t]*([^\r\n]*)", re.I)
REFUSED: Final = {
    **WORDS,
    411: "A request with a body must say its length here.",
    414: f"This address has more than {LONGEST_LINE:,} characters.",
    417: "Nothing is expected here that could be promised.",
    431: f"The headers of this request are more than {MOST_FIELDS} or too long.",
    500: FAILED,
}
STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (errors.LimitRequestLine, 414),
    (errors.LimitRequestHeaders, 431),
    (errors.ExpectationFailed, 417),
    (errors.InvalidResponseHeader, 500),
    (errors.InvalidResponseHeaderName, 500),
    (errors.ConfigurationProblem, 500),
    (errors.ParseException, 400),
)


def judge(data: bytes | bytearray) -> int | None:
    """0 for a whole request, None while more must come, else the status that refuses it."""
    line, end = data.find(b"\r\n"), data.find(END)
    if (line if line >= 0 else len(data)) > LONGEST_LINE:
        return 414
    if (end if end >= 0 else len(data)) > LONGEST_HEAD:
        return 431
    if end < 0:
        return None
    told = {name.lower(): value for name, value in BODY.findall(data, 0, end)}
    if b"transfer-encoding" in told:
        return 411
    length = told.get(b"content-length", b"0").strip()
    # What is no number the parser refuses.
    size = int(length.lstrip(b"0")[:18] or 0) if length.isdigit() else 0
    if size > LARGEST:
        return 413
    return 0 if len(data) >= end + len(END) + size else None


def status_of(error: Exception) -> int:
    """The status that tells of what gunicorn's parser raised."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def refusal(status: int) -> bytes:
    """A whole answer that says in one sentence why there is none, after which nothing follows."""
    body = orjson.dumps({"error": REFUSED[status]})
    fields = {
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **everywhere(),
    }
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
