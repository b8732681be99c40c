"""Fixtures for all integration tests: the build under test, the servers, and
an end by the clock for each test."""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from runner import Calls, Pneu  # noqa: E402
from servers import aiosmtpd_server  # noqa: E402
from servers import dovecot as dovecot_server  # noqa: E402
from servers import exim as exim_server  # noqa: E402
from servers import postfix as postfix_server  # noqa: E402
from servers.certificates import Authority, Certificate  # noqa: E402
from servers.process import short_folder  # noqa: E402
from servers.scripted import Script, Scripted  # noqa: E402
from servers.sink import Sink  # noqa: E402

REPOSITORY = HERE.parent.parent
TEST_SECONDS = 60
TWO_ADDRESSES = "twofold.example"
PASSWORD = "Correct horse 42 bätterie"


class Overdue(BaseException):
    """A test took too long; not an Exception, so that nothing catches it."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Ends a test by SIGALRM, and the whole run if even that does not help."""
    def overdue(*_: object) -> None:
        raise Overdue(f"{item.nodeid}: more than {TEST_SECONDS} s")

    earlier = signal.signal(signal.SIGALRM, overdue)
    signal.alarm(TEST_SECONDS)
    faulthandler.dump_traceback_later(2 * TEST_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
    signal.alarm(0)
    signal.signal(signal.SIGALRM, earlier)


@pytest.fixture(scope="session")
def build() -> Path:
    """The build folder, from PNEU_BUILD."""
    folder = Path(os.environ.get("PNEU_BUILD", REPOSITORY / "build"))
    if not (folder / "pneu").exists():
        pytest.exit(f"{folder}/pneu is not there: build first, or say where "
                    "it is by PNEU_BUILD", 2)
    return folder.resolve()


@pytest.fixture(scope="session")
def pneu(build: Path) -> Pneu:
    return Pneu(build)


@pytest.fixture(scope="session")
def calls_program(build: Path, tmp_path_factory: pytest.TempPathFactory
                  ) -> Path:
    """programs/calls.c, built against the shared library."""
    program = tmp_path_factory.mktemp("calls") / "calls"
    subprocess.run(
        ["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-D_DEFAULT_SOURCE",
         "-Wall", "-Wextra", "-Werror", "-I", REPOSITORY / "include",
         *sorted((HERE / "programs").glob("calls*.c")), "-o", program,
         "-L", build, "-lpneu", "-pthread",
         *os.environ.get("PNEU_TEST_CFLAGS", "").split()],
        check=True, timeout=60)
    return program


@pytest.fixture
def calls(calls_program: Path, build: Path) -> Calls:
    return Calls(calls_program, build)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certificate(authority: Authority) -> Certificate:
    """For localhost and the loopback addresses."""
    return authority.issue("localhost",
                           "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1")


@pytest.fixture(scope="session")
def misnamed(authority: Authority) -> Certificate:
    """Trusted, but for another host."""
    return authority.issue("misnamed", "DNS:mail.example.net")


@pytest.fixture(scope="session")
def dovecot_instance() -> Iterator[dovecot_server.Dovecot]:
    if reason := dovecot_server.missing():
        pytest.skip(reason)
    server = dovecot_server.Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def dovecot(dovecot_instance: dovecot_server.Dovecot
            ) -> dovecot_server.Dovecot:
    """A Dovecot whose mailboxes are empty."""
    dovecot_instance.empty()
    return dovecot_instance


@pytest.fixture(scope="session")
def postfix_instance(request: pytest.FixtureRequest, authority: Authority,
                     certificate: Certificate
                     ) -> Iterator[postfix_server.Postfix]:
    if reason := postfix_server.missing():
        pytest.skip(reason)
    auth = request.getfixturevalue("dovecot_instance").auth_socket
    server = postfix_server.Postfix(certificate, auth)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postfix(postfix_instance: postfix_server.Postfix
            ) -> postfix_server.Postfix:
    """A Postfix whose mailboxes are empty."""
    postfix_instance.empty()
    return postfix_instance


@pytest.fixture(scope="session")
def exim_instance(certificate: Certificate) -> Iterator[exim_server.Exim]:
    if reason := exim_server.missing():
        pytest.skip(reason)
    server = exim_server.Exim(certificate, dovecot_server.USERS)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def exim(exim_instance: exim_server.Exim) -> exim_server.Exim:
    """An Exim whose mailboxes are empty."""
    exim_instance.empty()
    return exim_instance


@pytest.fixture(scope="session")
def aiosmtpd_instance(certificate: Certificate
                      ) -> Iterator[aiosmtpd_server.Aiosmtpd]:
    if reason := aiosmtpd_server.missing():
        pytest.skip(reason)
    server = aiosmtpd_server.Aiosmtpd(certificate, dovecot_server.USERS)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def aiosmtpd(aiosmtpd_instance: aiosmtpd_server.Aiosmtpd
             ) -> aiosmtpd_server.Aiosmtpd:
    """An aiosmtpd whose mailboxes are empty."""
    aiosmtpd_instance.empty()
    return aiosmtpd_instance


@pytest.fixture(scope="session")
def submission_instance(pneu: Pneu, certificate: Certificate,
                        tmp_path_factory: pytest.TempPathFactory
                        ) -> Iterator[dovecot_server.Relayed]:
    if reason := dovecot_server.submission_missing():
        pytest.skip(reason)
    relay = Sink(pneu.program, tmp_path_factory.mktemp("relay"), "--verbose",
                 "--refuse", dovecot_server.REFUSED,
                 "--defer", dovecot_server.DEFERRED).start()
    server = dovecot_server.Relayed(certificate, relay)
    server.start()
    yield server
    server.stop()
    relay.stop()


@pytest.fixture
def submission(submission_instance: dovecot_server.Relayed
               ) -> dovecot_server.Relayed:
    """A Dovecot's submission server that relays to an empty sink."""
    submission_instance.empty()
    return submission_instance


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for the name of a Unix socket."""
    folder = short_folder("test")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sink(pneu: Pneu, tmp_path: Path) -> Iterator[Callable[..., Sink]]:
    """Starts sinks: sink("--lmtp", tls="starttls"); they end with the
    test."""
    started: list[Sink] = []

    def start(*options: str | Path | int, **more: Any) -> Sink:
        folder = tmp_path / f"sink{len(started)}"
        folder.mkdir()
        server = Sink(pneu.program, folder, *options, **more)
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.stop()
    for server in started:
        assert server.status == 0, server.log.read_text(errors="replace")


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    """Starts scripted servers: scripted(Talk(…)); they end with the test."""
    started: list[Scripted] = []

    def start(script: Script, host: str = "127.0.0.1",
              port: int = 0) -> Scripted:
        server = Scripted(script, host, port)
        started.append(server)
        return server.__enter__()

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def password_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a password into a file that only its owner can read."""
    def write(password: str) -> Path:
        path = tmp_path / "password"
        path.write_text(password + "\n", "utf-8")
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def two_addresses(tmp_path: Path) -> list[str]:
    """The beginning of a command that sees TWO_ADDRESSES as ::1 and
    127.0.0.1, by a table of hosts of its own."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"::1 {TWO_ADDRESSES}\n127.0.0.1 {TWO_ADDRESSES}\n")
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    prefix = ["unshare", *user, "--mount", "sh", "-c",
              f"mount --bind '{hosts}' /etc/hosts && exec \"$@\"", "sh"]
    seen = subprocess.run([*prefix, "getent", "ahosts", TWO_ADDRESSES],
                          capture_output=True, timeout=10)
    if seen.returncode != 0 or b"::1" not in seen.stdout:
        pytest.skip("a table of hosts of its own is not to be had here: "
                    + seen.stderr.decode().strip())
    return prefix
