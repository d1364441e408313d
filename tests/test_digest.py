"""The digest: what became of each source, in three forms, whatever was fetched."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from data import clock, journal, sample
from data.digest import GAPS, OTHERS, Digest, digest
from data.digestforms import FORMS, as_json, form_named, linked, markdown, text
from data.digestwords import CAUSES, DISPUTED, SYNTHETIC, WIDTH
from data.errors import UsageError
from data.histories import history
from data.insight.moves import moves
from data.insight.plain import one_line
from data.model import KEYS, METRIC, Headline, Run, SeenHeadline, iso, to_ms
from data.outages import CAUSES as KINDS
from data.status import STATES
from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.test_cli import Masthead, masthead
from tests.weeks import DAY, EVERY, MOVED, NOW, ODD, SINCE, week

__all__ = ["masthead"]
ROOT = Path(__file__).parent.parent
WEEK = Path(__file__).parent / "fixtures" / "digest"
HOURLY = {"dapp_expert": HOUR}


def told(store: Store, days: float = 7) -> Digest:
    """The last days of dapp_expert."""
    return digest(store, HOURLY, NOW - timedelta(days=days), NOW)


def test_text(store: Store) -> None:
    """The week as a mail has it, sign by sign."""
    week(store)
    assert text(digest(store, EVERY, SINCE, NOW)) == (WEEK / "week.txt").read_text("utf-8")


def test_markdown(store: Store) -> None:
    """The week in Markdown, sign by sign."""
    week(store)
    assert markdown(digest(store, EVERY, SINCE, NOW)) == (WEEK / "week.md").read_text("utf-8")


def test_json(store: Store) -> None:
    """The week as one object that is what its schema says, and says what the others say."""
    week(store)
    schema = json.loads((ROOT / "docs" / "digest.schema.json").read_text("utf-8"))
    form = json.loads(as_json(digest(store, EVERY, SINCE, NOW)))
    jsonschema_rs.validator_for(schema).validate(form)
    assert text(digest(store, EVERY, SINCE, NOW)).startswith(form["subject"] + "\n")
    assert (form["since"], form["until"]) == ("2026-01-24T06:20:00Z", "2026-01-31T06:20:00Z")
    one, other = form["sources"]
    assert [one["state"], other["state"]] == ["fresh", "stale"]
    assert [figure["metric"] for figure in one["figures"]] == list(KEYS)
    assert one["figures"][0]["change"]["within_rounding"] is True
    assert one["moves"][1]["at"] == "2026-01-28T00:07:00Z"
    assert [story["title"] for story in one["moves"][1]["headlines"]][1] == ODD
    assert (one["missed_slots"], one["gaps"][0]["cause"], one["gaps_total"]) == (5, "timeout", 1)
    assert (other["figures"][1]["value"], other["moves_judged"]) == (None, False)


def test_the_schema_knows_every_word() -> None:
    """The schema's lists are the model's."""
    kinds = json.loads((ROOT / "docs" / "digest.schema.json").read_text("utf-8"))["$defs"]
    assert kinds["source"]["properties"]["state"]["enum"] == list(STATES)
    assert kinds["figure"]["properties"]["metric"]["enum"] == list(KEYS)


def test_words_are_those_of_the_page() -> None:
    """Every cause of a gap has the page's words, and so has the disputed figure."""
    page = json.loads((ROOT / "dashboard" / "words" / "page.en.json").read_text("utf-8"))
    assert CAUSES.keys() == KINDS
    for cause, words in CAUSES.items():
        assert words == page[f"outage_{cause}"].replace("’", "'")
    assert page["disputed"] == DISPUTED


def test_lines_fit_a_mail(store: Store) -> None:
    """No line but an address is wider than a mail; the first is a subject that stands alone."""
    week(store)
    first, second, *rest = text(digest(store, EVERY, SINCE, NOW)).splitlines()
    assert first.startswith("Masthead, 7 d to 2026-01-31: ")
    assert (len(first) <= WIDTH, second) == (True, "")
    wide = [line.strip() for line in rest if len(line) > WIDTH]
    assert wide
    assert all(line.startswith("https://") for line in wide)


def tokens(source: str) -> list[Token]:
    """What a reader of Markdown makes of it, tables and raw HTML included."""
    parsed = MarkdownIt("commonmark").enable("table").parse(source)
    return [part for token in parsed for part in [token, *(token.children or [])]]


HOSTILE = [
    "<script>alert(1)</script>",
    "[here](javascript:alert(1))",
    "](https://evil.test) <https://evil.test>",
    "![i](https://evil.test/i.png)",
    "`code` **bold** _lean_ ~~gone~~ $x$",
    "- # > 1. a list in a title",
    "| a | b |\n|---|---|\n| c | d |",
    "\\](https://evil.test) \\",
    "&lt;b&gt; &amp; &#60;b&#62;",
    "a\r\n\r\n# A heading\n\n    code\n```\n",
    "turned \u202eback\u2066 \x1b[31mred\x07",
]


@pytest.mark.parametrize("url", [None, "https://dapp.expert/`*_<b>](x)\\\"'|?a=1&amp=2"])
@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles(file_store: Store, title: str, url: str | None) -> None:
    """A title is only ever text: the Markdown reader finds it as it is, in a list, at one link."""
    seen = SeenHeadline(Headline(title, url), "dapp_expert", T0, T0)
    file_store.save(snapshot(dapps=1.0), HOUR)
    file_store.add_headlines([seen], HOURLY)
    found = tokens(markdown(told(file_store)))
    kinds = {token.type for token in found}
    plain = {"heading", "paragraph", "bullet_list", "list_item", "inline", "text", "strong", "link"}
    assert {kind.removesuffix("_open").removesuffix("_close") for kind in kinds} <= plain
    links = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    assert len(links) == (url is not None)
    assert all(link.startswith("https://dapp.expert/") for link in links)
    assert any(one_line(title) in token.content for token in joined(found))
    shown = text(told(file_store))
    assert not any(sign in shown for sign in "\x1b\x07\u202e\u2066\r")


def joined(found: list[Token]) -> list[Token]:
    """The lines of text, what was escaped put together again."""
    lines = [token for token in found if token.type == "inline"]
    for line in lines:
        line.content = "".join(part.content for part in line.children or [])
    return lines


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?c=d&e=%20#f", "https://a.example/b?c=d&e=%20#f"),
        ("HTTP://a.example/", "HTTP://a.example/"),
        ("http://[::1]:80/(a)", "http://[::1]:80/(a)"),
        ("https://a.example/<b>`c`\\", "https://a.example/%3Cb%3E%60c%60%5C"),
        ("https://a.example/b\n[c](d)", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//a.example/", None),
        (None, None),
    ],
)
def test_links(url: str | None, expected: str | None) -> None:
    """Only addresses of the web are links, in signs that cannot end one."""
    assert linked(url) == expected


def test_nothing_was_kept(store: Store) -> None:
    """A source that gave nothing says so in every form, and in the subject."""
    found = told(store)
    assert "dapp_expert without data" in text(found).splitlines()[0]
    assert "NO DATA: nothing was ever read of it." in text(found)
    assert "NO DATA" in markdown(found)
    [one] = json.loads(as_json(found))["sources"]
    assert (one["state"], one["last_success"], one["figures"]) == ("no_data", None, [])


def test_only_failures_were_kept(store: Store) -> None:
    """A source that only ever failed has no data, and its newest error is told."""
    failed = Run("dapp_expert", T0, T0, T0, "failed", "status", "HTTP 500 from [it].", attempts=1)
    store.add_runs([failed])
    found = told(store)
    assert "NO DATA" in text(found)
    assert "Newest error, 20 min ago: HTTP 500 from [it]." in text(found)
    assert "HTTP 500 from \\[it\\]\\." in markdown(found)


def test_a_failure_never_looks_fresh(store: Store) -> None:
    """A source whose newest try failed says so first, and calls its values not current."""
    store.save(snapshot(T0 - HOUR, taken_at=T0 - HOUR, dapps=5.0), HOUR)
    _, run = journal.start(store, Run("dapp_expert", T0, T0))
    journal.settle(store, [Run(run.source, T0, T0, T0, "failed", "network", "No route.")])
    shown = text(told(store))
    assert "dapp_expert FAILING" in shown.splitlines()[0]
    assert "FAILING: the newest try failed. The newest reading is 80 min old." in shown
    assert "Last known values, not current:" in shown
    assert "Newest values" not in shown
    assert "Fresh" not in shown


def test_stale_comes_first(store: Store) -> None:
    """A source that is not fresh stands before those that are, with the age of its values."""
    store.save(snapshot(T0, dapps=5.0), HOUR)
    store.save(snapshot(T0 - 90 * DAY, source="old", dapps=7.0), HOUR)
    shown = text(digest(store, {**HOURLY, "old": HOUR}, SINCE, NOW))
    assert "old STALE" in shown.splitlines()[0]
    assert shown.index("STALE: nothing was read for 90 d") < shown.index("Fresh: ")
    assert "7; no change known; read 90 d ago" in shown


def test_the_sample_is_marked(file_store: Store) -> None:
    """What is synthetic is called so in the subject and at its figures, in every form."""
    sample.load(file_store, NOW)
    found = digest(file_store, {"sample": sample.EVERY}, SINCE, NOW)
    for form in (text, markdown):
        assert "Masthead, synthetic sample" in form(found).splitlines()[0]
        assert SYNTHETIC in form(found)
        assert "SYNTHETIC SAMPLE" in form(found)
        assert "Fresh" not in form(found)
    [one] = json.loads(as_json(found))["sources"]
    assert (one["synthetic"], one["state"]) == (True, "sample")


def test_lists_are_cut(store: Store) -> None:
    """Of many headlines and gaps the first are told, and how many more there are."""
    slots = [T0 - number * 2 * HOUR for number in range(40)]
    store.add([snapshot(slot, dapps=1.0) for slot in slots], HOURLY)
    stories = [Headline(f"Story {number}", f"https://a.example/{number}") for number in range(25)]
    seen = [SeenHeadline(one, "dapp_expert", T0, T0) for one in stories]
    store.add_headlines(seen, HOURLY)
    found = told(store)
    [one] = found.sources
    assert (len(one.headlines), one.others_total, one.headlines_total) == (OTHERS, 25, 25)
    assert (len(one.gaps), one.gaps_total) == (GAPS, 39)
    assert f"  - and {25 - OTHERS} more\n" in text(found)
    assert f"  - and {39 - GAPS} that are no longer\n" in text(found)


@pytest.mark.parametrize(("after", "words"), [(8, "; +14.3 % (+1); "), (7, "; no change; ")])
def test_exact_changes(store: Store, after: float, words: str) -> None:
    """What is exact has a sign, or no change at all."""
    for slot, value in ((T0 - 8 * DAY, 7.0), (T0 - 7 * DAY, 7.0), (T0, float(after))):
        store.save(snapshot(slot, dapps=value), HOUR)
    assert words in text(told(store))


def test_a_change_that_began_later_says_when(store: Store) -> None:
    """A source that is younger than the span tells since when its change is."""
    store.save(snapshot(T0 - 3 * DAY, dapps=7.0), HOUR)
    store.save(snapshot(T0, dapps=8.0), HOUR)
    assert "+14.3 % (+1) since 2026-01-28;" in text(told(store))


def test_many_snapshots(file_store: Store) -> None:
    """By the minute, gaps are those of an hour or more, and the digest says so."""
    minute = timedelta(minutes=1)
    slots = [T0 - number * minute for number in range(4 * 1440) if not 100 < number < 300]
    file_store.add([snapshot(slot, dapps=1.0) for slot in slots], {"dapp_expert": minute})
    found = digest(file_store, {"dapp_expert": minute}, SINCE, NOW)
    assert "Gaps of 1h or more:\n  - 2026-01-31 02:00 UTC to" in text(found)


def test_moves_of_the_span_alone(store: Store) -> None:
    """A move stands in the digest of the days it was in, by the history before them."""
    week(store)
    before = digest(store, HOURLY, MOVED - 7 * DAY, MOVED - HOUR)
    assert before.sources[0].moves == ()
    days = digest(store, HOURLY, MOVED, MOVED + DAY)
    assert [one.move.metric for one in days.sources[0].moves] == ["volume_30d"]


def test_moves_are_those_of_the_whole_history(file_store: Store) -> None:
    """What is read before the span is enough to judge as by all that there is."""
    sample.load(file_store, NOW)
    info = file_store.source("sample")
    assert info is not None
    for weeks in range(0, 100, 9):
        end = NOW - weeks * 7 * DAY
        found = digest(file_store, {"sample": sample.EVERY}, end - 60 * DAY, end).sources[0].moves
        whole = [
            move
            for key in KEYS
            for move in moves(METRIC[key], history(file_store, info, key))
            if to_ms(end - 60 * DAY) <= move.at <= to_ms(end)
        ]
        assert sorted(whole, key=repr) == sorted((one.move for one in found), key=repr)


def test_unknown_form() -> None:
    """A form that is not there is refused by its name."""
    assert all(form_named(name) is form for name, form in FORMS.items())
    with pytest.raises(UsageError, match=r"'html' is none of text, markdown, json"):
        form_named("html")


def run(masthead: Masthead, *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of ``masthead digest``."""
    done = masthead("digest", *words)
    return done.returncode, done.stdout, done.stderr


def test_command(masthead: Masthead) -> None:
    """The sample only when it is named; without any data exit code 3; odd words are refused."""
    masthead("sample", "load")
    code, out, _ = run(masthead)
    assert (code, "without data" in out, "sample" in out) == (3, True, False)
    code, out, errors = run(masthead, "sample", "--since", "30d", "--format", "json")
    form: dict[str, Any] = json.loads(out)
    assert (code, errors, [one["source"] for one in form["sources"]]) == (0, "", ["sample"])
    for words, message in (
        (["nobody"], "The source 'nobody' is not known"),
        (["--since", "tomorrow"], "'tomorrow' is not a time"),
        (["--since", "2999-01-01"], "the span must begin before now"),
        (["--format", "html"], "'html' is none of"),
    ):
        code, out, errors = run(masthead, *words)
        assert (code, out) == (2, "")
        assert message in errors


def test_a_poor_locale(masthead: Masthead) -> None:
    """Where the locale has no sign for a title's letter, a question mark stands for it."""
    masthead("sample", "load")
    story = "first_seen_at,published_from,published_to,source,lead,title,url,author,summary\r\n"
    story += f"{iso(clock.now())},,,sample,false,Кошелёк,,,\r\n"
    (masthead.folder / "stories.csv").write_bytes(story.encode())
    assert masthead("import", "stories.csv").returncode == 0
    masthead.environ["PYTHONIOENCODING"] = "ascii"
    code, out, errors = run(masthead, "sample")
    assert (code, errors) == (0, "")
    assert f"- {'?' * 7} (seen " in out
