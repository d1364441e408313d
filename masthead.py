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
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from data.clock import now
from data.errors import MastheadError, SourceError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import typer

    from collectors.meter import Steps
    from collectors.timetable import Call
    from data.moving import Moved
    from data.settings import Loaded, Settings
    from data.status import Status
    from data.store import Store


class PartialImportError(MastheadError):
    """An import that met other values than the store's; those were kept."""


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

    def say(self, text: str) -> None:
        """Tell the user what was done, unless --quiet."""
        if not self.quiet:
            print(text, flush=True)

    def start_logging(self) -> None:
        """Send the log to stderr, as much of it as was asked for."""
        level = logging.DEBUG if self.verbose else logging.WARNING if self.quiet else logging.INFO
        form = "%(asctime)s %(message)s"
        logging.basicConfig(level=logging.WARNING, format=form, stream=sys.stderr)
        log.setLevel(level)

    def arguments(self) -> list[str]:
        """The same options for a child process."""
        given = [("--config", self.config), ("--database", self.database)]
        flags = [name for name, on in (("--quiet", self.quiet), ("--verbose", self.verbose)) if on]
        return [part for name, value in given if value for part in (name, str(value))] + flags


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"masthead {version('masthead')}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The config file to read.")] = None,
    database: Annotated[str | None, typer.Option(help="The store's URL.")] = None,
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
    from data.times import shown_duration

    common: Globals = context.obj
    settings = common.load(host=host, port=port).settings
    wanted = jobs(settings, url=url)
    try:
        _open(settings).close()
    except StoreError as error:
        log.warning("%s Snapshots wait in the outbox, the page waits for the store.", error)
    for job in wanted:
        common.say(f"{job.source}: {job.url} every {shown_duration(job.every)}")
    common.say(f"store: {_shown(settings.database)}")
    if settings.database_read is not None:
        common.say(f"the page reads: {_shown(settings.reads)}")
    common.say(f"page: http://{settings.host}:{settings.port}/   (Ctrl-C ends)")
    self = [sys.executable, "-m", "masthead", *common.arguments()]
    where = ["--host", settings.host, "--port", str(settings.port)]
    what = [] if url is None else ["--url", url]
    children = {"dashboard": [*self, "dashboard", *where], "scheduler": [*self, "schedule", *what]}
    raise typer.Exit(keep_running(children))


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
    code = _collect(
        context.obj,
        source or (),
        refresh=refresh,
        from_file=from_file,
        at=at,
        url=url,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(code)


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
    import collectors.runner  # noqa: F401 - what the run needs

    gc.freeze()
    gc.enable()
    common.start_logging()
    return _collect(common, names)


def _collect(
    common: Globals,
    names: Sequence[str],
    *,
    refresh: bool = False,
    from_file: Path | None = None,
    at: str | None = None,
    url: str | None = None,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """One snapshot of each source; the worst exit code. Raises UsageError."""
    from collectors.jobs import jobs, saved_page
    from collectors.runner import Runner
    from collectors.stop import set_by_signals
    from data.times import moment

    settings = common.load().settings
    wanted = jobs(settings, names, url)
    page = None
    if from_file is None and at is not None:
        raise UsageError("--at says when a saved page was taken: it goes with --from-file.")
    if from_file is not None:
        if len(wanted) != 1:
            raise UsageError("--from-file is a page of one source: name the source.")
        taken_at = None if at is None else moment(at, now())
        with _input(from_file) as file:
            page = saved_page(wanted[0], file, str(from_file), taken_at, now())
    runner = Runner(settings, now, dry_run=dry_run, refresh=refresh)
    set_by_signals(runner.stop)
    several = len(wanted) > 1
    worst = 0
    for result in runner.run_all(wanted) if several else [runner.run(wanted[0], page)]:
        worst = max(worst, result.exit_code)
        if as_json:
            print(json.dumps(result.json(), ensure_ascii=False), flush=True)
        if result.exit_code:
            print(f"masthead: {result.sentence}", file=sys.stderr)
        elif common.verbose or (sys.stdout and sys.stdout.isatty() and not as_json):
            common.say(result.sentence)
    return worst


def _input(path: Path) -> Any:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None


def schedule(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Another address of the one source.")] = None,
) -> None:
    """The scheduler alone: a snapshot of every source at each of its slots."""
    from collectors.jobs import jobs
    from collectors.runner import Runner
    from collectors.schedule import run_forever

    settings = context.obj.load().settings
    run_forever(Runner(settings, now), jobs(settings, url=url))


def dashboard(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.")] = None,
) -> None:
    """The dashboard alone, on a production server."""
    from dashboard.server import serve
    from data.store import open_store

    settings = context.obj.load(host=host, port=port, workers=workers).settings
    store = open_store(settings.reads, read_only=settings.database_read is not None)
    store.close()
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
    what: Annotated[str, typer.Argument(help="snapshots, headlines or runs.")],
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
    """Take the history away: snapshots, headlines or runs."""
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
        _write_whole(output, parts)
        return
    if kind in ("xlsx", "parquet") and sys.stdout.isatty():
        raise UsageError(f"{kind} is not for a terminal: name a file with -o.")
    _write_out(parts)


def _write_out(parts: Any) -> None:
    """Write to stdout; when its reader has had enough, end as if its end were ours."""
    if sys.stdout is None:
        raise UsageError("The output cannot be written: it is closed.")
    try:
        _write(sys.stdout.fileno(), parts)
    except BrokenPipeError:
        raise typer.Exit(CLOSED_PIPE) from None
    except OSError as error:
        raise UsageError(f"The output cannot be written: {error.strerror}.") from None


def _write_whole(path: Path, parts: Any) -> None:
    """Write beside the file and put it in place when it is whole; into a device as it comes."""
    try:
        if path.exists() and not path.is_file():
            _write(path, parts)
            return
        # A link stays one: what it leads to is replaced.
        place = path.resolve()
        draft = place.with_name(f".{place.name}.part")
        try:
            _write(draft, parts)
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"The file {path} cannot be written: {error.strerror}.") from None


def _write(place: Path | int, parts: Any) -> None:
    with open(place, "wb", closefd=isinstance(place, Path)) as file:
        for part in parts:
            file.write(part)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV that export wrote.")],
    raw: Annotated[bool, typer.Option("--raw", help="It was exported with --raw.")] = False,
) -> None:
    """Read an exported CSV back, all or nothing; what is there already stays as it is."""
    from data.imports import load

    common: Globals = context.obj
    done = load(_open(common.load().settings), file, raw)
    common.say(f"{done.what}: {done.new} new, {done.known} already there")
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
    from data.moving import move
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
        _print_moved(moved)
    different = [one.table for one in moved if not one.is_same]
    if different:
        raise DifferentCopyError(
            f"The stores are not the same in {', '.join(different)}: both were left as they are; "
            "end whatever else writes to the new one, and copy again."
        )


def _print_moved(moved: Sequence[Moved]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("table", "rows", "brought", "checksum", "in the new store"):
        table.add_column(head, justify="right" if head in ("rows", "brought") else "left")
    for one in moved:
        found = "the same" if one.is_same else f"{one.target.digest} of {one.target.rows} rows"
        table.add_row(one.table, str(one.source.rows), str(one.brought), one.source.digest, found)
    console = Console()
    console.print(table, width=None if console.is_terminal else 160)


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
    from collectors.jobs import jobs
    from data.model import KEYS
    from data.outbox import count
    from data.status import status as status_of

    settings = context.obj.load().settings
    store, at = _open(settings), now()
    configured = jobs(settings) if settings.enabled else []
    every = {job.source: job.every for job in configured}
    known = store.sources()
    every |= {info.source: info.every for info in known if info.source not in every}
    given = {info.source: info.about.metrics for info in known}
    found = [
        status_of(store, source, step, at, given.get(source, KEYS))
        for source, step in every.items()
    ]
    outbox = count(settings.outbox)
    if as_json:
        form = {"sources": [one.json() for one in found], "outbox": outbox}
        typer.echo(json.dumps(form, ensure_ascii=False))
        return
    _print_status(found, at)
    if outbox:
        typer.echo(f"outbox: {outbox} runs wait for the store")


def _print_status(found: list[Status], at: datetime) -> None:
    from rich.console import Console
    from rich.table import Table

    from data.model import SAMPLE
    from data.status import COLOURS, STATES
    from data.times import shown_age

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("source", "state", "last success", "next slot", "missed (30 d)", "late", "pages"):
        table.add_column(head, overflow="fold")
    for one in found:
        table.add_row(
            f"{one.source} (synthetic)" if one.source == SAMPLE else one.source,
            f"[{COLOURS[one.state]}]{STATES[one.state]}[/]",
            "never" if one.age is None else f"{shown_age(one.age)} ago",
            f"in {shown_age(one.next_slot - at)}",
            f"{one.missed} of {one.expected}",
            str(one.late),
            str(one.pages),
        )
    Console().print(table)
    # Below the table, as they are: a column is too narrow, and brackets would be rich's markup.
    for one in found:
        if one.last_error is not None:
            age = f"{shown_age(at - one.last_error.started_at)} ago"
            print(f"{one.source}: last error {age}: {one.last_error.message}")


def cron(context: typer.Context) -> None:
    """Print the crontab line that collects with the settings in force, ready to paste."""
    from collectors.timetable import crontab

    loaded = context.obj.load()
    typer.echo(crontab(_call(loaded), _shortest(loaded.settings)), nl=False)


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
    from collectors.units import service, timer

    loaded = context.obj.load()
    call, every = _call(loaded), _shortest(loaded.settings)
    units = timer(call, every, of_user=of_user) if collecting else service(call, of_user=of_user)
    typer.echo(units, nl=False)


def _call(loaded: Loaded) -> Call:
    """This very program by its absolute path, by whom and on which machine."""
    import pwd
    import socket

    from collectors.timetable import Call
    from data.portable import portable

    script = Path(sys.executable).with_name("masthead")
    known = os.access(script, os.X_OK)
    program = (str(script),) if known else (sys.executable, "-m", "masthead")
    user = pwd.getpwuid(os.getuid()).pw_name
    return Call(program, portable(loaded), user, socket.gethostname())


def _shortest(settings: Settings) -> timedelta:
    from collectors.jobs import jobs

    return min(job.every for job in jobs(settings))


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


def config(context: typer.Context) -> None:
    """The settings in force and where each comes from."""
    from collectors.jobs import jobs
    from data.settings import explain

    loaded = context.obj.load()
    named = jobs(loaded.settings, loaded.settings.sources)
    defaults = {job.source: {"url": job.url, "every": job.every} for job in named}
    typer.echo(f"# config file: {loaded.file or 'none'}")
    for key, value, origin in explain(loaded, defaults):
        typer.echo(f"{key} = {value}  # {origin}")


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
    commands += [copy, backup, backfill, reread, status, cron, systemd, config]
    for command in commands:
        app.command(command.__name__.rstrip("_"))(command)
    sample = typer.Typer(help="Two years of synthetic history, always marked so.")
    sample.command("load")(sample_load)
    sample.command("remove")(sample_remove)
    app.add_typer(sample, name="sample", no_args_is_help=True)
    return app


def main() -> None:
    """The command ``masthead``."""
    try:
        run = _plain_collect(sys.argv[1:])
        sys.exit(application()() if run is None else run())
    except MastheadError as error:
        print(f"masthead: {error}", file=sys.stderr)
        sys.exit(EXIT_CODES[type(error)])


if __name__ == "__main__":
    main()
