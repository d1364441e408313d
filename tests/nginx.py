"""A real nginx, run as docs/web-server.md says: its very blocks, other ports and paths."""

import os
import re
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.machine import find
from tests.postgres import free_port
from tests.waiting import until

GUIDE: Final = (Path(__file__).parent.parent / "docs" / "web-server.md").read_text(encoding="utf-8")
CERTIFICATE: Final = Path(__file__).with_name("tls.pem")
KEY: Final = "rU8JyJw19WSPibJWc+CF5s2nAoIQs6tS7oFrdAS9b0E="
"""What a browser knows the certificate's key by, to take it for a good one.

openssl x509 -in tests/tls.pem -noout -pubkey | openssl pkey -pubin -outform der
    | openssl dgst -sha256 -binary | base64
"""
AROUND: Final = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


def block(language: str) -> str:
    """The guide's one block of this language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


def said() -> dict[str, Any]:
    """What the guide puts into masthead.toml."""
    return tomllib.loads(block("toml"))


def replaced(site: str, old: str, new: str) -> str:
    """``site`` with ``old``, which must be there, changed."""
    assert old in site, old
    return site.replace(old, new)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@contextmanager
def nginx(folder: Path, upstream: str, **changes: str) -> Iterator[str]:
    """The https address of an nginx before ``upstream`` (host:port); ends with it.

    ``changes`` are further parts of the block to be replaced: old (as the name), new.
    """
    port = free_port()
    site = replaced(block("nginx"), "listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    site = replaced(site, "127.0.0.1:8050", upstream)
    site = re.sub(r"(ssl_certificate(?:_key)?) .*;", rf"\1 {CERTIFICATE};", site)
    for old, new in changes.items():
        site = replaced(site, old, new)
    user = "user root;" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(AROUND.format(folder=folder, site=site, user=user), encoding="utf-8")
    words = [find("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(path)]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _listens(port), 10)
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()
    assert (folder / "error.log").read_text() == ""
