"""smtplib, LMTP."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from contract import (ME, MESSAGE, SECONDS, Connect, Serve, audited,
                      only_pneu, smtplib)
from contract_cases import every_way
from scripted import CLOSE, SILENCE

pytest_plugins = ["contract_fixtures"]

SENDER, B, C, D = "a@x.example", "b@x.example", "c@x.example", "d@x.example"


def test_lhlo(serve: Serve, connect: Connect) -> None:
    # smtplib N152
    server = serve(lmtp=True)
    assert connect(server).ehlo()[0] == 250
    assert server.last.commands == [f"lhlo {ME}"]


def test_falls_back_to_helo(serve_both: Serve, connect: Connect) -> None:
    # smtplib N152
    server = serve_both(lmtp=True, answers={"LHLO": "500 what?"})
    assert connect(server).sendmail(SENDER, B, MESSAGE) == {}
    assert server.last.verbs == ["LHLO", "HELO", "MAIL", "RCPT", "DATA"]


def asked(client: Any, monkeypatch: Any) -> list[Any]:
    calls: list[Any] = []

    def get_socket(host: str, port: int, timeout: float) -> None:
        calls.append((host, port))
        raise OSError("enough")

    monkeypatch.setattr(type(client), "_get_socket",
                        lambda self, *rest: get_socket(*rest))
    return calls


def test_ports(monkeypatch) -> None:
    # smtplib N152: 2003 in the constructor, 25 in connect
    calls = asked(smtplib.LMTP(), monkeypatch)
    assert smtplib.LMTP.default_port == 25
    for call in [lambda: smtplib.LMTP("mail.example"),
                 lambda: smtplib.LMTP("mail.example:24"),
                 lambda: smtplib.LMTP().connect("mail.example"),
                 lambda: smtplib.LMTP().connect("mail.example:24")]:
        with pytest.raises(OSError, match="enough"):
            call()
    assert calls == [("mail.example", 2003), ("mail.example:24", 2003),
                     ("mail.example", 25), ("mail.example", 24)]


def test_unix_socket(serve_both: Serve, socket_path: Path) -> None:
    # smtplib N153
    server = serve_both(lmtp=True, path=socket_path)
    client = smtplib.LMTP(local_hostname=ME, timeout=SECONDS)
    assert client.connect(str(socket_path)) == (220, b"mail.example ESMTP "
                                                b"ready")
    assert client.sock.family == socket.AF_UNIX
    assert client.sendmail(SENDER, B, MESSAGE) == {}
    client.quit()
    assert len(server.envelopes) == 1
    with smtplib.LMTP(str(socket_path)) as client:
        assert client.noop()[0] == 250


@pytest.mark.parametrize("greeting", ["554 no", "421 busy"])
def test_unix_socket_with_a_bad_greeting(greeting: str, serve: Serve,
                                         socket_path: Path) -> None:
    # smtplib N153, C19
    server = serve(lmtp=True, path=socket_path,
                   answers={"GREETING": greeting})
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.LMTP(str(socket_path))
    assert server.last.ended()


def test_no_such_unix_socket(tmp_path: Path) -> None:
    # smtplib N154
    client = smtplib.LMTP(local_hostname=ME)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            client.connect(str(tmp_path / "none"))
        assert client.sock is None
    with pytest.raises(FileNotFoundError):
        smtplib.LMTP(str(tmp_path / "none"))
    plain = tmp_path / "plain"
    plain.touch()
    with pytest.raises(ConnectionRefusedError):
        client.connect(str(plain))
    assert client.sock is None


def test_timeout_on_unix_sockets(serve: Serve, socket_path: Path) -> None:
    # smtplib N155
    server = serve(lmtp=True, path=socket_path,
                   answers={"NOOP": SILENCE})
    for timeout in [0.1, None]:
        client = smtplib.LMTP(str(socket_path), timeout=timeout)
        assert client.sock.gettimeout() == timeout
        if timeout:
            with pytest.raises(smtplib.SMTPServerDisconnected,
                               match="timed out"):
                client.noop()
        client.close()
    assert len(server.connections) == 2


def test_no_audit_event_on_unix_sockets(serve: Serve,
                                        socket_path: Path) -> None:
    # smtplib N155
    serve(lmtp=True, path=socket_path)
    with audited() as events:
        client = smtplib.LMTP(str(socket_path), local_hostname=ME)
        client.noop()
    client.close()
    assert [name for name, _ in events] == ["smtplib.send"]


def test_one_recipient(serve_both: Serve, connect: Connect) -> None:
    # smtplib N156, N157
    server = serve_both(["SIZE"], lmtp=True)
    client = connect(server)
    assert client.sendmail(SENDER, B, MESSAGE) == {}
    assert client.sendmail(SENDER, B, MESSAGE) == {}
    assert len(server.envelopes) == 2
    server.answers["."] = "550 full"
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail(SENDER, B, MESSAGE)
    assert caught.value.args == (550, b"full")
    assert client.noop()[0] == 250


def test_login_and_the_rest(serve: Serve, connect: Connect) -> None:
    # smtplib N157
    server = serve(["AUTH PLAIN"], lmtp=True)
    with connect(server) as client:
        client.login("ann", "secret")
        client.vrfy("b")
        client.rset()
    assert server.last.ended()
    assert server.last.verbs == ["LHLO", "AUTH", "VRFY", "RSET", "QUIT"]


# From here on: a reply for each recipient (RFC 2033 4.2), where smtplib reads
# one.

RESULTS = [
    ("all", {}, {}, "", ["accepted"] * 3),
    ("one full", {f". {C}": "552 5.2.2 full"}, {C: (552, b"5.2.2 full")}, "",
     ["accepted", "refused for good", "accepted"]),
    ("first full", {f". {B}": "452 later"}, {B: (452, b"later")}, "",
     ["refused for now", "accepted", "accepted"]),
    ("one refused before", {f"RCPT TO:<{B}>": "550 who",
                            f". {D}": "552 full"},
     {B: (550, b"who"), D: (552, b"full")}, "",
     ["refused for good", "accepted", "refused for good"]),
    ("all full", {".": "552 full"}, None, "SMTPDataError",
     ["refused for good"] * 3),
    ("all refused", {"RCPT": "550 who"}, None, "SMTPRecipientsRefused",
     ["refused for good"] * 3),
    ("lost at the second", {f". {C}": CLOSE}, "partly", "",
     ["accepted", "in doubt", "in doubt"]),
    ("lost at the first", {".": CLOSE}, None, "SMTPServerDisconnected",
     ["in doubt"] * 3),
    ("no answer that there is", {f". {B}": "199 what"}, None, "?",
     ["in doubt"] * 3),
    ("no answer, after a good one", {f". {C}": "600 what"}, "partly", "",
     ["accepted", "in doubt", "in doubt"]),
    ("refused, then lost", {f". {B}": "552 full", f". {C}": CLOSE}, None,
     "?", ["refused for good", "in doubt", "in doubt"]),
]


@only_pneu
@pytest.mark.parametrize("answers, result, error, outcomes",
                         [each[1:] for each in RESULTS],
                         ids=[each[0] for each in RESULTS])
def test_a_reply_for_each_recipient(answers: dict[str, Any], result: Any,
                                    error: str, outcomes: list[str],
                                    serve: Serve) -> None:
    # smtplib N156 (RFC 2033 4.2)
    first = every_way(
        serve, lambda: {"answers": dict(answers), "lmtp": True},
        lambda client: client.sendmail(SENDER, [B, C, D], MESSAGE))[0]
    assert [each[1] for each in first.outcomes] == outcomes
    if result == "partly":
        assert {name: code for name, (code, _) in first.result.items()} == {
            C: -1, D: -1}
        assert first.result[C][1] != b""
    else:
        assert first.result == result
    if error != "?":
        assert first.error == error


@only_pneu
def test_data_returns_the_first_that_is_no_success(serve_both: Serve,
                                                   connect: Connect) -> None:
    # smtplib N156: data() itself
    server = serve_both(lmtp=True, answers={f". {C}": "452 later",
                                            f". {B}": "250 first"})
    client = connect(server)
    for _ in range(2):
        client.ehlo_or_helo_if_needed()
        client.mail(SENDER)
        for each in [B, C, D]:
            client.rcpt(each)
        assert client.data(MESSAGE) == (452, b"later")
        assert client.noop() == (250, b"2.0.0 fine")
        server.answers[f". {C}"] = "452 later"
    client.mail(SENDER)
    client.rcpt(B)
    assert client.data(MESSAGE) == (250, b"first")
    assert client.noop() == (250, b"2.0.0 fine")


@only_pneu
def test_replies_of_one_message_stay_apart(serve_both: Serve,
                                           connect: Connect) -> None:
    # smtplib N156: the next command has its own reply
    server = serve_both(lmtp=True)
    client = connect(server)
    for _ in range(3):
        assert client.sendmail(SENDER, [B, C, D], MESSAGE) == {}
        assert client.noop() == (250, b"2.0.0 fine")
    assert len(server.envelopes) == 3
