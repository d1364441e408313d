"""What a scanner of headers looks for, asked of every address of a real server and of its errors.

The checks are those that the usual lists agree on, each with what goes wrong without it.
"""

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from werkzeug.routing import Map

Holds = Callable[["Answer"], bool]
INSIDE: Final = re.compile(
    rb"Traceback|File \"|/site-packages/|\.py\b|/root/|/home/|/usr/|gunicorn|werkzeug|flask|python|"
    rb"sqlite3?\.|psycopg|line \d+",
    re.IGNORECASE,
)
"""What an error tells only who looks for a way in."""
PARTS: Final = {"name": "nothing.js", "what": "snapshots", "kind": "csv", "path": "x"}
"""What stands for the variable parts of an address."""
SIGNING: Final = ("GET", "HEAD", "POST", "OPTIONS")
"""What the sign-in is asked by."""
BROWSER: Final = {"Accept": "text/html,*/*;q=0.8"}
SECURE: Final = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
"""As the one proxy says that a client came by https."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for what was asked."""

    asked: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def has(self, name: str, value: str) -> bool:
        """Whether there is one header of this name, with this value."""
        return self.headers.get_all(name) == [value]

    @property
    def path(self) -> str:
        """The address that was asked."""
        return self.asked.partition(" ")[2]

    @property
    def policy(self) -> dict[str, list[str]]:
        """The Content-Security-Policy by directive."""
        parts = (
            part.split() for part in self.headers.get("Content-Security-Policy", "").split(";")
        )
        return {name: values for name, *values in filter(None, parts)}

    @property
    def embedded(self) -> bool:
        """Whether it is the page that others may put into a frame, or says there to sign in."""
        return "embed=1" in self.asked and self.status in (200, 304, 401)

    @property
    def signs(self) -> bool:
        """Whether it is of the sign-in, the one page with a form, where there is a password."""
        method = self.asked.partition(" ")[0]
        return self.path.startswith("/login") and method in SIGNING and self.status < 404


def _scripts(answer: Answer) -> bool:
    return answer.policy.get("script-src") == ["'self'"]


def _foreign(answer: Answer) -> bool:
    kept = {"'self'", "'none'", "data:", "'unsafe-inline'"}
    places = {name: values for name, values in answer.policy.items() if name != "frame-ancestors"}
    only = all(set(values) <= kept for values in places.values())
    inline = [name for name, values in places.items() if "'unsafe-inline'" in values]
    return only and inline in ([], ["style-src"]) and answer.policy.get("default-src") == ["'none'"]


def _framed(answer: Answer) -> bool:
    if answer.embedded:
        return answer.policy.get("frame-ancestors") == ["*"]
    none = answer.policy.get("frame-ancestors") == ["'none'"]
    return none and answer.has("X-Frame-Options", "DENY")


def _formless(answer: Answer) -> bool:
    form = ["'self'" if answer.signs else "'none'"]
    return answer.policy.get("base-uri") == ["'none'"] and answer.policy.get("form-action") == form


def _transport(answer: Answer) -> bool:
    told = answer.headers.get("Strict-Transport-Security", "")
    age = re.match(r"max-age=(\d+)", told)
    if "https" not in answer.asked:
        return not told
    return age is not None and int(age[1]) >= 31_536_000


def _kept(answer: Answer) -> bool:
    told = answer.headers.get("Cache-Control", "")
    return told == "no-store" if answer.status >= 400 else told != ""


def _typed(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "")
    if not answer.body:
        return True
    return "charset=utf-8" in kind.lower() if kind.startswith("text/") else kind != ""


def _brief(answer: Answer) -> bool:
    if answer.status < 400 or answer.path.startswith("/healthz"):
        return True
    return len(answer.body) < 6_000 and not INSIDE.search(answer.body)


CHECKS: Final[dict[str, tuple[str, Holds]]] = {
    "script policy": ("a script that got into the page would run", _scripts),
    "foreign origins": ("something could be loaded from or sent to somebody else", _foreign),
    "framing": ("another page could lay itself over this one's buttons", _framed),
    "base and forms": ("markup that got in could send links or forms elsewhere", _formless),
    "sniffing": (
        "a browser could take a file for a script",
        lambda one: one.has("X-Content-Type-Options", "nosniff"),
    ),
    "referrer": (
        "other sites would learn what a reader looks at",
        lambda one: one.has("Referrer-Policy", "same-origin" if one.signs else "no-referrer"),
    ),
    "permissions": (
        "a script could ask for camera, place or payment",
        lambda one: "camera=()" in one.headers.get("Permissions-Policy", ""),
    ),
    "opener": (
        "a page that opened this one could steer it",
        lambda one: one.has("Cross-Origin-Opener-Policy", "same-origin"),
    ),
    "resource": (
        "other sites' pages could load it into their memory",
        lambda one: one.has(
            "Cross-Origin-Resource-Policy", "cross-origin" if one.embedded else "same-origin"
        ),
    ),
    "sharing": (
        "other sites' scripts could read it",
        lambda one: "Access-Control-Allow-Origin" not in one.headers,
    ),
    "transport": ("the next visit could be by http, or http be locked out", _transport),
    "cookies": (
        "a cookie tells readers apart",
        lambda one: (
            "Set-Cookie" not in one.headers
            or (one.path.startswith("/logout") and "Max-Age=0" in one.headers["Set-Cookie"])
        ),
    ),
    "caching": ("an error would be kept, or it would be left to chance", _kept),
    "type": ("a browser would guess what it is", _typed),
    "software": (
        "its version tells which holes to try",
        lambda one: (
            not re.search(r"\d|,", one.headers.get("Server", ""))
            and not {"X-Powered-By", "Via", "X-Runtime"} & set(one.headers.keys())
        ),
    ),
    "redirect": (
        "it would lead to a host that the client named",
        lambda one: not re.match("(?:[a-z]+:)?//", one.headers.get("Location", "")),
    ),
    "inside": ("an error would tell of files, code or libraries", _brief),
}
"""By what is looked at: what goes wrong without it, and whether it holds."""
RAW: Final = (
    b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 30_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/3.7\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: <script>alert(1)</script>\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA\x00B: c\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
)
"""What a server answers before any route is asked."""
ODD: Final = (
    *("/nothing", "/a/b/c", "/%00", "/%ff", "/%", "/..%2f..%2fetc/passwd", "//evil.example/"),
    *("/api/v1/nothing", "/export/nothing.csv", "/export/snapshots.exe", "/static/", "/_dash-x"),
    *("/api/v1/series?range=2w", "/api/v1/series?x=1", "/api/v1/series?range=7d&range=7d"),
    *("/api/v1/series?" + "&".join(f"a{n}=1" for n in range(300)), "/?embed=1", "/?lang=ru"),
    *("/health?lang=xx", "/export/snapshots.csv?from=yesterday", "/?next=//evil.example"),
)
METHODS: Final = ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW")


def wanted(rules: Map) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, address and headers of all that is asked."""
    addresses = [
        re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PARTS.get(found[1], "x"), rule.rule)
        for rule in rules.iter_rules()
    ]
    for address in (*addresses, *ODD):
        yield "GET", address, {}
        yield "GET", address, BROWSER
    for address in addresses:
        yield "GET", address, SECURE
        for method in METHODS:
            yield method, address, {}


def asked(place: str, rules: Map) -> Iterator[Answer]:
    """What the server at ``place`` (host:port) answers to all that is wanted, and to RAW."""
    for method, address, headers in wanted(rules):
        first = _ask(place, method, address, headers)
        yield first
        if tag := first.headers["ETag"]:
            yield _ask(place, method, address, {**headers, "If-None-Match": tag})
    for said in RAW:
        yield _answer(place, said[:60].decode("latin-1"), said)


def _ask(place: str, method: str, address: str, headers: dict[str, str]) -> Answer:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    said = f"{method} {address} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n{fields}\r\n"
    note = " by https" if headers.items() >= SECURE.items() else ""
    return _answer(place, f"{method} {address}{note}", said.encode())


def _answer(place: str, what: str, said: bytes) -> Answer:
    with closing(http.client.HTTPConnection(place, timeout=60)) as opened:
        opened.connect()
        opened.sock.sendall(said)
        answer = http.client.HTTPResponse(opened.sock, method=what.partition(" ")[0])
        answer.begin()
        return Answer(what, answer.status, answer.headers, answer.read())


def findings(answers: Iterator[Answer]) -> tuple[int, list[str]]:
    """How many answers there were, and what is wrong with them, a line each."""
    count, found = 0, list[str]()
    for answer in answers:
        count += 1
        if answer.status >= 500 and not answer.path.startswith("/healthz"):
            found.append(f"{answer.asked[:80]}: {answer.status}")
        for name, (why, holds) in CHECKS.items():
            if not holds(answer):
                found.append(f"{answer.asked[:80]} ({answer.status}): {name}: {why}")
    return count, found
