"""smtplib, the helper functions, and what programs use under the counter."""

from __future__ import annotations

import copy
import io
import pickle
import smtplib as standard
import socket
from typing import Any

import pytest

from contract import ME, MESSAGE, SECONDS, Connect, Serve, smtplib

pytest_plugins = ["contract_fixtures"]


@pytest.mark.parametrize("given, quoted", [
    ("a@x.example", "<a@x.example>"), ("<a@x.example>", "<a@x.example>"),
    ("A B <a@x.example>", "<a@x.example>"), ("", "<>"), ("<>", "<>"),
    (" <>", " <>"), ("\"a b\"@x.example", "<\"a b\"@x.example>"),
    ("a@x.example (comment)", "<a@x.example>"), ("a", "<a>"),
    ("\\Foo", "<\\Foo>"), ("a@[192.0.2.1]", "<a@[192.0.2.1]>"),
    ("\"B, A\" <a@x.example>", "<a@x.example>"), ("<a", "<a>"),
    ("\u00e4@x.example", "<\u00e4@x.example>")])
def test_quoteaddr(given: str, quoted: str) -> None:
    # smtplib Q173
    assert smtplib.quoteaddr(given) == quoted


ODD = ["", " ", ",", "a b", "a,b", "a@b@c", "<a>b", "a<b>", ":", ";", "a:b;",
       "@x", "@a,@b:c@d", "a.@x", ".a@x", "a..b@x", "a @ x", "(c)", "(c", "\"",
       "\"a\"", "\\", "[", "a@[1", "a\tb@x", "a!b%c@x", "=?utf-8?q?a?=",
       "a+b=c@x", "undisclosed-recipients:;", "A <a@x>, B <b@x>", "<<a@x>>",
       "a@x>", "<", ">", "<a@x> ", " a@x", "a@x ", "\u00e4", "a\u00e4@\u00f6",
       "mailto:a@x", "'a'@x", "a@x.example.", "{a}@x", "a\x7f@x", "a\x01@x",
       "postmaster", "a/b@x", "a@x_y", "a@-x", "x" * 300 + "@x"]


@pytest.mark.parametrize("given", ODD)
def test_odd_addresses(given: str) -> None:
    # smtplib Q173, Q175: whatever parseaddr makes of it
    assert smtplib.quoteaddr(given) == standard.quoteaddr(given)
    assert smtplib._addr_only(given) == standard._addr_only(given)


@pytest.mark.parametrize("given, quoted", [
    ("a\nb", "a\r\nb"), ("a\rb\r\n", "a\r\nb\r\n"), (".a", "..a"),
    ("a\n.\n..", "a\r\n..\r\n..."), ("", ""), ("a.b", "a.b"),
    ("\r.", "\r\n.."), ("\u00e4\n", "\u00e4\r\n"), ("\r\r\n\n", 3 * "\r\n")])
def test_quotedata(given: str, quoted: str) -> None:
    # smtplib Q174
    assert smtplib.quotedata(given) == quoted


def test_private_helpers() -> None:
    # smtplib Q175
    assert smtplib._addr_only("A <a@x.example>") == "a@x.example"
    assert smtplib._addr_only("<a@x.example>") == "a@x.example"
    assert smtplib._addr_only("") == ""
    assert smtplib._fix_eols("a\nb\rc\r\n\ud800") == (
        "a\r\nb\r\nc\r\n\ud800")
    assert smtplib._quote_periods(b".a\n.b\r\n.\xff\r.c") == (
        b"..a\n..b\r\n..\xff\r.c")


def test_get_socket_may_be_overridden(serve_both: Serve) -> None:
    # smtplib Q176: that is how proxies are added
    server = serve_both()
    asked: list[Any] = []

    class Proxied(smtplib.SMTP):
        def _get_socket(self, host, port, timeout):
            asked.append((host, port, timeout))
            return socket.create_connection(server.address, timeout)

    with Proxied("mail.example", 587, ME, SECONDS) as client:
        assert client._host == "mail.example"
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert asked == [("mail.example", 587, SECONDS)]
    assert len(server.envelopes) == 1


def test_sock_and_file(serve: Serve, connect: Connect, idle: Any) -> None:
    # smtplib Q176: sock is None exactly when there is no connection
    assert idle.sock is None and idle.file is None
    client = connect(serve())
    assert isinstance(client.sock, socket.socket)
    client.close()
    assert client.sock is None and client.file is None


def test_a_socket_of_the_program(serve_both: Serve, idle: Any) -> None:
    # smtplib Q176
    server = serve_both()
    idle.sock = socket.create_connection(server.address, SECONDS)
    assert idle.getreply()[0] == 220
    assert idle.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    idle.quit()
    assert len(server.envelopes) == 1


class Wrapped:
    """A line that is no socket, as gevent's and mocks are."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.sent: list[bytes] = []

    def sendall(self, octets: Any) -> None:
        self.sent.append(bytes(octets))
        self.line.sendall(octets)

    def makefile(self, mode: str = "r", bufsize: int = -1) -> Any:
        return self.line.makefile(mode)

    def close(self) -> None:
        self.line.close()


def test_an_object_for_a_socket(serve_both: Serve, idle: Any) -> None:
    # smtplib Q176, E41: sendall, makefile and close are all it needs
    server = serve_both(["AUTH PLAIN"])
    line = Wrapped(socket.create_connection(server.address, SECONDS))
    idle.sock = line
    assert idle.getreply()[0] == 220
    assert idle.login("ann", "secret")[0] == 235
    assert idle.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    idle.quit()
    assert server.last.ended()
    assert b"".join(line.sent) == bytes(server.last.octets)
    assert len(server.envelopes) == 1


class Mock:
    """A line whose replies are laid out before."""

    def __init__(self, replies: bytes) -> None:
        self.sent = b""
        self.replies = replies

    def sendall(self, octets: Any) -> None:
        self.sent += bytes(octets)

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self.replies)

    def close(self) -> None:
        pass


def test_a_mock_with_replies_laid_out(idle: Any) -> None:
    # smtplib Q176, E56
    idle.sock = Mock(b"220 hi\r\n250-x\r\n250 SIZE\r\n250 a\r\n250 b\r\n"
                     b"354 c\r\n250 d\r\n221 e\r\n")
    assert idle.getreply() == (220, b"hi")
    line = idle.sock
    assert idle.sendmail("a@x.example", "b@x.example", "x") == {}
    assert idle.quit() == (221, b"e")
    assert line.sent.lower() == (
        b"ehlo client.example\r\nmail from:<a@x.example> size=1\r\n"
        b"rcpt to:<b@x.example>\r\ndata\r\nx\r\n.\r\nquit\r\n")


def test_a_replaced_socket_module(monkeypatch, serve: Serve) -> None:
    # smtplib Q176: tests in the wild replace smtplib.socket
    import types
    server = serve()
    fake = types.SimpleNamespace(
        **{name: getattr(socket, name) for name in dir(socket)})
    fake.create_connection = lambda address, timeout, source: (
        socket.create_connection(server.address, SECONDS))
    fake.getfqdn = lambda: "fake.example"
    monkeypatch.setattr(smtplib, "socket", fake)
    with smtplib.SMTP("anything", 1) as client:
        assert client.local_hostname == "fake.example"
        assert client.noop()[0] == 250


@pytest.mark.parametrize("name", ["_host", "_auth_challenge_count",
                                  "_print_debug", "_get_socket", "_rset"])
def test_private_names(name: str, idle: Any) -> None:
    # smtplib Q176
    assert hasattr(idle, name)


@pytest.mark.parametrize("way", [
    copy.copy, copy.deepcopy, lambda client: pickle.loads(
        pickle.dumps(client))], ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("name", ["SMTP", "LMTP"])
def test_unconnected_objects_can_be_copied(name: str, way: Any,
                                           serve_both: Serve) -> None:
    # smtplib C18, Q176
    server = serve_both(lmtp=name == "LMTP")
    client = getattr(smtplib, name)(local_hostname=ME)
    client.anything = [1]
    made = way(client)
    assert made.anything == [1]
    assert made.timeout is socket._GLOBAL_DEFAULT_TIMEOUT or (
        smtplib is standard)
    made.timeout = SECONDS
    assert made.connect(*server.address)[0] == 220
    assert made.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    made.close()
    again = way(made)
    assert again.connect(*server.address)[0] == 220
    again.close()


def test_exceptions_can_be_pickled_where_smtplib_s_can() -> None:
    # smtplib B12, B15
    for error in [smtplib.SMTPDataError(550, b"no"),
                  smtplib.SMTPSenderRefused(550, b"no", "a"),
                  smtplib.SMTPRecipientsRefused({"b": (550, b"no")}),
                  smtplib.SMTPServerDisconnected("gone")]:
        made = pickle.loads(pickle.dumps(error))
        assert type(made) is type(error)
        assert made.args == error.args
