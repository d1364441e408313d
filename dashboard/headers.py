"""Headers of every answer: nothing is loaded from or sent to anyone else; what may be kept."""

from hashlib import blake2b
from typing import Final

from flask import Flask, Response, request

from dashboard.access import LOGIN

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action {form}",
        "frame-ancestors {frame}",
    )
)
"""Pictures of the chart are made from data of the page's own, hence data:."""
UNUSED: Final = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
    "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock", "serial",
    "usb", "xr-spatial-tracking",
)  # fmt: skip
"""What browsers could do for a page, and this one has no use for."""
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "X-Permitted-Cross-Domain-Policies": "none",
}
A_YEAR: Final = "max-age=31536000"


def everywhere(embedded: bool = False, form: bool = False) -> dict[str, str]:
    """The headers of an answer; one that is ``embedded`` may stand in anyone's page.

    One with a ``form`` may send it here, and is told from where: it is taken from itself alone.
    """
    policy = POLICY.format(frame="*" if embedded else "'none'", form="'self'" if form else "'none'")
    found = ALWAYS | {"Content-Security-Policy": policy}
    if form:
        found["Referrer-Policy"] = "same-origin"
    found["Cross-Origin-Resource-Policy"] = "cross-origin" if embedded else "same-origin"
    # Browsers that know no frame-ancestors know this; it cannot say "anyone".
    return found if embedded else found | {"X-Frame-Options": "DENY"}


def register(server: Flask) -> None:
    """Set the headers on all that ``server`` answers, errors too."""

    @server.after_request
    def add(response: Response) -> Response:
        # Only the page itself, and only as an embed, may stand in somebody's frame.
        embedded = request.endpoint == "/" and request.args.get("embed") == "1"
        # Only the sign-in sends a form.
        form = request.endpoint == LOGIN
        for name, value in everywhere(embedded, form).items():
            response.headers[name] = value
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = A_YEAR
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def tagged(response: Response) -> Response:
    """``response`` with a tag of its body; empty when the browser that asks has it already."""
    tag = blake2b(response.get_data(), digest_size=8).hexdigest()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
