"""smtplib, the constructors."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest

from contract import ME, STANDARD, Serve, smtplib
from scripted import Certificate

pytest_plugins = ["contract_fixtures"]

CLASSES = ["SMTP", "SMTP_SSL", "LMTP"]


def test_constructor_by_position(serve: Serve) -> None:
    # smtplib C17
    server = serve()
    client = smtplib.SMTP("127.0.0.1", server.port, "me.example", 7.5,
                          ("127.0.0.2", 0))
    client.ehlo()
    assert client.timeout == 7.5
    assert client.sock.gettimeout() == 7.5
    client.close()
    assert server.commands == ["EHLO me.example"]
    assert server.last.peer[0] == "127.0.0.2"


def test_constructor_by_name(serve: Serve) -> None:
    # smtplib C17
    server = serve()
    client = smtplib.SMTP(host="127.0.0.1", port=server.port,
                          local_hostname="me.example", timeout=7.5,
                          source_address=("127.0.0.2", 0))
    assert client.local_hostname == "me.example"
    client.close()
    assert server.last.peer[0] == "127.0.0.2"


@pytest.mark.parametrize("arguments", [(), ("",), ("", 25)])
def test_without_host_unconnected(arguments: tuple[Any, ...],
                                  monkeypatch) -> None:
    # smtplib C18
    def never(*_: object, **__: object) -> None:
        raise AssertionError("connects")

    monkeypatch.setattr(smtplib.SMTP, "connect", never)
    assert smtplib.SMTP(*arguments, local_hostname=ME).sock is None


def test_with_host_at_once(serve: Serve) -> None:
    # smtplib C18
    server = serve()
    with smtplib.SMTP(*server.address) as client:
        assert client.sock is not None
    assert server.commands == ["QUIT"]


@pytest.mark.parametrize("greeting, arguments", [
    ("554 no", (554, b"no")), ("221 bye", (221, b"bye")),
    ("199 hm", (199, b"hm")), ("421 busy", (421, b"busy")),
    ("hello", (-1, b"o")), ("220-two\n221 lines", (221, b"two\nlines"))])
def test_other_greetings(greeting: str, arguments: tuple[int, bytes],
                         serve: Serve) -> None:
    # smtplib C19; a reply of mixed codes is -1 in pneu (E50)
    if not STANDARD and greeting.startswith("220-"):
        arguments = (-1, arguments[1])
    server = serve(answers={"GREETING": greeting})
    with pytest.raises(smtplib.SMTPConnectError) as caught:
        smtplib.SMTP(*server.address)
    assert caught.value.args == arguments
    assert server.last.ended()
    assert server.commands == []


def test_the_socket_closes_after_a_bad_greeting(serve: Serve) -> None:
    # smtplib C19: the object's own socket, too
    made = []

    class Kept(smtplib.SMTP):
        def __init__(self, *arguments: Any) -> None:
            made.append(self)
            super().__init__(*arguments)

    with pytest.raises(smtplib.SMTPConnectError):
        Kept(*serve(answers={"GREETING": "554 no"}).address)
    assert made[0].sock is None


@pytest.mark.parametrize("name", CLASSES)
def test_refused_connections_pass_unchanged(name: str,
                                            refused_port: int) -> None:
    # smtplib C20
    with pytest.raises(ConnectionRefusedError) as caught:
        getattr(smtplib, name)("127.0.0.1", refused_port)
    assert not isinstance(caught.value, smtplib.SMTPException)


def test_unknown_hosts_pass_unchanged() -> None:
    # smtplib C20
    with pytest.raises(socket.gaierror) as caught:
        smtplib.SMTP("no such host.invalid", 25)
    assert not isinstance(caught.value, smtplib.SMTPException)


def test_local_hostname_is_not_checked_until_sent(serve: Serve) -> None:
    # smtplib C21
    client = smtplib.SMTP(*serve().address, local_hostname="two\r\nlines")
    assert client.local_hostname == "two\r\nlines"
    with pytest.raises(ValueError):
        client.ehlo()
    client.close()
    assert smtplib.SMTP(local_hostname="").local_hostname == ""


@pytest.mark.parametrize("name, address, expected", [
    ("me.example", "192.0.2.7", "me.example"),
    ("me", "192.0.2.7", "[192.0.2.7]"),
    ("me", None, "[127.0.0.1]")])
def test_own_name(name: str, address: str | None, expected: str,
                  monkeypatch) -> None:
    # smtplib C22
    def by_name(_: str) -> str:
        if address is None:
            raise socket.gaierror("no")
        return address

    monkeypatch.setattr(smtplib.socket, "getfqdn", lambda: name)
    monkeypatch.setattr(smtplib.socket, "gethostbyname", by_name)
    assert smtplib.SMTP().local_hostname == expected


def test_own_name_is_looked_up_after_connecting(serve: Serve,
                                                monkeypatch) -> None:
    # smtplib C22
    server = serve(answers={"GREETING": "554 no"})
    asked = []
    monkeypatch.setattr(smtplib.socket, "getfqdn",
                        lambda: asked.append(1) or "me.example")
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP(*server.address)
    assert asked == []


def test_attributes() -> None:
    # smtplib C23
    client = smtplib.SMTP()
    assert client.timeout is socket._GLOBAL_DEFAULT_TIMEOUT
    assert client.source_address is None
    assert client.local_hostname
    assert client.esmtp_features == {}
    assert client.helo_resp is None
    assert client.ehlo_resp is None
    assert client.does_esmtp is False
    assert client.debuglevel == 0
    assert client.default_port == 25
    assert client.command_encoding == "ascii"
    assert client.sock is None
    assert client.file is None
    assert smtplib.SMTP.sock is None


def test_lmtp_has_another_order(serve: Serve) -> None:
    # smtplib C24
    server = serve(lmtp=True)
    client = smtplib.LMTP("127.0.0.1", server.port, "me.example",
                          ("127.0.0.2", 0), 7.5)
    client.ehlo()
    assert client.sock.gettimeout() == 7.5
    client.close()
    assert server.commands == ["LHLO me.example"]
    assert server.last.peer[0] == "127.0.0.2"


def test_smtp_ssl_has_another_order(serve: Serve,
                                    throwaway: Certificate) -> None:
    # smtplib C25
    server = serve(certificate=throwaway, implicit=True)
    context = throwaway.client()
    client = smtplib.SMTP_SSL("127.0.0.1", server.port, "me.example", None,
                              None, 7.5, ("127.0.0.2", 0), context)
    client.ehlo()
    assert client.context is context
    assert isinstance(client.sock, ssl.SSLSocket)
    assert client.sock.gettimeout() == 7.5
    client.close()
    assert server.commands == ["EHLO me.example"]
    assert server.last.peer[0] == "127.0.0.2"
