"""The blocking client of libpneu.so, called from a C program."""

from __future__ import annotations

import socket
import time
from typing import Callable

import pytest

from conftest import PASSWORD, TWO_ADDRESSES
from runner import Calls
from servers.scripted import CLOSE, HANG_UP_AT_354, RESET, Scripted, Talk
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
GONE = "gone@example.com"
LETTER = "Subject: by hand\n\n.one\nlast"
SHORT = "Subject: x\n\nx\n"

# pneu_tls_mode and pneu_protection
STARTTLS, IMPLICIT = 3, 4
UNPROTECTED, LOCAL, VERIFIED = 0, 1, 3

# A call, and the status and code that it should return.
EACH_CALL: list[tuple[list[str], str, int]] = [
    (["connect"], "OK", 220),
    (["ehlo"], "OK", 250),
    (["protection"], "", LOCAL),
    (["starttls"], "OK", 220),
    (["protection"], "", VERIFIED),
    (["has", "size"], "size", 0),
    (["ehlo"], "OK", 250),
    (["has", "size"], "size", 1),
    (["has", "X-NOTHING"], "X-NOTHING", 0),
    (["login", ANN, PASSWORD], "OK", 235),
    (["mail", ANN], "OK", 250),
    (["rcpt", BOB], "OK", 250),
    (["rcpt", GONE], "REFUSED", 550),
    (["data", LETTER], "OK", 250),
    (["mail", CYD], "OK", 250),
    (["rset"], "OK", 250),
    (["noop"], "OK", 250),
    (["verify", BOB], "OK", 250),
    (["verify", "nobody"], "REFUSED", 550),
    (["command", "HELP"], "OK", 214),
    (["command", "XYZZY now"], "REFUSED", 500),
    (["connected"], "", 1),
    (["quit"], "OK", 221),
    (["connected"], "", 0),
    (["signals"], "untouched", 0),
]


def test_each_call(calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink("--mailbox", f"Bob Builder <{BOB}>", "--refuse", GONE,
                  tls="starttls", users={ANN: PASSWORD})
    rows = calls.run([call for call, _, _ in EACH_CALL], host="localhost",
                     port=server.port, tls=STARTTLS, ca_file=server.ca_file)
    assert [(row.name, row.status, row.code) for row in rows] == [
        (call[0], status, code) for call, status, code in EACH_CALL]
    assert any("Bob Builder" in row.text for row in rows
               if row.name == "verify")
    letter = server.letter()
    assert letter.content == LETTER.encode() + b"\n"
    assert letter.fields("X-Pneu-Recipient") == [f"<{BOB}>"]
    assert PASSWORD not in calls.err


def test_sendmail_opens_by_itself(calls: Calls, sink: Callable[..., Sink]
                                  ) -> None:
    server = sink("--require-auth", "--refuse", GONE, tls="implicit",
                  users={ANN: PASSWORD})
    rows = calls.run(
        [["sendmail", ANN, "", "", LETTER, BOB, GONE, CYD],
         ["sendmail", ANN, "", "", LETTER, CYD], ["protection"], ["quit"]],
        host="127.0.0.1", port=server.port, tls=IMPLICIT,
        ca_file=server.ca_file, user=ANN, password=PASSWORD)
    assert [(row.status, row.code) for row in rows] == [
        ("REFUSED", 0), ("OK", 0), ("", VERIFIED), ("OK", 221)]
    assert [words[:4] for words in calls.outcomes] == [
        [BOB, "accepted", "end of message", "250"],
        [GONE, "refused for good", "RCPT", "550"],
        [CYD, "accepted", "end of message", "250"],
        [CYD, "accepted", "end of message", "250"]]
    assert calls.err.count("> EHLO") == 1
    assert len(server.letters()) == 2


def test_helo(calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink("--no-ehlo")
    rows = calls.run([["connect"], ["ehlo"], ["helo"], ["has", "SIZE"],
                      ["mail", ANN], ["rcpt", BOB], ["data", SHORT]],
                     host=server.host, port=server.port)
    assert [row.status for row in rows] == [
        "OK", "REFUSED", "OK", "SIZE", "OK", "OK", "OK"]
    assert len(server.letters()) == 1


def test_misuse_and_bad_arguments_spoil_nothing(
        calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink()
    rows = calls.run(
        [["connect"], ["ehlo"], ["mail", "bad address@"], ["mail", ANN],
         ["rcpt", f"{BOB}\nRSET"], ["command", "NOOP\nQUIT"],
         ["rcpt", BOB], ["data", SHORT], ["quit"]],
        host=server.host, port=server.port)
    assert rows.pop(4).status in ("LINE_BREAK", "BAD_ADDRESS")
    assert [row.status for row in rows] == [
        "OK", "OK", "BAD_ADDRESS", "OK", "LINE_BREAK", "OK", "OK", "OK"]
    assert len(server.letters()) == 1


def test_login_with_a_wrong_password_leaves_the_line_open(
        calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink("--allow-cleartext-auth", users={ANN: PASSWORD})
    rows = calls.run(
        [["connect"], ["ehlo"], ["login", ANN, "wrong"], ["error"],
         ["login", ANN, PASSWORD], ["quit"]],
        host=server.host, port=server.port)
    assert [row.status for row in rows[:1] + rows[4:]] == ["OK"] * 3
    assert rows[2].status in ("REFUSED", "AUTH_FAILED")
    assert "wrong" not in rows[3].text and PASSWORD not in rows[3].text


def test_password_without_a_user_is_refused(calls: Calls) -> None:
    row, = calls.run([], host="localhost", password="x")
    assert (row.name, row.status) == ("new", "INVALID")


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_lost_line_raises_no_signal(calls: Calls, end: str,
                                    scripted: Callable[..., Scripted]
                                    ) -> None:
    server = scripted(Talk(answers={"NOOP": end}))
    rows = calls.run([["connect"], ["ehlo"], ["noop"], ["error"],
                      ["connected"], ["quit"], ["signals"]],
                     host=server.host, port=server.port)
    assert rows[2].status == "LOST"
    assert str(server.port) in rows[3].text
    assert rows[4].code == 0
    assert (rows[-1].status, rows[-1].code) == ("untouched", 0)


def test_writing_to_a_dead_line_raises_no_signal(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={"DATA": HANG_UP_AT_354}))
    rows = calls.run([["connect"], ["ehlo"], ["mail", ANN], ["rcpt", BOB],
                      ["big", "20000000"], ["connected"], ["signals"]],
                     host=server.host, port=server.port)
    assert rows[4].status == "LOST"
    assert rows[5].code == 0
    assert (rows[6].status, rows[6].code) == ("untouched", 0)


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_no_answer_to_the_end_of_data_is_in_doubt(
        calls: Calls, end: str, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={".": end}))
    rows = calls.run([["connect"], ["ehlo"], ["mail", ANN], ["rcpt", BOB],
                      ["data", SHORT], ["connected"]],
                     host=server.host, port=server.port)
    assert rows[4].status == "IN_DOUBT"
    assert rows[5].code == 0


def test_next_call_connects_anew(calls: Calls,
                                 scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={"NOOP": CLOSE}))
    rows = calls.run([["connect"], ["ehlo"], ["noop"],
                      ["sendmail", ANN, "", "", SHORT, BOB]],
                     host=server.host, port=server.port)
    assert [row.status for row in rows] == ["OK", "OK", "LOST", "OK"]
    assert server.connections == 2


def test_closing_and_opening_again(calls: Calls, sink: Callable[..., Sink]
                                   ) -> None:
    server = sink()
    rows = calls.run([["open"], ["close"], ["connected"], ["open"],
                      ["sendmail", ANN, "", "", SHORT, BOB], ["quit"],
                      ["sendmail", ANN, "", "", SHORT, BOB]],
                     host=server.host, port=server.port)
    assert [row.status for row in rows] == ["OK", "OK", "", "OK", "OK", "OK",
                                            "OK"]
    assert len(server.letters()) == 2


def test_address_of_the_second_family(calls: Calls,
                                      sink: Callable[..., Sink]) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server = sink("--listen", "::1")
    rows = calls.run([["connect"], ["protection"], ["quit"]], host="::1",
                     port=server.port)
    assert [row.status for row in rows] == ["OK", "", "OK"], calls.err
    assert rows[1].code == LOCAL


def clogged(host: str, port: int) -> list[socket.socket]:
    """A port whose queue is full: connecting to it takes for ever."""
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.bind((host, port))
    listener.listen(0)
    lines = [socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
             for _ in range(3)]
    for line in lines:
        line.setblocking(False)
        line.connect_ex((host, port))
    return [listener, *lines]


@pytest.mark.parametrize("first", ["refused", "never answered"])
def test_name_whose_first_address_is_dead(
        calls: Calls, sink: Callable[..., Sink], two_addresses: list[str],
        first: str) -> None:
    server = sink()
    sockets = clogged("::1", server.port) if first != "refused" else []
    calls.prefix = two_addresses
    begin = time.monotonic()
    rows = calls.run([["connect"], ["quit"]], host=TWO_ADDRESSES,
                     port=server.port)
    assert [row.status for row in rows] == ["OK", "OK"], calls.err
    assert time.monotonic() - begin < 5
    for each in sockets:
        each.close()


def test_name_whose_first_address_hangs_up(
        calls: Calls, sink: Callable[..., Sink], two_addresses: list[str],
        scripted: Callable[..., Scripted]) -> None:
    second = sink()
    first = scripted(Talk(greeting=CLOSE), "::1", second.port)
    calls.prefix = two_addresses
    rows = calls.run([["open"], ["quit"]], host=TWO_ADDRESSES,
                     port=second.port)
    assert [row.status for row in rows] == ["OK", "OK"], calls.err
    assert first.connections == 1


def test_all_addresses_dead_names_the_host(calls: Calls) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    rows = calls.run([["connect"], ["error"]], host="localhost", port=port)
    assert rows[0].status == "CONNECT"
    assert "localhost" in rows[1].text and str(port) in rows[1].text
