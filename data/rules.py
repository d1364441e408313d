"""What is worth telling, and to whom: the alerts as they can be set, and addresses without secrets.

An Apprise address is full of secrets: of some services even the place of the host holds a token.
So it is known by the name that :func:`names` gives it, and shown by nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from hashlib import blake2b
from typing import Final, Literal

from data.checked import UnfitError, limited
from data.insight.plain import one_line
from data.model import KEYS
from data.percent import Percent
from data.times import shown_duration

Way = Literal["falls", "rises", "changes"]
WAYS: Final[tuple[Way, ...]] = ("falls", "rises", "changes")
Kind = Literal[Way, "missed", "moves", "words"]
KINDS: Final[tuple[Kind, ...]] = (*WAYS, "missed", "moves", "words")
WITHIN: Final = timedelta(days=1)
"""How far back a change looks unless told."""
LONGEST: Final = timedelta(days=3650)
"""How far back a change may look."""
WHOLE: Final = Percent(100)
MOST_WORDS: Final = 100

HERE: Final = frozenset(
    ("blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")
)
"""Apprise's schemas that act on this very machine (a desktop, a lamp, its log): cron has none of
them, and none is told over the network."""
HOSTED: Final = re.compile(
    r"(?:mailto|json|xml|form|apprise|gotify)s?://(?:[^/?#]*@)?"
    r"(localhost|[0-9.]+|[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::[0-9]*)?(?:/[^@?#]*)?(?:\?[a-z:+-]+=.*)?\Z",
    re.IGNORECASE,
)
"""Addresses whose host is one, and no token; an ``@`` behind it may end a secret."""
NAME: Final = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """One rule: exactly one of KINDS, and what narrows it."""

    source: str | None = None
    """None: every source that is collected."""
    metric: str | None = limited(None, choices=KEYS)
    falls: Percent | None = None
    rises: Percent | None = None
    changes: Percent | None = None
    within: timedelta | None = None
    missed: int | None = limited(None, low=1, high=10_000)
    """So many slots without a figure."""
    moves: bool = False
    words: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it looks for."""
        return next(kind for kind in KINDS if getattr(self, kind))

    def known_as(self, name: str) -> str:
        """What the store calls it: one of that name that looks for something else is another."""
        said = {key: value for key, value in asdict(self).items() if key != "source" and value}
        if self.kind in WAYS:
            said["within"] = self.within or WITHIN
        return f"{name} {blake2b(repr(said).encode(), digest_size=4).hexdigest()}"

    def judge(self) -> None:
        """Raise UnfitError unless it says one thing, and only what belongs to that."""
        said = [kind for kind in KINDS if getattr(self, kind)]
        if len(said) != 1:
            two = f"it says {said[0]!r} and {said[1]!r}" if said else "it says none"
            raise UnfitError((), f"{two}: a rule has one of {', '.join(KINDS)}")
        change = self.kind in WAYS
        if change and self.metric is None:
            raise UnfitError((), f"of what it {self.kind} is not said: add 'metric'")
        if self.metric is not None and not change and self.kind != "moves":
            raise UnfitError(("metric",), f"it does not go with {self.kind!r}")
        if self.within is not None and not change:
            raise UnfitError(("within",), f"it goes with {', '.join(WAYS)}, not {self.kind!r}")
        if self.within is not None and self.within > LONGEST:
            raise UnfitError(("within",), f"it must be {shown_duration(LONGEST)} or less")
        if self.falls is not None and self.falls >= WHOLE:
            raise UnfitError(("falls",), f"no figure falls by more than {WHOLE}: write less")
        if len(self.words) > MOST_WORDS or not all(map(one_line, self.words)):
            raise UnfitError(("words",), f"it must have {MOST_WORDS} words or less, none empty")


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is told, and to whom."""

    to: tuple[str, ...] = field(default=(), repr=False)
    """Apprise addresses, secrets and all."""
    rules: dict[str, RuleSettings] = field(default_factory=dict)

    @property
    def are_set(self) -> bool:
        """Whether there is a rule, and somebody to tell."""
        return bool(self.to and self.rules)

    def judge(self) -> None:
        """Raise UnfitError for a name or an address that cannot be used; no address is shown."""
        for place, address in enumerate(self.to, 1):
            schema = re.match(r"([a-z][a-z0-9]*)://\S", address, re.IGNORECASE)
            if schema is None or not address.isprintable():
                raise UnfitError(
                    ("to",), f"its address {place} is not like mailtos://… or json://…"
                )
            if schema[1].lower() in HERE:
                raise UnfitError(
                    ("to",),
                    f"its address {place}, {schema[1]}, is of this machine, not of a network",
                )
        for name in self.rules:
            if NAME.fullmatch(name) is None:
                raise UnfitError(
                    ("rules",), f"a rule's name is letters, digits, _ and -, not {name!r}"
                )


def names(addresses: Sequence[str]) -> list[str]:
    """What each address is called: schema and host, numbered where two are alike; no secrets."""
    found: list[str] = []
    for address in addresses:
        schema, host = address.split("://", 1)[0].lower(), HOSTED.match(address)
        name = f"{schema}://{host[1].lower() if host else '***'}"
        same = sum(one.split(" ")[0] == name for one in found)
        found.append(f"{name} ({same + 1})" if same else name)
    return found


def rule_keys() -> list[str]:
    """The keys of a rule that can be set, in their order."""
    return [one.name for one in fields(RuleSettings)]
