"""Telling people, by Apprise: each address in a process of its own, which is ended when it hangs.

Apprise loads a hundred services and waits for them with threads that no deadline ends; whoever
takes snapshots neither loads it nor waits for it. The address goes in by a pipe, for a command
line can be seen by everyone on the machine.
"""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import unquote

from data.insight.plain import plain

LIMIT_S: Final = 15.0
"""How long one address may take, the loading of Apprise included."""
LONGEST_REASON: Final = 200
SILENT: Final = "it gave no reason"

Message = tuple[str, str]
"""Title and body, plain texts."""


def deliver(messages: Mapping[str, Message]) -> dict[str, str | None]:
    """Send by address, all at once; by address why it was not delivered, None where it was."""
    if not messages:
        return {}
    with ThreadPoolExecutor(len(messages)) as pool:
        return dict(zip(messages, pool.map(_one, messages, messages.values()), strict=True))


def _one(address: str, message: Message) -> str | None:
    given = json.dumps([address, *message])
    # -P: the working folder may be anybody's, and is no place to load code from.
    command = [sys.executable, "-P", "-m", "collectors.deliver"]
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {LIMIT_S:g} s"
    except OSError as error:
        return f"no process could be started: {error.strerror}"
    if done.returncode == 0:
        return None
    return _without_secrets(done.stdout.strip() or SILENT, address)


def _without_secrets(reason: str, address: str) -> str:
    """What Apprise said, with whatever stands in the address made out."""
    parts = re.split(r"[/:@?&=#,]+", address.split("://", 1)[-1])
    secrets = {form for part in parts for form in (part, unquote(part)) if len(form) > 2}
    for secret in sorted(secrets, key=len, reverse=True):
        reason = re.sub(re.escape(secret), "***", reason, flags=re.IGNORECASE)
    return plain(reason.rstrip("."), LONGEST_REASON)


def main() -> int:
    """The process of one address: told on stdin what to send, it prints why it could not."""
    from apprise import Apprise, AppriseAsset, NotifyFormat, OverflowMode

    # Nothing is read from or kept on the disk, and nobody sends the message on to elsewhere.
    asset = AppriseAsset(
        app_id="Masthead",
        http_redirects=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        interpret_emojis=False,
    )
    address, title, body = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)
    service: Any = Apprise.instantiate(address, asset=asset)
    logging.disable(logging.NOTSET)
    logging.getLogger("apprise").propagate = False
    if service is None:
        print("Apprise does not understand the address")
        return 1
    if "overflow=" not in address:
        service.overflow_mode = OverflowMode.SPLIT
    everyone = Apprise(asset=asset)
    everyone.add(service)
    result = everyone.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
    if not result:
        said = [entry.message.rstrip(".") for one in result for each in one for entry in each]
        print(*said, sep="; ")
    return 0 if result else 1


if __name__ == "__main__":
    sys.exit(main())
