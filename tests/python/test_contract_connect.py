"""smtplib, the constructor and connect."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract import (ME, MESSAGE, SECONDS, STANDARD, Connect, Serve,
                      only_pneu, smtplib)
from scripted import CLOSE, SILENCE

pytest_plugins = ["contract_fixtures"]

CLASSES = ["SMTP", "SMTP_SSL", "LMTP"]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that takes no connection any more, and refuses none."""
    lines = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(listener.getsockname())
            lines.append(line)
        yield listener.getsockname()[1]
    for line in lines:
        line.close()


def test_a_time_out_of_connect_passes_unchanged(full_port: int) -> None:
    # smtplib C20, D36
    with pytest.raises(TimeoutError) as caught:
        smtplib.SMTP("127.0.0.1", full_port, timeout=0.2)
    assert not isinstance(caught.value, smtplib.SMTPException)


@pytest.mark.parametrize("greeting, reply", [
    ("220-mail\n220 ready", (220, b"mail\nready")), ("554 no", (554, b"no")),
    ("199 hm", (199, b"hm"))])
def test_connect_returns_the_greeting(greeting: str, reply: Any, serve: Serve,
                                      idle: Any) -> None:
    # smtplib D26
    assert idle.connect(*serve(answers={"GREETING": greeting}).address) == (
        reply)
    assert idle.noop()[0] == 250
    idle.close()


def test_connect_goes_to_localhost(idle: Any, monkeypatch) -> None:
    # smtplib D26, D31
    asked = []

    def get_socket(host: str, port: int, timeout: float) -> None:
        asked.append((host, port, timeout))
        raise OSError("enough")

    monkeypatch.setattr(idle, "_get_socket", get_socket)
    with pytest.raises(OSError, match="enough"):
        idle.connect()
    assert asked == [("localhost", 25, SECONDS)]


@pytest.mark.parametrize("host, port, called", [
    ("mail.example:2525", 0, ("mail.example", 2525)),  # D27
    ("mail.example:0", 0, ("mail.example", 25)),
    ("mail.example: 26 ", 0, ("mail.example", 26)),
    (":2525", 0, ("", 2525)),
    ("mail.example:2525", 26, ("mail.example:2525", 26)),  # D29
    ("::1", 0, ("::1", 25)),  # D30
    ("[::1]:26", 0, ("[::1]:26", 25)),
    ("mail.example", 0, ("mail.example", 25)),  # D31
    ("mail.example", "smtp", ("mail.example", "smtp"))])  # D32
def test_host_and_port(host: str, port: Any, called: Any, idle: Any,
                       monkeypatch) -> None:
    # smtplib D27, D29, D30, D31, D32
    asked = []

    def get_socket(host: str, port: int, timeout: float) -> None:
        asked.append((host, port))
        raise OSError("enough")

    monkeypatch.setattr(idle, "_get_socket", get_socket)
    with pytest.raises(OSError, match="enough"):
        idle.connect(host, port)
    assert asked == [called]


def test_suffix_as_port(serve: Serve, idle: Any) -> None:
    # smtplib D27
    server = serve()
    assert idle.connect(f"127.0.0.1:{server.port}")[0] == 220
    idle.close()
    smtplib.SMTP(f"127.0.0.1:{server.port}", local_hostname=ME).close()
    assert len(server.connections) == 2


@pytest.mark.parametrize("host", ["mail.example:", "mail.example:smtp",
                                  "mail.example:2x"])
def test_a_suffix_that_is_no_number(host: str, idle: Any) -> None:
    # smtplib D28
    with pytest.raises(OSError, match="^nonnumeric port$") as caught:
        idle.connect(host)
    assert not isinstance(caught.value, smtplib.SMTPException)
    assert idle.sock is None


def test_a_whole_string_as_name(serve: Serve, idle: Any) -> None:
    # smtplib D29
    server = serve()
    with pytest.raises(socket.gaierror):
        idle.connect(f"127.0.0.1:{server.port}", server.port)


def test_an_ipv6_literal(serve: Serve, idle: Any) -> None:
    # smtplib D30, D37
    server = serve(host="::1")
    assert idle.connect("::1", server.port)[0] == 220
    idle.close()
    with pytest.raises(socket.gaierror):
        idle.connect(f"[::1]:{server.port}")


def test_default_port_of_the_class(idle: Any, serve: Serve) -> None:
    # smtplib D31
    idle.default_port = serve().port
    assert idle.connect("127.0.0.1")[0] == 220
    idle.close()


def test_a_port_that_is_no_service(idle: Any) -> None:
    # smtplib D32
    with pytest.raises(OSError) as caught:
        idle.connect("127.0.0.1", "no-such-service")
    assert not isinstance(caught.value, smtplib.SMTPException)


def test_source_address(idle: Any, serve: Serve) -> None:
    # smtplib D33
    server = serve()
    idle.connect(*server.address, source_address=("127.0.0.3", 0))
    assert idle.source_address == ("127.0.0.3", 0)
    idle.close()
    idle.connect(*server.address)
    idle.close()
    idle.connect(*server.address, ())
    assert idle.source_address == ("127.0.0.3", 0)
    idle.close()
    assert [each.peer[0] for each in server.connections] == ["127.0.0.3"] * 3


def test_timeouts(serve: Serve, monkeypatch) -> None:
    # smtplib D34
    server = serve()
    before = socket.getdefaulttimeout()
    try:
        socket.setdefaulttimeout(9)
        found = []
        for more in [{}, {"timeout": None}, {"timeout": 3}]:
            client = smtplib.SMTP(*server.address, ME, **more)
            found.append(client.sock.gettimeout())
            client.close()
        assert found == [9, None, 3]
        socket.setdefaulttimeout(None)
        client = smtplib.SMTP(*server.address, ME)
        assert client.sock.gettimeout() is None
        client.close()
    finally:
        socket.setdefaulttimeout(before)


@pytest.mark.parametrize("zero", [0, 0.0, False])
@pytest.mark.parametrize("name", [*CLASSES, "/"])
def test_timeout_zero(name: str, zero: Any, serve: Serve,
                      monkeypatch) -> None:
    # smtplib D35: no matter whether there is anybody at the other end
    kind = smtplib.LMTP if name == "/" else getattr(smtplib, name)
    host = "/nowhere/at/all" if name == "/" else "127.0.0.1"
    opened = []
    client = kind(local_hostname=ME, timeout=zero)
    monkeypatch.setattr(socket, "socket", lambda *_: opened.append(1))
    monkeypatch.setattr(socket, "create_connection",
                        lambda *_: opened.append(1))
    with pytest.raises(ValueError, match="timeout"):
        client.connect(host, 25)
    with pytest.raises(ValueError, match="timeout"):
        kind(host, 25, timeout=zero)
    assert opened == []
    assert client.sock is None


def test_timeout_zero_does_not_hold_back_the_constructor() -> None:
    # smtplib D35
    assert smtplib.SMTP(local_hostname=ME, timeout=0).timeout == 0


def test_no_greeting_in_time(serve: Serve) -> None:
    # smtplib D36
    server = serve(answers={"GREETING": SILENCE})
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtplib.SMTP(*server.address, timeout=0.1)
    assert server.last.ended()


def test_no_reply_in_time(serve: Serve, connect: Connect) -> None:
    # smtplib D36
    server = serve(answers={"NOOP": b"250-half\r\n250"})
    client = connect(server, timeout=0.1)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.noop()
    assert client.sock is None
    assert server.last.ended()


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_no_reply_in_time_within_a_message(verb: str, serve_both: Serve,
                                           connect: Connect) -> None:
    # smtplib D36
    server = serve_both(answers={verb: SILENCE})
    client = connect(server, timeout=0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert client.sock is None
    assert server.last.ended()


def test_all_addresses_are_tried(serve: Serve, refused_port: int, idle: Any,
                                 monkeypatch) -> None:
    # smtplib D37
    server = serve()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", refused_port)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "",
         ("127.0.0.1", refused_port)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", server.address)])
    assert idle.connect("mail.example", 25)[0] == 220
    idle.close()


def test_connect_again_leaves_the_old_line(serve: Serve,
                                           idle: Any) -> None:
    # smtplib D38: kept by the program, it stays open
    server = serve()
    idle.connect(*server.address)
    first = idle.sock
    idle.connect(*server.address)
    assert idle.sock is not first
    assert first.fileno() >= 0
    first.sendall(b"NOOP\r\n")
    assert first.recv(100) == b"250 2.0.0 fine\r\n"
    first.close()
    idle.close()
    assert server.commands == ["NOOP"]


def test_what_connect_forgets(serve: Serve, idle: Any) -> None:
    # smtplib D39; pneu forgets what another server said
    server = serve(["SIZE 1000", "SMTPUTF8"])
    idle.connect(*server.address)
    idle.ehlo()
    idle.mail("a@x.example", ["SMTPUTF8"])
    first = idle.sock
    idle.connect(*server.address)
    first.close()
    found = (idle.helo_resp, bool(idle.ehlo_resp), bool(idle.esmtp_features),
             idle.does_esmtp, idle.command_encoding)
    if STANDARD:
        assert found == (None, True, True, True, "utf-8")
    else:
        assert found == (None, False, False, False, "ascii")
    idle.helo()
    idle.close()
    idle.connect(*server.address)
    assert (idle.helo_resp is None) is not STANDARD
    idle.close()


@pytest.mark.parametrize("way", ["quit", "close"])
def test_connect_again(way: str, serve_both: Serve, connect: Connect) -> None:
    # smtplib D40
    server = serve_both()
    client = connect(server)
    client.sendmail("a@x.example", "b@x.example", MESSAGE)
    getattr(client, way)()
    assert client.sock is None
    assert client.connect(*server.address)[0] == 220
    assert client.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    assert len(server.envelopes) == 2


@only_pneu
def test_the_second_connection_is_greeted(serve_both: Serve,
                                          connect: Connect) -> None:
    # smtplib D39, D40: after close, too
    server = serve_both()
    client = connect(server)
    client.sendmail("a@x.example", "b@x.example", MESSAGE)
    client.close()
    client.connect(*server.address)
    client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert server.last.plain[0] == f"EHLO {ME}"


def test_end_before_the_greeting(serve: Serve) -> None:
    # smtplib C19, E54
    server = serve(answers={"GREETING": CLOSE})
    with pytest.raises(smtplib.SMTPServerDisconnected,
                       match="^Connection unexpectedly closed$"):
        smtplib.SMTP(*server.address)
    assert server.last.ended()


def test_unix_path(serve: Serve, socket_path: Path,
                   connect: Connect) -> None:
    # smtplib D26: over a Unix socket, by LMTP alone
    server = serve(lmtp=True, path=socket_path)
    client = connect(server)
    assert client.noop() == (250, b"2.0.0 fine")
