"""Behind a password nothing is answered to whoever has neither it nor a session."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.guesses import EACH_S, FIRST
from dashboard.openapi import document
from dashboard.page import Page
from dashboard.sessions import AHEAD, LASTS, Sessions
from data import clock
from data.password import LONGEST, hashed
from data.settings import Settings
from data.store import open_store
from tests.looks import HOUR, snapshot

PASSWORD = "correct horse"
OPEN = {"/login", "/logout", "/static/<name>"}
PLACES = {"what": "snapshots", "kind": "csv", "name": "x.js", "path": "x", "package_name": "dash"}
HEADLINE = "16230"


@cache
def hash_of(password: str) -> str:
    """A hash of it, made once."""
    return hashed(password)


def began(at: datetime, password: str = PASSWORD) -> str:
    """A session that began then, as the cookie has it."""
    return Sessions(hash_of(password), lambda: at).begin()


NAME = f"masthead-{Sessions(hash_of(PASSWORD), clock.now).mark}"
"""Of the session's cookie, by http."""


def basic(password: str, user: str = "anyone") -> dict[str, str]:
    """The header of a program that says this password."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def app(tmp_path: Path) -> Page:
    """The page behind a password, over a store with one snapshot."""
    url = f"sqlite:///{tmp_path}/m.db"
    store = open_store(url)
    store.save(snapshot(clock.now()), HOUR)
    store.close()
    return create_app(Settings(database=url, password=hash_of(PASSWORD)))


@pytest.fixture
def client(app: Page) -> FlaskClient:
    """Who asks."""
    return FlaskClient(app.server)


def signed(client: FlaskClient, token: str | None = None) -> FlaskClient:
    """The same with a session."""
    client.set_cookie(NAME, began(clock.now()) if token is None else token)
    return client


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "x" * 3_000,
        "é" * 9,
        began(clock.now())[:-1],
        began(clock.now() - LASTS - HOUR),
        began(clock.now() + 9 * LASTS),
        began(clock.now(), "another horse"),
        re.sub(r"^\d+", "99999999999999", began(clock.now())),
    ],
    ids=["none", "empty", "long", "odd", "cut", "expired", "future", "foreign", "forged"],
)
def test_every_address_is_behind_it(app: Page, token: str | None) -> None:
    """Whatever the session is that is none, each rule answers without a word of the store."""
    client = app.server.test_client()
    if token is not None:
        client.set_cookie(NAME, token)
    rules = list(app.server.url_map.iter_rules())
    assert {"/", "/_dash-layout", "/api/v1/latest", "/metrics"} <= {rule.rule for rule in rules}
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PLACES.get(found[1], "x"), rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "HEAD", "POST", "DELETE", "PATCH"}):
            answer = client.open(path, method=method)
            assert HEADLINE not in answer.text
            if rule.rule in OPEN:
                continue
            if path == "/healthz":
                assert answer.text in ("", '{"status":"ok"}') or answer.status_code == 401
            elif answer.status_code == 303:
                assert answer.headers["Location"].startswith("/login?next=/")
            else:
                assert answer.status_code == 401, (method, path)
            assert (
                "private" in answer.headers["Cache-Control"]
                or "no-store" in answer.headers["Cache-Control"]
            )


def test_with_a_session_all_of_it(client: FlaskClient) -> None:
    """The page and its figures; no shared cache may keep them."""
    signed(client)
    for path in ("/", "/_dash-layout", "/api/v1/latest", "/metrics", "/health", "/api/v1/series"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert {"Cookie", "Authorization"} <= set(answer.vary.as_set(preserve_casing=True))
        cached = answer.headers["Cache-Control"]
        assert "private" in cached or "no-store" in cached
        assert "public" not in cached
    tag = client.get("/").headers["ETag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, "private" in again.headers["Cache-Control"]) == (304, True)


def test_answers_sent_again_ask_for_the_session(app: Page) -> None:
    """What is kept for those who signed in is for nobody else, however it is asked for."""
    inside, outside = signed(app.server.test_client()), app.server.test_client()
    for _ in range(2):
        first = inside.get("/api/v1/series?range=7d")
        assert first.status_code == 200
        assert "Set-Cookie" not in first.headers
    for headers in ({}, {"If-None-Match": first.headers["ETag"]}, basic("wrong horse")):
        assert outside.get("/api/v1/series?range=7d", headers=headers).status_code == 401
    assert inside.get("/api/v1/series?range=7d").status_code == 200


@pytest.mark.parametrize("other", ["a=\xff\xfe", NAME, "=", 'a="\\400"', "\x85"])
def test_cookies_of_others(app: Page, other: str) -> None:
    """Whatever another page of the host has set, before it the session or none is seen."""
    client = app.server.test_client(use_cookies=False)
    for said, status in ((f"{other}; {NAME}={began(clock.now())}", 200), (other, 401)):
        answer = client.get("/api/v1/latest", environ_overrides={"HTTP_COOKIE": said})
        assert answer.status_code == status


def test_a_new_password_ends_all_sessions(app: Page, tmp_path: Path) -> None:
    """Also another hash of the same one; another machine with the same config takes it."""
    settings = Settings(database=f"sqlite:///{tmp_path}/m.db", password=hash_of(PASSWORD))
    token = began(clock.now())
    there = create_app(settings).server.test_client()
    assert signed(there, token).get("/api/v1/latest").status_code == 200
    anew = create_app(replace(settings, password=hashed(PASSWORD))).server.test_client()
    assert signed(anew, token).get("/api/v1/latest").status_code == 401


def test_two_on_one_host(tmp_path: Path) -> None:
    """Browsers send cookies to every port: signing in here, or out, is nothing to the other."""
    url = f"sqlite:///{tmp_path}/m.db"
    open_store(url).close()
    hashes = [hash_of(PASSWORD), hash_of("another horse")]
    here, there = (create_app(Settings(database=url, password=one)).server for one in hashes)
    browser = here.test_client()

    def statuses() -> list[int]:
        asked = []
        for server in (here, there):
            browser.application = server
            asked.append(browser.get("/api/v1/sources").status_code)
        return asked

    for server, said in ((here, PASSWORD), (there, "another horse")):
        browser.application = server
        assert browser.post("/login", data={"password": said}).status_code == 303
    assert statuses() == [200, 200]
    browser.application = there
    browser.post("/logout")
    assert statuses() == [200, 401]


def test_programs_say_it_each_time(client: FlaskClient) -> None:
    """HTTP Basic with any name, where programs ask; a session is not begun by it."""
    for path in ("/api/v1/latest", "/metrics", "/export/snapshots.csv", "/healthz"):
        answer = client.get(path, headers=basic(PASSWORD, "prometheus"))
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers
    assert "sources" in client.get("/healthz", headers=basic(PASSWORD)).text
    assert client.get("/", headers=basic(PASSWORD)).status_code == 303
    no_password = b64encode(b"x").decode()
    for header in ("Bearer x", "Basic !", f"Basic {no_password}", "Digest a=b", "Basic \xff"):
        answer = client.get("/metrics", headers={"Authorization": header})
        assert (answer.status_code, answer.mimetype) == (401, "text/plain")


def test_how_it_is_told(client: FlaskClient) -> None:
    """JSON to programs, text for files; only programs are asked for HTTP Basic."""
    answer = client.get("/api/v1/latest")
    assert answer.json == {"error": "This is behind a password: sign in, or send it by HTTP Basic."}
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "HTTP Basic" in document()["info"]["description"]
    browser = {"User-Agent": "Mozilla/5.0"}
    told = client.get("/api/v1/latest", headers=browser)
    assert told.headers["WWW-Authenticate"].startswith("Session ")
    assert client.get("/export/snapshots.csv").mimetype == "text/plain"
    asked = {**browser, "Sec-Fetch-Mode": "navigate"}
    link = client.get("/export/snapshots.csv?from=7d", headers=asked)
    assert link.headers["Location"] == "/login?next=/export/snapshots.csv%3Ffrom%3D7d"


def test_a_probe_is_told_the_status_alone(client: FlaskClient) -> None:
    """A load balancer has no password; of a single source it is told nothing."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert client.get("/healthz?source=dapp_expert").status_code == 401


def sent(client: FlaskClient, password: str, place: str = "", **headers: str) -> TestResponse:
    """The form as a browser sends it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/login{place}", data={"password": password}, headers=named)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/?range=7d&source=sample", "/?range=7d&source=sample"),
        ("/health?lang=ru", "/health?lang=ru"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/login?next=/login", "/"),
        ("/logout", "/"),
        ("/log%6Fut?x=y", "/"),
    ],
)
def test_signing_in_leads_back(client: FlaskClient, asked: str, place: str) -> None:
    """To the view that was asked for, never to another site."""
    answer = client.post("/login", query_string={"next": asked}, data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/latest").status_code == 200
    again = client.get("/login", query_string={"next": asked})
    assert again.headers["Location"] == place


@pytest.mark.parametrize(
    ("base", "cookie"),
    [
        ("http://h/", "{}={}; Expires={}; Max-Age={}; HttpOnly; Path=/; SameSite={}"),
        (
            "https://h/",
            "__Host-{}={}; Expires={}; Max-Age={}; Secure; HttpOnly; Path=/; SameSite={}",
        ),
        (
            "https://h/m",
            "__Secure-{}={}; Expires={}; Max-Age={}; Secure; HttpOnly; Path=/m/; SameSite={}",
        ),
    ],
)
@pytest.mark.usefixtures("app")
def test_the_cookie(tmp_path: Path, base: str, cookie: str) -> None:
    """As closed as the connection allows, for this page's path alone, with nothing secret in it."""
    prefix = f"{urlsplit(base).path.rstrip('/')}/"
    url = f"sqlite:///{tmp_path}/m.db"
    settings = Settings(database=url, password=hash_of(PASSWORD), prefix=prefix)
    client = create_app(settings).server.test_client()
    answer = client.post("/login", base_url=base, data={"password": PASSWORD})
    form = re.escape(cookie).replace(r"\{\}", "([^;]+)")
    found = re.fullmatch(form, answer.headers["Set-Cookie"])
    assert found
    assert found[1] == NAME
    assert re.fullmatch(r"[0-9]{13}\.[\w-]{43}", found[2])
    assert (timedelta(seconds=int(found[4])), found[5]) == (LASTS, "Lax")
    assert client.get("/api/v1/latest", base_url=base).status_code == 200
    left = client.post("/logout", base_url=base)
    assert "Max-Age=0" in left.headers["Set-Cookie"]
    assert client.get("/api/v1/latest", base_url=base).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Origin": "http://localhost"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_forms_of_other_sites(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    """Neither signed in nor out by a page of somebody else."""
    assert sent(client, PASSWORD, **headers).status_code == status
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    assert signed(client).post("/logout", headers=named).status_code == status


def test_wrong_and_too_often(client: FlaskClient) -> None:
    """Each wrong one is told so; soon there is a time to wait, also for the right one."""
    for said in ("wrong horse", "", "x" * (LONGEST + 1), "\x00", "wrong again"):
        answer = sent(client, said)
        assert answer.status_code == 401
        assert "That is not the password" in answer.text
        assert "horse" not in answer.text
    late = sent(client, PASSWORD)
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= EACH_S
    assert "Set-Cookie" not in late.headers
    told = client.get("/api/v1/latest", headers=basic(PASSWORD))
    assert (told.status_code, told.json) == (
        429,
        {"error": "Too many passwords were tried: try again a little later."},
    )
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    answer = client.post("/login", data={"password": PASSWORD}, environ_overrides=elsewhere)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.7:5678", True),
        ("localhost", True),
        ("_hidden", True),
    ],
)
@pytest.mark.usefixtures("app")
def test_a_password_that_others_can_read(tmp_path: Path, who: str, told: bool) -> None:
    """The sign-in says so, unless it is this machine that asks; what a proxy tells is no name."""
    url = f"sqlite:///{tmp_path}/m.db"
    settings = Settings(database=url, password=hash_of(PASSWORD), proxies=1)
    client = create_app(settings).server.test_client()
    said = {"X-Forwarded-For": who}
    assert ("is not encrypted" in client.get("/login", headers=said).text) is told
    said["X-Forwarded-Proto"] = "https"
    assert "is not encrypted" not in client.get("/login", headers=said).text


def test_a_form_too_large(client: FlaskClient) -> None:
    """Is not read."""
    assert sent(client, "x" * 20_000).status_code == 413
    assert sent(client, PASSWORD).status_code == 303


def test_other_methods_are_refused(client: FlaskClient) -> None:
    """With a session, too, nothing but the sign-in takes anything."""
    signed(client)
    assert client.post("/api/v1/latest").status_code == 405
    assert client.put("/login").status_code == 405
    assert client.delete("/").status_code == 405


def test_within_a_frame(client: FlaskClient) -> None:
    """An embed says that it is behind a password, and leads there; the sign-in is in no frame."""
    framed = client.get("/?embed=1", headers={"Sec-Fetch-Dest": "iframe"})
    assert framed.status_code == 401
    assert "These charts are behind a password." in framed.text
    assert "<form" not in framed.text
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    alone = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/?embed=1", headers=alone).status_code == 303
    policy = client.get("/login?embed=1").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "form-action 'none'" in framed.headers["Content-Security-Policy"]


def test_without_a_password(tmp_path: Path) -> None:
    """There is nothing to sign in to."""
    client = create_app(Settings(database=f"sqlite:///{tmp_path}/m.db")).server.test_client()
    assert client.post("/login").status_code == 405
    assert "data-signs-out" not in client.get("/_dash-layout").text


def test_sessions_end() -> None:
    """After thirty days, to the moment; a machine whose clock is a little ahead is believed."""
    at = datetime(2026, 1, 31, 6, tzinfo=UTC)
    token = began(at)

    def holds(later: timedelta) -> bool:
        return Sessions(hash_of(PASSWORD), lambda: at + later).holds(token)

    instant = timedelta(milliseconds=1)
    assert [holds(LASTS - instant), holds(LASTS), holds(-AHEAD), holds(-AHEAD - instant)] == [
        True,
        False,
        True,
        False,
    ]


def test_below_a_prefix_behind_a_proxy(app: Page, tmp_path: Path) -> None:
    """Addresses and cookie are the prefix's, https and who asks are as the trusted proxy says."""
    settings = Settings(
        database=f"sqlite:///{tmp_path}/m.db",
        password=hash_of(PASSWORD),
        prefix="/m/",
        proxies=1,
    )
    client = FlaskClient(create_app(settings).server)
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "h.example"}
    first = client.get("/m/?range=7d", headers=said)
    assert first.headers["Location"] == "/m/login?next=/m/%3Frange%3D7d"
    form = client.get(first.headers["Location"], headers=said)
    assert 'action="/m/login?next=/m/%3Frange%3D7d&amp;lang=en"' in form.text
    for asked, place in (("/m/?range=7d", "/m/?range=7d"), ("/other", "/m/")):
        answer = client.post(
            "/m/login",
            query_string={"next": asked},
            data={"password": PASSWORD},
            headers={**said, "Origin": "https://h.example"},
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, place)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Secure-{NAME}=")
        assert {"Secure", "Path=/m/"} <= set(cookie.split("; "))
    for number in range(FIRST + 2):
        away = {**said, "X-Forwarded-For": f"192.0.2.{number}"}
        wrong = client.post("/m/login", data={"password": "wrong"}, headers=away)
        assert wrong.status_code == 401
