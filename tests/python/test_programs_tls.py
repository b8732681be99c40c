"""How programs go over to TLS by themselves: STARTTLS by hand, and another
name for the certificate than the one that was connected to."""

from __future__ import annotations

import ssl
from typing import Any, Callable

import pytest
from servers.certificates import Authority, Certificate
from servers.line import trusting
from servers.scripted import Peer
from servers.sink import Sink
from unchanged.shared import STORED, send_and_quit, smtplib

NAME = "mail.example.net"
RESETS = {"all": True, "none": False}


@pytest.mark.parametrize("with_file", [True, False])
@pytest.mark.parametrize("reset", RESETS.values(), ids=RESETS)
def test_starttls_by_hand(sink: Callable[..., Sink], with_file: bool,
                          reset: bool) -> None:
    """docmd("STARTTLS"), wrap, forget the old file; some programs also put
    the state back as starttls() does."""
    server = sink("--verbose", "--require-tls", tls="starttls")
    smtp = smtplib.SMTP("localhost", server.port, timeout=10)
    assert smtp.ehlo()[0] == 250
    assert smtp.docmd("STARTTLS")[0] == 220
    smtp.sock = trusting(server).wrap_socket(smtp.sock,
                                             server_hostname="localhost")
    smtp.file = smtp.sock.makefile("rb") if with_file else None
    if reset:
        smtp.helo_resp = smtp.ehlo_resp = None
        smtp.esmtp_features = {}
        smtp.does_esmtp = False
    assert smtp.ehlo("me.example")[0] == 250
    assert smtp.sock.getpeercert() and not smtp.has_extn("starttls")
    send_and_quit(smtp)
    assert server.letter().content == STORED


def test_clear_text_before_tls_by_hand_is_dropped(
        scripted: Callable[..., Any], certificate: Certificate,
        authority: Authority) -> None:
    """What came behind the 220 was not protected (RFC 3207 6)."""
    def talk(peer: Peer) -> None:
        peer.say("220 hello")
        assert peer.line() == "STARTTLS"
        peer.say(b"220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n")
        peer.encrypt(certificate)
        while peer.line() != "quit":
            peer.say("250 good")
        peer.say("221 bye")

    server = scripted(talk)
    smtp = smtplib.SMTP("localhost", server.port, timeout=10)
    assert smtp.docmd("STARTTLS") == (220, b"go on")
    context = ssl.create_default_context(cafile=str(authority.file))
    smtp.sock = context.wrap_socket(smtp.sock, server_hostname="localhost")
    smtp.file = None
    assert smtp.ehlo() == (250, b"good")
    assert smtp.esmtp_features == {}
    smtp.quit()


def test_starttls_overridden(sink: Callable[..., Sink]) -> None:
    """A subclass that has its own way to TLS, as Mercurial has."""
    server = sink("--require-tls", tls="starttls")

    class Own(smtplib.SMTP):  # type: ignore[misc, name-defined]
        def starttls(self, keyfile: Any = None, certfile: Any = None) -> Any:
            if not self.has_extn("starttls"):
                raise smtplib.SMTPException("no STARTTLS here")
            code, words = self.docmd("STARTTLS")
            if code == 220:
                self.sock = trusting(server).wrap_socket(
                    self.sock, server_hostname=self._host)
                self.file = self.sock.makefile("rb")
                self.helo_resp = self.ehlo_resp = None
                self.esmtp_features = {}
                self.does_esmtp = 0
            return code, words

    smtp = Own("localhost", server.port, local_hostname="me.example")
    smtp.ehlo()
    assert smtp.starttls()[0] == 220
    smtp.ehlo()
    send_and_quit(smtp)


# The name that the certificate is checked for

@pytest.mark.parametrize("mode, when", [
    ("starttls", "before"), ("starttls", "after"), ("implicit", "before")])
def test_name_set_by_the_program(sink: Callable[..., Sink], mode: str,
                                 when: str) -> None:
    """A program that looked the name up itself connects to the address, and
    sets _host to the name: in the time of smtplib's fault with connect(),
    that had to be. With TLS from the start it can only be before."""
    server = sink("--cert-name", NAME, tls=mode)
    context = trusting(server)
    smtp = (smtplib.SMTP_SSL(context=context, timeout=10)
            if mode == "implicit" else smtplib.SMTP(timeout=10))
    if when == "before":
        smtp._host = NAME
    smtp.connect("127.0.0.1", server.port)
    if when == "after":
        smtp._host = NAME
    if mode == "starttls":
        smtp.starttls(context=context)
    assert smtp.sock.server_hostname == NAME
    send_and_quit(smtp)


def test_hostname_in_a_subclass(sink: Callable[..., Sink]) -> None:
    """An SMTP_SSL that wraps the socket of SMTP for a name of its own."""
    class Pinned(smtplib.SMTP_SSL):  # type: ignore[misc, name-defined]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            line = smtplib.SMTP._get_socket(self, host, port, timeout)
            return self.context.wrap_socket(line, server_hostname=NAME)

    server = sink("--cert-name", NAME, tls="implicit")
    smtp = Pinned(host="", context=trusting(server), timeout=10)
    smtp.connect("127.0.0.1", server.port)
    smtp._host = NAME
    send_and_quit(smtp)


def test_context_that_does_not_verify(sink: Callable[..., Sink]) -> None:
    """The program's own word: any certificate, for any name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    server = sink("--cert-name", NAME, tls="starttls",
                  users={"ann": "horse 42"})
    smtp = smtplib.SMTP("127.0.0.1", server.port, timeout=10)
    smtp.starttls(context=context)
    assert smtp.login("ann", "horse 42")[0] == 235
    send_and_quit(smtp)
