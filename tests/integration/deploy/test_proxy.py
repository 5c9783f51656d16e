"""The reverse proxy of `deploy/proxy`: nobody passes without a login, and the password does not pass at all."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
import urllib3

from sandbox.postgres import HOST, free_port
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
USERS = {"mep_ui_users": ("ada", "secret of ada"), "mep_ui_office": ("bo", "secret of bo")}


class Ui(http.server.BaseHTTPRequestHandler):
    """Answers with the headers that arrived, in the place of the Dagster UI."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.server.server_address[1]}\n{self.headers}".encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def run(*command: str, text: str | None = None) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, input=text).stdout


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    """Run nginx with the project's file, where only addresses and paths are the test's; give its URL."""
    if PROGRAM is None:
        pytest.skip("nginx is not installed: install it, e.g. `apt-get install nginx-light`, as .ci/run does")
    ports = {"3000": _serve(), "3001": _serve()}
    own = free_port()
    # Not in pytest's own folder: as root, nginx reads its files of users as somebody else.
    with tempfile.TemporaryDirectory(prefix="mep-test-proxy-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _credentials(folder)
        text = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text().replace("/run/secrets/", f"{folder}/")
        text = text.replace("listen 443 ssl", f"listen {HOST}:{own} ssl").replace("pid /tmp/", f"pid {folder}/")
        for port, server in ports.items():
            text = text.replace(f"{HOST}:{port}", f"{HOST}:{server.server_address[1]}")
        (folder / "nginx.conf").write_text(text)
        options = ["-p", name, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log"), "-g", "daemon off;"]
        with subprocess.Popen([PROGRAM, *options], stderr=subprocess.PIPE, text=True) as process:
            try:
                yield _wait(f"https://{HOST}:{own}", process)
            finally:
                process.terminate()
                process.wait(20)
                for server in ports.values():
                    server.shutdown()
                    server.server_close()


def _credentials(folder: Path) -> None:
    for file, (name, password) in USERS.items():
        digest = run("openssl", "passwd", "-apr1", "-stdin", text=f"{password}\n").strip()
        (folder / file).write_text(f"{name}:{digest}\n")
    files = ["-keyout", str(folder / "mep_ui_key"), "-out", str(folder / "mep_ui_certificate")]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ui", *files)


def _serve() -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer((HOST, 0), Ui)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _wait(url: str, process: subprocess.Popen[str]) -> str:
    until = time.monotonic() + 20
    while True:
        try:
            get(url)
        except requests.ConnectionError:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return url


def get(url: str, user: tuple[str, str] | None = None, method: str = "GET", **headers: str) -> requests.Response:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # A certificate of the test.
        return requests.request(method, url, auth=user, headers=named, verify=False, timeout=10)  # noqa: S501


def test_nobody_passes_without_a_login(proxy: str) -> None:
    for path in ("/", "/graphql", "/office", "/server_info"):
        assert get(proxy + path, method="POST").status_code == 401
        assert get(proxy + path, ("ada", "wrong"), "POST").status_code == 401


def test_who_signs_in_sees_the_ui_which_does_not_see_the_password(proxy: str) -> None:
    shown = get(f"{proxy}/runs", USERS["mep_ui_users"])
    assert shown.status_code == 200
    assert "authorization" not in shown.text.lower()
    assert shown.headers["X-Frame-Options"] == "DENY"


def test_the_office_sees_the_ui_to_look_at_and_no_other(proxy: str) -> None:
    office = get(f"{proxy}/office", USERS["mep_ui_office"])
    whole = get(f"{proxy}/", USERS["mep_ui_users"])
    assert (office.status_code, whole.status_code) == (200, 200)
    assert office.text.splitlines()[0] != whole.text.splitlines()[0]
    assert get(f"{proxy}/", USERS["mep_ui_office"]).status_code == 401
    assert get(f"{proxy}/graphql", USERS["mep_ui_office"], "POST").status_code == 401


def test_a_foreign_page_cannot_ask_in_the_name_of_who_is_signed_in(proxy: str) -> None:
    for path in ("/graphql", "/office/graphql"):
        user = USERS["mep_ui_office" if path.startswith("/office") else "mep_ui_users"]
        url = f"{proxy}{path}"
        assert get(url, user, "POST", Origin=proxy, Sec_Fetch_Site="same-origin").status_code == 200
        assert get(url, user, Origin=proxy, Upgrade="websocket", Connection="upgrade").status_code == 200
        # A form of another page and a WebSocket's handshake say where they come from; an image does not.
        for origin in ("https://evil.example", proxy.replace("https", "http"), f"{proxy}.evil.example", "null"):
            assert get(url, user, "POST", Origin=origin).status_code == 403
            assert get(url, user, Origin=origin, Upgrade="websocket", Connection="upgrade").status_code == 403
        assert get(url, user, "POST", Sec_Fetch_Site="cross-site").status_code == 403
        assert get(url, user, "POST", Sec_Fetch_Site="same-site").status_code == 403
        assert get(f"{url}?query=mutation", user).status_code == 403
    assert get(f"{proxy}/runs/an-alert-s-link", USERS["mep_ui_users"], Sec_Fetch_Site="cross-site").status_code == 200
