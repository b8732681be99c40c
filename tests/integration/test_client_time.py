"""The time that the blocking client takes: each phase's, the whole's, and until
a program cancels."""

from __future__ import annotations

import socket
import time
from typing import Callable

import pytest

from runner import Calls, statuses
from servers.scripted import SILENCE, Peer, Scripted, Talk, verbs
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
SHORT = "Subject: x\n\nx\n"
BEGIN = [["connect"], ["ehlo"]]
TO_DATA = [*BEGIN, ["mail", ANN], ["rcpt", BOB]]

Start = Callable[..., Scripted]


@pytest.mark.parametrize("phase,verb,call", [
    ("hello_ms", "EHLO", ["ehlo"]), ("mail_ms", "MAIL", ["mail", ANN]),
    ("rcpt_ms", "RCPT", ["rcpt", BOB]), ("data_ms", "DATA", ["data", SHORT]),
    ("end_ms", ".", ["data", SHORT]), ("other_ms", "NOOP", ["noop"]),
    ("other_ms", "RSET", ["rset"])])
def test_time_of_a_phase(calls: Calls, scripted: Start, phase: str,
                         verb: str, call: list[str]) -> None:
    server = scripted(Talk(answers={verb: SILENCE}))
    before = [each for each in TO_DATA if each != call]
    if phase == "hello_ms":
        before = [["connect"]]
    elif phase in ("mail_ms", "rcpt"):
        before = TO_DATA[:TO_DATA.index(call)]
    begin = time.monotonic()
    rows = calls.run([*before, call, ["connected"]], host=server.host,
                     port=server.port, **{phase: 300})
    assert 0.3 <= time.monotonic() - begin < 3
    assert rows[-2].status == ("IN_DOUBT" if phase == "end_ms" else "TIMEOUT")
    assert set(statuses(rows[:-2])) == {"OK"}
    assert rows[-1].code == 0


@pytest.mark.parametrize("option", ["greeting_ms", "timeout_ms"])
def test_time_of_the_greeting(calls: Calls, scripted: Start,
                              option: str) -> None:
    server = scripted(Talk(greeting=SILENCE))
    begin = time.monotonic()
    row, = calls.run([["connect"]], host=server.host, port=server.port,
                     **{option: 300})
    assert row.status == "TIMEOUT"
    assert time.monotonic() - begin < 3


def test_time_of_connecting(calls: Calls) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        where = listener.getsockname()
        lines = [socket.socket() for _ in range(3)]
        for line in lines:
            line.setblocking(False)
            line.connect_ex(where)
        begin = time.monotonic()
        row, = calls.run([["connect"]], host=where[0], port=where[1],
                         connect_ms=300)
        assert row.status == "TIMEOUT"
        assert time.monotonic() - begin < 3
        for line in lines:
            line.close()


def test_time_of_a_block(calls: Calls, scripted: Start) -> None:
    """A server that takes nothing of the message."""
    def script(peer: Peer) -> None:
        for answer in ("220 ready", "250 here", "250 fine", "250 fine",
                       "354 go on"):
            peer.say(answer)
            if not answer.startswith("354"):
                peer.line()
        server.stopping.wait(10)

    server = scripted(script)
    begin = time.monotonic()
    rows = calls.run([*TO_DATA, ["big", "30000000"], ["connected"]],
                     host=server.host, port=server.port, block_ms=300)
    assert rows[4].status == "TIMEOUT" and rows[5].code == 0
    assert time.monotonic() - begin < 5


def test_deadline(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(answers={"NOOP": SILENCE}))
    begin = time.monotonic()
    rows = calls.run([["deadline", "60000"], *BEGIN, ["deadline", "300"],
                      ["noop"], ["connected"], ["deadline", "0"],
                      ["connect"]], host=server.host, port=server.port)
    assert rows[4].status == "DEADLINE" and rows[5].code == 0
    assert rows[7].status == "OK"
    assert time.monotonic() - begin < 3


def test_deadline_as_an_option(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(greeting=SILENCE))
    row, = calls.run([["connect"]], host=server.host, port=server.port,
                     deadline_ms=300)
    assert row.status == "DEADLINE"


# Cancelling


def test_cancelling_before_a_call_ends_the_next_one_only(
        calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    rows = calls.run([["cancel"], ["connect"], ["connect"], ["ehlo"],
                      ["cancel"], ["noop"], ["connected"]],
                     host=server.host, port=server.port)
    assert statuses(rows) == ["OK", "CANCELLED", "OK", "OK", "OK",
                              "CANCELLED", ""]
    assert "NOOP" not in verbs(server)


@pytest.mark.parametrize("how", ["cancel_by_signal", "cancel_by_thread"])
def test_cancelling_a_call_under_way(calls: Calls, scripted: Start,
                                     how: str) -> None:
    server = scripted(Talk(answers={"NOOP": SILENCE}))
    begin = time.monotonic()
    rows = calls.run([*BEGIN, [how, "200"], ["noop"]], host=server.host,
                     port=server.port)
    assert rows[3].status == "CANCELLED", calls.err
    assert time.monotonic() - begin < 4


def test_cancelling_in_the_midst_of_a_message(
        calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink()
    path = server.folder / "large"
    path.write_bytes(b"Subject: large\n\n" + b"x" * 63 + b"\n" * 8_000_000)
    rows = calls.run([["sendmail", ANN, "", "", f"@{path}", BOB],
                      ["connected"]], host=server.host, port=server.port,
                     progress=1, cancel_at=1_000_000)
    assert rows[0].status == "CANCELLED"
    assert calls.outcomes[0][1] == "not tried"
    assert not server.letters()
