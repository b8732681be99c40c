"""Mail through a proxy: SOCKS5 and HTTP CONNECT, with and without a password,
in the clear and under TLS; and proxies that refuse, or are none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu
from servers.ports import free_port
from servers.proxies import CLOSE, GARBAGE, SILENCE, Http, Proxy, Socks5
from servers.scripted import Scripted, Talk, verbs
from servers.sink import Sink

Start = Callable[..., Scripted]
StartSink = Callable[..., Sink]
KINDS = pytest.mark.parametrize("kind", [Socks5, Http],
                                ids=["socks5", "http"])


@dataclass
class Place:
    """Where to send to, as the command is told it."""
    host: str
    port: int


@KINDS
def test_a_message_through_a_proxy(pneu: Pneu, sink: StartSink,
                                   kind: type[Proxy]) -> None:
    server = sink()
    with kind() as proxy:
        result = pneu.send(server, "--proxy", proxy.url())
    assert result.status == 0, result.err
    assert proxy.asked == [(server.host, server.port)]
    assert len(server.letters()) == 1


@KINDS
def test_the_proxy_looks_the_name_up(pneu: Pneu, sink: StartSink,
                                     kind: type[Proxy]) -> None:
    server = sink()
    with kind(names={"mail.invalid": server.host}) as proxy:
        result = pneu.send(Place("mail.invalid", server.port), "--proxy",
                           proxy.url())
    assert result.status == 0, result.err
    assert proxy.asked == [("mail.invalid", server.port)]


@KINDS
def test_an_international_name_is_sent_as_its_a_label(
        pneu: Pneu, sink: StartSink, kind: type[Proxy]) -> None:
    server = sink()
    with kind(names={"xn--br-via.invalid": server.host}) as proxy:
        result = pneu.send(Place("bär.invalid", server.port), "--proxy",
                           proxy.url())
    assert result.status == 0, result.err


def test_socks5h_is_the_same(pneu: Pneu, sink: StartSink) -> None:
    server = sink()
    with Socks5(names={"mail.invalid": server.host}) as proxy:
        result = pneu.send(Place("mail.invalid", server.port), "--proxy",
                           proxy.url().replace("socks5", "socks5h"))
    assert result.status == 0, result.err


@KINDS
def test_a_password_for_the_proxy(pneu: Pneu, sink: StartSink,
                                  kind: type[Proxy]) -> None:
    server = sink()
    with kind(user="änn", password="p@ss/word:%") as proxy:
        login = "%C3%A4nn:p%40ss%2Fword%3A%25"
        good = pneu.send(server, "--proxy", proxy.url(login), "-v")
        wrong = pneu.send(server, "--proxy", proxy.url("%C3%A4nn:secret"))
        none = pneu.send(server, "--proxy", proxy.url())
    assert good.status == 0, good.err
    assert "p@ss" not in good.everything and "p%40ss" not in good.everything
    assert wrong.status != 0 and none.status != 0
    assert "refused the user or the password" in wrong.sentence
    assert "secret" not in wrong.everything
    assert "asks for a user and a password" in none.sentence
    assert len(server.letters()) == 1


@KINDS
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_tls_through_a_proxy(pneu: Pneu, sink: StartSink, kind: type[Proxy],
                             mode: str) -> None:
    server = sink(tls=mode)
    with kind(names={"mail.invalid": server.host}) as proxy:
        result = pneu.send(server, "--tls", mode, "--proxy", proxy.url(),
                           "--ca-file", server.ca_file)
        misnamed = pneu.send(Place("mail.invalid", server.port), "--tls",
                             mode, "--proxy", proxy.url(), "--ca-file",
                             server.ca_file)
    assert result.status == 0, result.err
    assert misnamed.status == 77
    assert "mail.invalid" in misnamed.sentence


@KINDS
def test_a_proxy_on_loopback_makes_no_private_line(
        pneu: Pneu, scripted: Start, kind: type[Proxy],
        password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    login = ["--user", "ann", "--password-file", password_file(PASSWORD)]
    with kind() as proxy:
        result = pneu.send(server, *login, "--proxy", proxy.url())
    assert result.status == 77
    assert set(verbs(server)) <= {"EHLO", "QUIT"}
    assert pneu.send(server, *login).status == 0


@pytest.mark.parametrize("proxy, part", [
    (Socks5(refuse=2), "rules do not allow it"),
    (Socks5(refuse=5), "the host refused it"),
    (Socks5(refuse=77), "SOCKS reply 77"),
    (Http(refuse=403), "HTTP/1.1 403 not you"),
    (Http(refuse=302), "HTTP/1.1 302"),
    (Socks5(fault=CLOSE), "closed the connection"),
    (Http(fault=CLOSE), "closed the connection"),
    (Socks5(fault=GARBAGE), "does not speak SOCKS5"),
    (Http(fault=GARBAGE), "does not speak HTTP"),
], ids=lambda value: type(value).__name__)
def test_a_proxy_that_does_not_do_it(pneu: Pneu, scripted: Start,
                                     proxy: Proxy, part: str) -> None:
    server = scripted(Talk())
    with proxy:
        result = pneu.send(server, "--proxy", proxy.url())
    assert result.status not in (0, 79)
    assert part in result.sentence
    assert str(proxy.port) in result.sentence
    assert server.said == b""


@KINDS
def test_a_proxy_to_where_nobody_is(pneu: Pneu, kind: type[Proxy]) -> None:
    with kind() as proxy:
        result = pneu.send(Place("127.0.0.1", free_port()), "--proxy",
                           proxy.url())
    assert result.status == 75
    assert "proxy" in result.sentence


@KINDS
def test_a_silent_proxy(pneu: Pneu, kind: type[Proxy]) -> None:
    with kind(fault=SILENCE) as proxy:
        begin = time.monotonic()
        result = pneu.send(Place("127.0.0.1", 25), "--proxy", proxy.url(),
                           "--timeout", "0.5")
        assert time.monotonic() - begin < 5
    assert result.status == 75
    assert "proxy" in result.sentence


def test_no_proxy_at_that_port(pneu: Pneu) -> None:
    port = free_port()
    result = pneu.send(Place("mail.invalid", 25), "--proxy",
                       f"socks5://127.0.0.1:{port}")
    assert result.status == 75
    assert str(port) in result.sentence


@pytest.mark.parametrize("url", [
    "ftp://ann:secret@proxy", "socks5://", "socks5://ann:secret@:1080",
    "http://ann:secret@proxy:http", "http://ann:se%zzcret@proxy",
    "socks5://2001:db8::1",
])
def test_a_url_that_is_none(pneu: Pneu, url: str) -> None:
    result = pneu.send(Place("mail.invalid", 25), "--proxy", url)
    assert result.status == 64
    assert "proxy" in result.sentence
    assert "secret" not in result.everything and "cret@" not in result.err
