"""The style sheets: no rule is for what never stands on a page."""

import re
from typing import Final

from dashboard.health import TEMPLATES
from dashboard.scripts import ASSETS
from data.status import STATES
from data.strip import OUTCOMES

SELECTOR: Final = re.compile(r"[.#]([A-Za-z][\w-]*)")
BODY: Final = re.compile(r"\{[^{}]*\}|/\*.*?\*/", re.DOTALL)
WORD: Final = re.compile(r"[A-Za-z][\w-]*")


def test_every_class_and_id_is_used() -> None:
    """Each stands in a script, a template, the layout, or is the name of a state or outcome."""
    styles = "".join(path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.css")))
    named = set(SELECTOR.findall(BODY.sub(" ", styles)))
    files = [*TEMPLATES.iterdir(), *ASSETS.glob("*.js"), *ASSETS.parent.glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    assert len(named) > 100
    assert named - set(WORD.findall(code)) - {*STATES, *OUTCOMES} == set()
