"""Headers of every answer: nothing is loaded from or sent to anyone else; what may be kept."""

from hashlib import blake2b
from typing import Final

from flask import Flask, Response, request

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors {}",
    )
)
"""Pictures of the chart are made from data of the page's own, hence data:."""


def register(server: Flask) -> None:
    """Set the headers on all that ``server`` answers, errors too."""

    @server.after_request
    def add(response: Response) -> Response:
        # Only the page itself, and only as an embed, may stand in somebody's frame.
        embedded = request.path == "/" and request.args.get("embed") == "1"
        policy = POLICY.format("*" if embedded else "'none'")
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response


def tagged(response: Response) -> Response:
    """``response`` with a tag of its body; empty when the browser that asks has it already."""
    tag = blake2b(response.get_data(), digest_size=8).hexdigest()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
