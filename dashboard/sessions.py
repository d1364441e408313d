"""Sessions of readers who signed in: a signed token that says when, and nothing else."""

from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import Final

from itsdangerous import BadSignature, Signer

from data.clock import Clock
from data.model import from_ms, to_ms

LASTS: Final = timedelta(days=30)
"""How long a session lasts; it is not renewed."""
AHEAD: Final = timedelta(minutes=5)
"""By how much the clock of the machine that began it may run ahead of ours."""
LONGEST: Final = 200
"""Characters of a token at most."""


class Sessions:
    """Tokens that every process and machine with the same ``secret`` takes, and no other.

    ``mark`` tells them apart from another one's on the same host: cookies know no ports.
    """

    def __init__(self, secret: str, now: Clock) -> None:
        self.mark = blake2b(secret.encode(), digest_size=4, person=b"masthead cookie").hexdigest()
        key = blake2b(secret.encode(), digest_size=32, person=b"masthead session").digest()
        self._signer = Signer(key, salt=b"masthead.session", digest_method=sha256)
        self._now = now

    def begin(self) -> str:
        """A token of a session that begins now."""
        return self._signer.sign(str(to_ms(self._now()))).decode()

    def holds(self, token: str) -> bool:
        """Whether it is the token of a session that has begun, and not ended."""
        began = self._began(token)
        return began is not None and -AHEAD <= self._now() - began < LASTS

    def _began(self, token: str) -> datetime | None:
        if len(token) > LONGEST:
            return None
        try:
            return from_ms(int(self._signer.unsign(token.encode("utf-8", "replace"))))
        except BadSignature:
            return None
