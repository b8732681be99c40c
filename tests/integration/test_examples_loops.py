"""The examples that drive the client from an event loop, by poll() and by
libuv: a server that is well, and all that may be wrong before and after a
connection."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from conftest import TWO_ADDRESSES
from servers.certificates import Authority
from servers.ports import free_port
from servers.postfix import Postfix
from servers.scripted import SILENCE, Scripted, Talk, verbs
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
LETTER = b"Subject: From a loop\n\nNobody waited.\n"

StartSink = Callable[..., Sink]
Start = Callable[..., Scripted]
Done = subprocess.CompletedProcess[str]


@pytest.fixture(params=["loop-poll", "loop-uv"])
def loop(request: pytest.FixtureRequest, build: Path) -> Path:
    program = build / "examples" / request.param
    if request.param == "loop-uv" and not program.exists():
        pytest.skip("built without libuv")
    return program


def run(program: Path, host: str, port: int | None, *more: str | Path | int,
        prefix: list[str] | None = None) -> Done:
    return subprocess.run(
        [*(prefix or []), program, host, str(port), ANN, BOB,
         *map(str, more)], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=30)


def check_sent(done: Done) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{BOB}: accepted")


def check_failed(done: Done, *words: str) -> None:
    """It ended in words, by itself, and nobody was told of a success."""
    assert done.returncode == 1, done
    assert "accepted" not in done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


def test_address(loop: Path, sink: StartSink) -> None:
    server = sink()
    check_sent(run(loop, "127.0.0.1", server.port))
    assert server.letter().content == LETTER


def test_name(loop: Path, sink: StartSink) -> None:
    server = sink()
    check_sent(run(loop, "localhost", server.port))
    assert server.letter().content == LETTER


def test_postfix(loop: Path, postfix: Postfix, authority: Authority) -> None:
    check_sent(run(loop, "localhost", postfix.port, authority.file))
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == LETTER


def test_quit_is_said(loop: Path, scripted: Start) -> None:
    server = scripted(Talk())
    check_sent(run(loop, server.host, server.port))
    assert verbs(server)[-1] == "QUIT"


def test_starttls(loop: Path, sink: StartSink) -> None:
    server = sink("--require-tls", tls="starttls")
    check_sent(run(loop, "localhost", server.port, server.ca_file))
    assert server.letter().content == LETTER


def test_starttls_untrusted(loop: Path, sink: StartSink, authority: Authority
                            ) -> None:
    server = sink(tls="starttls")
    check_failed(run(loop, "localhost", server.port, authority.file),
                 "certificate")
    assert server.letters() == []


def test_starttls_not_offered(loop: Path, scripted: Start,
                              authority: Authority) -> None:
    server = scripted(Talk())
    check_failed(run(loop, server.host, server.port, authority.file),
                 "STARTTLS")
    assert "MAIL" not in verbs(server)


def test_second_address(loop: Path, sink: StartSink,
                        two_addresses: list[str]) -> None:
    """Of ::1 and 127.0.0.1 only the second answers."""
    server = sink()
    check_sent(run(loop, TWO_ADDRESSES, server.port, prefix=two_addresses))


def test_the_address_that_answers_is_no_good(
        loop: Path, sink: StartSink, two_addresses: list[str],
        authority: Authority) -> None:
    """That the other one refuses the connection says less."""
    server = sink(tls="starttls")
    check_failed(run(loop, TWO_ADDRESSES, server.port, authority.file,
                     prefix=two_addresses), "certificate")
    assert server.letters() == []


def test_address_that_does_not_answer(loop: Path, sink: StartSink,
                                      two_addresses: list[str]) -> None:
    """RFC 8305 5: the next address is tried a quarter of a second later.
    What stands for ::1 takes no connection, its queue being full."""
    server = sink()
    with socket.create_server(("::1", server.port), family=socket.AF_INET6,
                              backlog=0) as full:
        waiting = [socket.socket(socket.AF_INET6) for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(full.getsockname())
        begin = time.monotonic()
        check_sent(run(loop, TWO_ADDRESSES, server.port,
                       prefix=two_addresses))
        assert 0.25 <= time.monotonic() - begin < 3
        for line in waiting:
            line.close()
    assert server.letter().content == LETTER


def test_renewed_connection(loop: Path, sink: StartSink) -> None:
    """BDAT is not understood: another connection, and the addresses that it
    needs."""
    server = sink("--refuse-bdat=502 5.5.1 not known")
    check_sent(run(loop, "localhost", server.port))
    assert server.letter().content == LETTER


def test_dead_port(loop: Path) -> None:
    check_failed(run(loop, "127.0.0.1", free_port()), "Connection refused")


def test_unknown_host(loop: Path) -> None:
    check_failed(run(loop, "no-such-host.invalid", 25),
                 "no-such-host.invalid")


def test_silent_server(loop: Path, scripted: Start, authority: Authority
                       ) -> None:
    server = scripted(Talk(greeting=SILENCE))
    begin = time.monotonic()
    check_failed(run(loop, server.host, server.port, authority.file, 1),
                 "too long to greet")
    assert 0.9 < time.monotonic() - begin < 10


def test_silent_at_the_end(loop: Path, scripted: Start, authority: Authority,
                           certificate: object) -> None:
    """Nobody knows what became of the message, and that is said."""
    server = scripted(Talk(["STARTTLS"], answers={".": SILENCE},
                           certificate=certificate))
    done = run(loop, "localhost", server.port, authority.file, 1)
    check_failed(done)
    assert done.stdout.startswith(f"{BOB}: in doubt")


def test_refused(loop: Path, scripted: Start) -> None:
    server = scripted(Talk(answers={"RCPT": "550 5.1.1 nobody"}))
    done = run(loop, server.host, server.port)
    check_failed(done, "nobody")
    assert done.stdout.startswith(f"{BOB}: refused for good")


def test_closed_line(loop: Path, scripted: Start) -> None:
    server = scripted(Talk(answers={"EHLO": "close"}))
    check_failed(run(loop, server.host, server.port))
