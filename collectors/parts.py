"""Several documents that make one page together, kept in one JSON envelope.

The envelope is what a page of such a source is: it is stored, read again and read from a file like
any other page. Each part is its text as it came, or the sentence that says why it did not come.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from collectors.api import document
from data.errors import SourceError
from data.model import Page

CONTENT_TYPE: Final = "application/vnd.masthead.parts+json"
MAX_BYTES: Final = 64 * 2**20
"""Of an envelope: several bodies of the size that is fetched at most, with JSON's escapes."""
MAX_PARTS: Final = 50
_KEY: Final = "masthead_parts"


@dataclass(frozen=True, slots=True)
class Part:
    """One document of several: its body, or the sentence that says why there is none."""

    body: bytes = b""
    content_type: str = ""
    error: str | None = None


def bundle(url: str, answers: Sequence[tuple[str, Page | str]], taken_at: datetime) -> Page:
    """One page from the answers by part; a text is the error of a part that failed.

    Raises SourceError when every part failed, or when they are too large together.
    """
    errors = [answer for _, answer in answers if isinstance(answer, str)]
    if len(errors) == len(answers):
        reason = f": {errors[0]}" if errors else "."
        raise SourceError(f"{url} gave none of its {len(answers)} parts{reason}", kind="parts")
    parts = {name: _form(answer) for name, answer in answers}
    body = orjson.dumps({_KEY: parts}, option=orjson.OPT_INDENT_2)
    if len(body) > MAX_BYTES:
        raise SourceError(f"{url} sent more than {MAX_BYTES // 2**20} MiB in all.", kind="size")
    return Page(body, url, taken_at, CONTENT_TYPE, status=200)


def _form(answer: Page | str) -> dict[str, str]:
    if isinstance(answer, str):
        return {"error": answer}
    form = {"url": answer.url, "content_type": answer.content_type}
    try:
        return {**form, "body": answer.body.decode()}
    except UnicodeDecodeError:
        return {**form, "base64": b64encode(answer.body).decode()}


def opened(page: Page) -> Mapping[str, Part]:
    """The parts of ``page`` by name. Raises SourceError when it is no such envelope."""
    if len(page.body) > MAX_BYTES:
        raise SourceError(f"{page.url} is larger than {MAX_BYTES // 2**20} MiB.", kind="size")
    form = document(page.body, page.url)
    parts = form.get(_KEY) if isinstance(form, dict) else None
    if not isinstance(parts, dict) or not 0 < len(parts) <= MAX_PARTS:
        raise SourceError(
            f"{page.url} is no envelope of parts: one is JSON like "
            f'{{"{_KEY}": {{"ADDRESS OF A PART": {{"body": "ITS TEXT"}}}}}}.',
            kind="shape",
        )
    return {name: _part(part, page.url) for name, part in parts.items()}


def _part(form: Any, url: str) -> Part:
    """One part of the envelope; whoever wrote it by hand may have left out its type."""
    known = form if isinstance(form, dict) else {}
    texts = {key: text for key, text in known.items() if isinstance(text, str)}
    kind = texts.get("content_type", "")
    if "error" in texts:
        return Part(error=texts["error"])
    if "body" in texts:
        return Part(texts["body"].encode(), kind)
    try:
        return Part(b64decode(texts["base64"], validate=True), kind)
    except (KeyError, ValueError):
        raise SourceError(
            f"{url} holds a part with neither body nor error: save the page again.", kind="shape"
        ) from None
