"""Tagged answers: made once, kept within bounds, not sent to who has them."""

from typing import Any

from flask import Flask, Response

from dashboard.answers import Answers


def served(answers: Answers, made: list[str]) -> Flask:
    """A server whose answers are as long as asked for, and counted as they are made."""
    server = Flask("answers")

    @server.get("/<tag>/<int:length>")
    def answer(tag: str, length: int) -> Response:
        def make() -> dict[str, Any]:
            made.append(tag)
            return {"text": "x" * length}

        return answers.tagged(tag, make)

    return server


def test_made_once() -> None:
    """The second who asks gets the same bytes; who has them already gets none."""
    made: list[str] = []
    client = served(Answers(), made).test_client()
    first, second = client.get("/a/10"), client.get("/a/10")
    assert first.data == second.data == b'{"text":"xxxxxxxxxx"}'
    assert made == ["a"]
    again = client.get("/a/10", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "no-cache"


def test_bounded() -> None:
    """What was not asked for longest is made again; no more is kept than allowed."""
    made: list[str] = []
    answers = Answers(kept=100)
    client = served(answers, made).test_client()
    for tag in ("a", "b", "a", "c", "a", "b"):
        client.get(f"/{tag}/30")
        assert answers.size <= 100
    assert made == ["a", "b", "c", "b"]
    client.get("/large/500")
    assert answers.size == 0
