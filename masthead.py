"""The front door: the command line. Parse arguments, call one room, map errors to exit codes.

What a crontab runs, a plain ``collect``, is read without typer: loading that takes a third of the
time of the whole run. So annotations are texts here, and typer comes with :func:`application`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from data.clock import now
from data.errors import MastheadError, SourceError, StoreError, UsageError
from data.harmless import Formatter
from data.output import NoReaderError, put, write_out, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import typer

    from collectors.meter import Steps
    from collectors.once import Asked
    from collectors.result import Result
    from data.settings import Loaded, Settings
    from data.store import Store


class PartialImportError(MastheadError):
    """An import that left something: the store holds other values, or lines cannot be read."""


class DifferentCopyError(MastheadError):
    """A copied history that is not the same in both stores; both were left as they are."""


PARTIAL: Final = 3
"""The exit code of work that was done but not whole."""

CLOSED_PIPE: Final = 128 + signal.SIGPIPE
"""The exit code of a program whose output nobody wants to read any more."""

EXIT_CODES: Final[dict[type[MastheadError], int]] = {
    UsageError: 2,
    PartialImportError: PARTIAL,
    DifferentCopyError: PARTIAL,
    SourceError: 4,
    StoreError: 5,
}

INHERITED: Final = "_MASTHEAD_DATABASE"
"""The variable by which `up` gives its --database to its children."""

log: Final = logging.getLogger("masthead")


@dataclass(frozen=True, slots=True)
class Globals:
    """The options before the command."""

    config: Path | None = None
    database: str | None = None
    quiet: bool = False
    verbose: bool = False

    def load(self, **flags: Any) -> Loaded:
        """The settings in force, with this command's flags over everything."""
        from data.settings import load

        return load(os.environ, {"database": self.database, **flags}, self.config)

    def load_warily(self, **flags: Any) -> Settings:
        """The settings for what runs long; says so where others can read their secrets."""
        from data.exposure import exposed

        loaded = self.load(**flags)
        if words := exposed(loaded):
            log.warning(words)
        return loaded.settings

    def say(self, text: str) -> None:
        """Tell the user what was done, unless --quiet."""
        if sys.stdout and not self.quiet:
            put(f"{text}\n")

    def start_logging(self) -> None:
        """Send the log to stderr, as much of it as was asked for."""
        level = logging.DEBUG if self.verbose else logging.WARNING if self.quiet else logging.INFO
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Formatter("%(asctime)s %(message)s"))
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
        log.setLevel(level)

    def arguments(self) -> list[str]:
        """The same options for a child process, but what only its environment may say."""
        given = ["--config", str(self.config)] if self.config else []
        flags = [name for name, on in (("--quiet", self.quiet), ("--verbose", self.verbose)) if on]
        return given + flags

    def environ(self) -> dict[str, str]:
        """The environment for a child process: everyone can read its arguments, passwords too."""
        return os.environ | ({INHERITED: self.database} if self.database else {})


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"masthead {version('masthead')}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The config file to read.")] = None,
    database: Annotated[
        str | None,
        typer.Option(help="The store's URL.", envvar=INHERITED, show_envvar=False),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more.")] = False,
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    context.obj = Globals(config, database, quiet, verbose)
    context.obj.start_logging()


def up(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    url: Annotated[str | None, typer.Option(help="Another address of the one source.")] = None,
) -> None:
    """Scheduler and dashboard together: the main job."""
    from collectors.jobs import jobs
    from collectors.supervise import keep_running
    from dashboard.reach import address, refuse_open
    from data.secrets import bare
    from data.times import shown_duration

    common: Globals = context.obj
    settings = common.load_warily(host=host, port=port)
    refuse_open(settings)
    wanted = jobs(settings, url=url)
    try:
        _open(settings).close()
    except StoreError as error:
        log.warning("%s Snapshots wait in the outbox, the page waits for the store.", error)
    for job in wanted:
        common.say(f"{job.source}: {bare(job.url)} every {shown_duration(job.every)}")
    common.say(f"store: {_shown(settings.database)}")
    if settings.database_read is not None:
        common.say(f"the page reads: {_shown(settings.reads)}")
    common.say(f"page: {address(settings)}   (Ctrl-C ends)")
    self = [sys.executable, "-m", "masthead", *common.arguments()]
    where = ["--host", settings.host, "--port", str(settings.port)]
    environ = common.environ()
    if url is not None:
        environ[f"MASTHEAD_SOURCES__{wanted[0].source.upper()}__URL"] = url
    children = {"dashboard": [*self, "dashboard", *where], "scheduler": [*self, "schedule"]}
    raise typer.Exit(keep_running(children, environ))


def collect(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(help="All configured ones, unsaid.")] = None,
    refresh: Annotated[
        bool, typer.Option("--now", help="Look again though the slot has its snapshot.")
    ] = False,
    from_file: Annotated[
        Path | None, typer.Option(help="Read a saved page (HTML or visible text; - for stdin).")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="When the saved page was taken (unsaid: the file's time).")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Another address of the page.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and tell, store nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per source.")] = False,
) -> None:
    """Take one snapshot of each source; for cron: silent on success."""
    from collectors.once import Asked

    asked = Asked(tuple(source or ()), refresh, from_file, at, url, dry_run)
    raise typer.Exit(_collect(context.obj, asked, as_json))


def _plain_collect(arguments: Sequence[str]) -> Callable[[], int] | None:
    """The run that ``[options] collect [SOURCE…]`` asks for; None for anything else.

    Whatever is not exactly that form is the command line's to judge.
    """
    options: dict[str, Any] = {}
    rest = list(arguments)
    while rest and rest[0] != "collect":
        name = rest.pop(0)
        if name in ("--quiet", "--verbose"):
            options[name[2:]] = True
        elif name in ("--config", "--database") and rest:
            options[name[2:]] = Path(rest.pop(0)) if name == "--config" else rest.pop(0)
        else:
            return None
    if not rest or any(name.startswith("-") for name in rest):
        return None
    return partial(_collect_alone, Globals(**options), rest[1:])


def _collect_alone(common: Globals, names: Sequence[str]) -> int:
    # Importing makes no garbage: looking for it there takes a tenth of a run's time.
    gc.disable()
    import collectors.once

    gc.freeze()
    gc.enable()
    common.start_logging()
    return _collect(common, collectors.once.Asked(tuple(names)))


def _collect(common: Globals, asked: Asked, as_json: bool = False) -> int:
    """One snapshot of each source; the worst exit code. Raises UsageError."""
    from collectors.once import once

    def heard(result: Result) -> None:
        if as_json:
            put(f"{json.dumps(result.json(), ensure_ascii=False)}\n")
        if result.exit_code:
            print(f"masthead: {result.sentence}", file=sys.stderr)
        elif common.verbose or (sys.stdout and sys.stdout.isatty() and not as_json):
            common.say(result.sentence)

    code, told = once(common.load().settings, asked, now, heard)
    for line in told:
        print(f"masthead: {line}", file=sys.stderr)
    return code


def schedule(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Another address of the one source.")] = None,
) -> None:
    """The scheduler alone: a snapshot of every source at each of its slots."""
    from collectors.jobs import jobs
    from collectors.runner import Runner
    from collectors.schedule import run_forever

    settings = context.obj.load_warily()
    run_forever(Runner(settings, now), jobs(settings, url=url))


def dashboard(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.")] = None,
) -> None:
    """The dashboard alone, on a production server."""
    from dashboard.reach import refuse_open
    from dashboard.server import serve
    from data.store import open_store

    settings = context.obj.load_warily(host=host, port=port, workers=workers)
    refuse_open(settings)
    try:
        open_store(settings.reads, read_only=settings.database_read is not None).close()
    except StoreError as error:
        log.warning("%s The page waits for the store.", error)
    serve(settings, settings.host, settings.port, settings.workers)


def backfill(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source to reach back for.")],
    places: Annotated[
        list[str], typer.Option("--from", help="wayback, commoncrawl, a file or a folder.")
    ],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]…", help="More files or folders.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="ISO 8601, or 7d (ago).")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601, or 7d (ago).")] = None,
    every: Annotated[str, typer.Option(help="One capture of each, like 1d.")] = "1d",
    url: Annotated[str | None, typer.Option(help="Another address of the page.")] = None,
) -> None:
    """Reach back: history from web archives and saved pages; goes on where it was stopped."""
    from collectors.backfill import backfill as reach_back
    from collectors.order import order

    common: Globals = context.obj
    settings = common.load().settings
    wanted = order(
        settings,
        source,
        [*places, *(more or ())],
        now(),
        since=since,
        until=until,
        every=every,
        url=url,
    )
    done = reach_back(wanted, settings, now, shown=sys.stderr.isatty() and not common.quiet)
    if done.exit_code or not common.quiet:
        typer.echo(f"masthead: {source}: {done.sentence}.", err=True)
    raise typer.Exit(done.exit_code)


def export(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="snapshots, headlines, runs, moves or daily.")],
    source: Annotated[list[str] | None, typer.Option(help="All real ones, unsaid.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="All five, unsaid.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="ISO 8601, or 7d (ago).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO 8601, or 7d (ago).")] = None,
    every: Annotated[str | None, typer.Option(help="The last snapshot of each, like 1d.")] = None,
    shape: Annotated[str, typer.Option(help="wide or tidy.")] = "wide",
    kind: Annotated[str, typer.Option("--format", help="csv, xlsx, parquet or jsonl.")] = "csv",
    excel: Annotated[bool, typer.Option("--excel", help="CSV with a BOM.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Leave formula-like texts alone.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file.")] = None,
) -> None:
    """Take the history away: snapshots, headlines, runs, moves or daily."""
    from data.export import format_named, stream
    from data.tables import query

    settings = context.obj.load().settings
    asked = query(
        what,
        now(),
        sources=source or [],
        keys=metric or [],
        start=start,
        end=end,
        every=every,
        shape=shape,
    )
    parts = stream(_open(settings), asked, format_named(kind), excel, raw)
    if output is not None:
        write_whole(output, parts)
        return
    if kind in ("xlsx", "parquet") and sys.stdout.isatty():
        raise UsageError(f"{kind} is not for a terminal: name a file with -o.")
    write_out(parts)


def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A CSV that export wrote, or the folder of a store's copies.")
    ],
    raw: Annotated[bool, typer.Option("--raw", help="It was exported with --raw.")] = False,
) -> None:
    """Read back an exported CSV, all or nothing, or second copies; what is there stays as it is."""
    from data.disk import is_folder
    from data.imports import load
    from data.restore import load as load_copies

    common: Globals = context.obj
    settings, are_copies = common.load().settings, is_folder(file)
    if are_copies and raw:
        raise UsageError(f"--raw is for a CSV, and {file} is a folder: import it without.")
    store = _open(settings)
    done = load_copies(store, file) if are_copies else load(store, file, raw)
    common.say(f"{done.what}: {done.new} new, {done.known} already there")
    if done.unreadable:
        raise PartialImportError(
            f"Lines in {file} that could not be read, and were left: {done.unreadable}."
        )
    if done.kept:
        raise PartialImportError(
            f"{done.kept} slots of {file} hold other values in the store: those were kept."
        )


def copy(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="The URL of the store to fill.")],
) -> None:
    """Bring the whole history into another store, as often as it takes, and compare both."""
    from contextlib import closing

    from data.engine import parse_url
    from data.moving import comparison, move
    from data.store import open_store

    common: Globals = context.obj
    settings = common.load().settings
    parse_url(to, "--to")
    with (
        closing(open_store(settings.database, read_only=True)) as source,
        closing(open_store(to)) as target,
        _steps(common, "looking") as steps,
    ):
        moved = move(source, target, steps)
    if not common.quiet:
        put(comparison(moved))
    different = [one.table for one in moved if not one.is_same]
    if different:
        raise DifferentCopyError(
            f"The stores are not the same in {', '.join(different)}: both were left as they are; "
            "end whatever else writes to the new one, and copy again."
        )


def _steps(common: Globals, first: str) -> Steps:
    from collectors.meter import Steps

    return Steps(sys.stderr.isatty() and not common.quiet, first)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to make.")],
) -> None:
    """Copy the store of a SQLite file, of one moment, while others write to it."""
    from contextlib import closing

    from data.backup import backup as copy_file
    from data.engine import connect, parse_url
    from data.store import Store

    common: Globals = context.obj
    url = parse_url(common.load().settings.database)
    with closing(Store(connect(url, read_only=True))) as store, _steps(common, "copying") as steps:
        size = copy_file(store, file, steps.reach)
    common.say(f"{file}: {size} bytes, checked")


def check(context: typer.Context) -> None:
    """Read the whole store and say whether it is sound; nothing is written."""
    from contextlib import closing

    from data.engine import connect, parse_url
    from data.soundness import check as check_store
    from data.store import Store

    common: Globals = context.obj
    url = parse_url(common.load().settings.database)
    with closing(Store(connect(url, read_only=True))) as store:
        found = check_store(store)
    common.say(f"{url.shown}: {found} snapshots, no fault found")


def reread(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(help="All with kept pages, unsaid.")] = None,
) -> None:
    """Read kept pages again, after a fix: NULLs become values, what was known stays."""
    from collectors.jobs import jobs
    from collectors.reread import reread as read_again
    from collectors.reread import rereadable

    common: Globals = context.obj
    settings = common.load().settings
    named = [job.source for job in jobs(settings, source)] if source else None
    store = _open(settings)
    done = [read_again(store, name) for name in named or rereadable(store)]
    for one in done:
        common.say(one.sentence)
    if not done:
        common.say("no page is kept")
    if any(one.left for one in done):
        raise typer.Exit(PARTIAL)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
) -> None:
    """How each source is doing: last success and its age, next slot, missed slots, last error."""
    from collectors.jobs import intervals
    from data import statusforms
    from data.outbox import count
    from data.status import statuses

    settings = context.obj.load().settings
    store, at = _open(settings), now()
    found = statuses(store, intervals(settings, store) if settings.enabled else {}, at)
    waiting = count(settings.outbox)
    if as_json:
        put(statusforms.as_json(found, waiting))
    else:
        put(statusforms.text(found, waiting, at))


def digest(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(help="All configured ones, unsaid.")] = None,
    since: Annotated[str, typer.Option(help="ISO 8601, or 7d (ago).")] = "7d",
    kind: Annotated[str, typer.Option("--format", help="text, markdown or json.")] = "text",
) -> None:
    """The last days of each source: newest values, moves, headlines, gaps; for a cron mail."""
    from collectors.jobs import intervals
    from data.digest import digest as digest_of
    from data.digestforms import form_named
    from data.times import moment

    settings, at = context.obj.load().settings, now()
    form, start = form_named(kind), moment(since, at)
    if start >= at:
        raise UsageError(f"--since {since}: the span must begin before now.")
    store = _open(settings)
    found = digest_of(store, intervals(settings, store, source or ()), start, at)
    put(form(found))
    if any(one.status.last_success is None for one in found.sources):
        raise typer.Exit(PARTIAL)


def cron(context: typer.Context) -> None:
    """Print the crontab line that collects with the settings in force, ready to paste."""
    from collectors.jobs import shortest
    from collectors.timetable import crontab, this_program

    loaded = context.obj.load()
    put(crontab(this_program(loaded), shortest(loaded.settings)))


def systemd(
    context: typer.Context,
    collecting: Annotated[
        bool, typer.Option("--collect", help="A timer that collects, without the page.")
    ] = False,
    of_user: Annotated[
        bool, typer.Option("--user", help="Units of your own systemd, without root.")
    ] = False,
) -> None:
    """Print the systemd units for the settings in force, ready to paste."""
    from collectors.jobs import shortest
    from collectors.timetable import this_program
    from collectors.units import service, timer

    loaded = context.obj.load()
    call, every = this_program(loaded), shortest(loaded.settings)
    put(timer(call, every, of_user=of_user) if collecting else service(call, of_user=of_user))


def sample_load(context: typer.Context) -> None:
    """Fill the source `sample` with two synthetic years up to now."""
    from data import sample

    common: Globals = context.obj
    added = sample.load(_open(common.load().settings), now())
    common.say(f"sample: {added} synthetic snapshots new; 'masthead sample remove' takes them away")


def sample_remove(context: typer.Context) -> None:
    """Take the synthetic history away; real sources are not touched."""
    from data.model import SAMPLE

    common: Globals = context.obj
    removed = _open(common.load().settings).remove(SAMPLE)
    common.say(f"sample: {removed} synthetic snapshots removed")


def alerts_check(context: typer.Context) -> None:
    """Look at the rules now and tell what is new; for a cron of its own."""
    from collectors.tell import tell

    common: Globals = context.obj
    settings = common.load().settings
    if not settings.alerts.are_set:
        raise UsageError("Nothing would be told: set 'to' and a rule in the config's 'alerts'.")
    told = tell(settings, settings.enabled, now)
    for line in told.sentences:
        print(f"masthead: {line}", file=sys.stderr)
    if told.failures:
        raise typer.Exit(EXIT_CODES[SourceError])
    if sys.stdout and sys.stdout.isatty():
        common.say(f"alerts: {told.texts} told")


def alerts_test(context: typer.Context) -> None:
    """Send each address a message that says it is a test; say which took it."""
    from collectors.tell import test

    settings = context.obj.load().settings
    if not settings.alerts.to:
        raise UsageError("Nobody would be told: set 'to' in the config's table 'alerts'.")
    became = test(settings, now())
    for name, why in became.items():
        put(f"{name}: {'delivered' if why is None else f'not delivered: {why}'}\n")
    if any(became.values()):
        raise typer.Exit(EXIT_CODES[SourceError])


def alerts_list(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
) -> None:
    """The rules, what holds now, and what was told last."""
    from contextlib import closing

    from data.alertlist import listed
    from data.store import open_store

    settings = context.obj.load().settings
    with closing(open_store(settings.database, read_only=True)) as store:
        found = listed(store, settings.alerts, settings.enabled)
    if as_json:
        put(json.dumps([one.json() for one in found], ensure_ascii=False) + "\n")
    else:
        put("".join(f"{one.sentence}\n" for one in found))


def password() -> None:
    """Ask for the page's password and print the line of its hash for the config."""
    from getpass import getpass

    from data.password import hashed

    if sys.stdin is None or not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    else:
        given = getpass("Password: ")
        if getpass("Once more: ") != given:
            raise UsageError("The two are not the same: nothing was made of them.")
    typer.echo(f'password = "{hashed(given)}"')


def config(context: typer.Context) -> None:
    """The settings in force and where each comes from."""
    from collectors.jobs import jobs
    from data.exposure import exposed
    from data.settings import explain

    loaded = context.obj.load()
    named = jobs(loaded.settings, loaded.settings.sources)
    defaults = {job.source: {"url": job.url, "every": job.every} for job in named}
    if words := exposed(loaded):
        print(f"masthead: {words}", file=sys.stderr)
    lines = [f"{key} = {value}  # {origin}\n" for key, value, origin in explain(loaded, defaults)]
    put("".join([f"# config file: {loaded.file or 'none'}\n", *lines]))


def _open(settings: Settings) -> Store:
    from data.store import open_store

    return open_store(settings.database)


def _shown(database: str) -> str:
    from data.engine import parse_url

    return parse_url(database).shown


def application() -> typer.Typer:
    """The command line with all its commands."""
    global typer
    import typer

    app = typer.Typer(
        help="Remembers the five figures that dapp.expert only shows, and charts them next to its "
        "headlines.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_globals)
    commands: list[Callable[..., None]] = [up, collect, schedule, dashboard, export, import_]
    commands += [copy, backup, check, backfill, reread, status, digest, cron, systemd]
    commands += [password, config]
    for command in commands:
        app.command(command.__name__.rstrip("_"))(command)
    sample = typer.Typer(help="Two years of synthetic history, always marked so.")
    sample.command("load")(sample_load)
    sample.command("remove")(sample_remove)
    app.add_typer(sample, name="sample", no_args_is_help=True)
    alerts = typer.Typer(help="What the rules in the config find, told once.")
    alerts.command("test")(alerts_test)
    alerts.command("check")(alerts_check)
    alerts.command("list")(alerts_list)
    app.add_typer(alerts, name="alerts", no_args_is_help=True)
    return app


def main() -> None:
    """The command ``masthead``."""
    # Read when numpy is loaded. The matrices of the reconstruction are too small to share: threads
    # wait for one another three times as long as they work, where the processors are busy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        run = _plain_collect(sys.argv[1:])
        sys.exit(application()() if run is None else run())
    except MastheadError as error:
        print(f"masthead: {error}", file=sys.stderr)
        sys.exit(EXIT_CODES[type(error)])
    except NoReaderError:
        sys.exit(CLOSED_PIPE)


if __name__ == "__main__":
    main()
