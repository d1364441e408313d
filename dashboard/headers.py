"""Security headers on every answer: nothing is loaded from, sent to or framed by anyone else."""

from dash import Dash
from flask import Flask, Response


def register(app: Dash) -> None:
    """Set the headers on ``app``; call it last: the policy names the page's inline script."""
    policy = "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *app.csp_hashes())),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )

    server: Flask = app.server

    @server.after_request
    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response
