"""Each public function of the blocking client does what client.h says."""

from __future__ import annotations

import base64
import re
import socket
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD, REPOSITORY
from runner import Calls, named, statuses
from servers.scripted import Peer, Scripted, Talk, verbs
from servers.sink import Sink

HERE = Path(__file__).resolve().parent
ANN = "ann@example.com"
BOB = "bob@example.com"
SHORT = "Subject: x\n\nx\n"
SEND = ["sendmail", ANN, "", "", SHORT, BOB]

IMPLICIT = 4  # pneu_tls_mode

Start = Callable[..., Scripted]
StartSink = Callable[..., Sink]


# Nothing is left out


def test_program_calls_each_function() -> None:
    header = (REPOSITORY / "include/pneu/client.h").read_text()
    functions = set(re.findall(r"\b(pneu_client_\w+)\(client|"
                               r"\b(pneu_client_\w+)\(\s*(?:const )?pneu_",
                               header))
    names = {name for pair in functions for name in pair if name}
    assert len(names) > 40
    text = "".join(file.read_text() for file in
                   (HERE / "programs").glob("calls*.c"))
    # PLAIN_CALL(noop) and the like make the name.
    made = {f"pneu_client_{name}" for name in
            re.findall(r"(?m)^(?:PLAIN|TEXT)_CALL\((\w+)\)", text)}
    called = set(re.findall(r"\bpneu_client_\w+(?=\()", text)) | made
    assert names - called == set()


def test_tests_make_each_call_and_give_each_option() -> None:
    programs = "".join(file.read_text() for file in
                       (HERE / "programs").glob("calls_*.c"))
    tests = "".join(file.read_text() for file in HERE.glob("*.py"))
    calls = set(re.findall(r'\{"(\w+)", \w+\}', programs))
    options = set(re.findall(r'\{"(\w+)", (?:TEXT|FLAG|PORT|TIME_MS|CHOICE)',
                             programs))
    assert len(calls) > 30 and len(options) > 30
    assert {name for name in calls if f'"{name}"' not in tests} == set()
    assert {name for name in options if f"{name}=" not in tests
            and f'"{name}"' not in tests} == set()


# Names, ports, addresses


def test_host_and_port_in_one(calls: Calls, sink: StartSink) -> None:
    server = sink()
    for host in ("127.0.0.1", "localhost"):
        rows = calls.run([["connect"], ["quit"]],
                         host=f"{host}:{server.port}")
        assert statuses(rows) == ["OK", "OK"], calls.err


def test_address_of_the_second_family_and_port_in_one(
        calls: Calls, sink: StartSink) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server = sink("--listen", "::1")
    rows = calls.run([["connect"], ["quit"]], host=f"[::1]:{server.port}")
    assert statuses(rows) == ["OK", "OK"], calls.err


@pytest.mark.parametrize("port,options", [
    (25, {}), (465, {"tls": IMPLICIT}), (24, {"lmtp": 1})])
def test_usual_ports(calls: Calls, port: int, options: dict[str, int]
                     ) -> None:
    rows = calls.run([["connect"], ["error"]], host="127.77.0.1",
                     timeout_ms=2000, **options)
    assert rows[0].status == "CONNECT"
    assert f"port {port}" in rows[1].text


def test_name_that_is_not_ascii_is_looked_up_by_its_a_label(
        calls: Calls) -> None:
    row, = calls.run([["lookup_name"]], host="bücher.example")
    assert row.text == "xn--bcher-kva.example"


def greet_by_address(peer: Peer) -> None:
    Talk(greeting="220 {} {}".format(*peer.address))(peer)


def test_source_address_and_port(calls: Calls, scripted: Start) -> None:
    server = scripted(greet_by_address)
    with socket.create_server(("127.0.0.3", 0)) as probe:
        port = probe.getsockname()[1]
    rows = calls.run([["connect"], ["quit"]], host=server.host,
                     port=server.port, source="127.0.0.3", source_port=port)
    assert rows[0].text == f"127.0.0.3 {port}"


def test_local_name(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    calls.run([["connect"], ["ehlo"], ["helo"]], host=server.host,
              port=server.port, local_name="client.example")
    assert server.lines()[:2] == ["EHLO client.example",
                                  "HELO client.example"]


# Connection and introduction


def test_connecting_anew_says_no_quit(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    rows = calls.run([["connect"], ["ehlo"], ["connect"], ["connected"]],
                     host=server.host, port=server.port)
    assert statuses(rows) == ["OK", "OK", "OK", ""]
    assert rows[3].code == 1
    assert server.connections == 2
    assert verbs(server) == ["EHLO"]


def test_what_ehlo_said(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["SIZE 1000", "AUTH PLAIN", "AUTH=PLAIN LOGIN",
                            "X-Odd a b", "DSN"]))
    rows = calls.run(
        [["connect"], ["is_extended"], ["hello_reply"], ["ehlo"],
         ["is_extended"], ["hello_reply"], ["has", "auth"], ["extensions"],
         ["helo"], ["is_extended"], ["hello_reply"], ["extensions"]],
        host=server.host, port=server.port)
    assert [row.code for row in named(rows, "is_extended")] == [0, 1, 0]
    hello = named(rows, "hello_reply")
    assert [row.code for row in hello] == [0, 250, 250]
    assert hello[0].status == "none"
    assert "X-Odd a b" in hello[1].text and "DSN" not in hello[2].text
    assert named(rows, "has")[0].text == "PLAIN LOGIN"
    assert {row.status: row.text for row in named(rows, "extension")} == {
        "SIZE": "1000", "AUTH": "PLAIN LOGIN", "X-Odd": "a b", "DSN": ""}
    assert [(row.status, row.code) for row in named(rows, "extensions")] == [
        ("end", 4), ("end", 0)]


def test_starttls_forgets_what_ehlo_said(calls: Calls, sink: StartSink
                                         ) -> None:
    server = sink(tls="starttls")
    rows = calls.run(
        [["connect"], ["ehlo"], ["starttls"], ["hello_reply"],
         ["extensions"], ["ehlo"], ["hello_reply"], ["quit"]],
        host="localhost", port=server.port, ca_file=server.ca_file)
    assert [row.status for row in named(rows, "hello_reply")] == [
        "none", "reply"]
    assert named(rows, "extensions")[0].code == 0


# Showing


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_debug_level(calls: Calls, sink: StartSink, level: str) -> None:
    server = sink("--allow-cleartext-auth", users={ANN: PASSWORD})
    rows = calls.run([["debug_level", level], SEND, ["quit"]],
                     host=server.host, port=server.port, user=ANN,
                     password=PASSWORD, mechanism="PLAIN", no_log=1)
    assert statuses(rows) == ["OK"] * 3
    time = r"(?m)^\d\d:\d\d:\d\d\.\d+ " if level == "2" else "(?m)^"
    for line in (r"send: 'EHLO .*\\r\\n'$", r"send: 'QUIT\\r\\n'$",
                 r"reply: b?'250[ -].*\\r\\n'$",
                 r"reply: retcode \(221\); Msg: "):
        assert bool(re.search(time + line, calls.err)) == (level != "0"), line
    secret = base64.b64encode(f"\0{ANN}\0{PASSWORD}".encode()).decode()
    assert secret not in calls.err and PASSWORD not in calls.err
    if level == "0":
        assert calls.err == ""


def test_progress(calls: Calls, sink: StartSink) -> None:
    server = sink()
    message = "Subject: x\n\n" + ".dot\n" * 10_000
    path = server.folder / "message"
    path.write_text(message)
    rows = calls.run([["sendmail", ANN, "", "", f"@{path}", BOB]],
                     host=server.host, port=server.port, progress=1)
    assert rows[0].status == "OK"
    steps = [tuple(map(int, line.split()[1:])) for line in
             calls.err.splitlines() if line.startswith("progress")]
    total = len(message.replace("\n", "\r\n"))
    assert {each[1] for each in steps} == {total}
    assert steps == sorted(steps) and steps[-1][0] == total
