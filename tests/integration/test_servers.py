"""The servers themselves, proved with Python's smtplib, so that a failure of
a server is not taken for one of pneu."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import Callable

import pytest

from messages import MESSAGES
from servers import dovecot as dovecot_server, postfix as postfix_server
from servers.certificates import Authority
from servers.dovecot import Dovecot
from servers.maildir import as_stored
from servers.postfix import Postfix
from servers.scripted import CLOSE, RESET, SILENCE, Peer, Scripted, Talk

ANN = "ann@example.com"
BOB = "bob@example.com"
NOBODY = "nobody@example.com"
DOTS = MESSAGES["dots"].replace(b"\n", b"\r\n")


def test_postfix(postfix: Postfix, authority: Authority) -> None:
    trust = ssl.create_default_context(cafile=str(authority.file))
    with smtplib.SMTP("localhost", postfix.port, timeout=10) as line:
        line.starttls(context=trust)
        line.login(dovecot_server.USER, dovecot_server.PASSWORD)
        for keyword in ("pipelining", "dsn", "smtputf8", "8bitmime", "vrfy"):
            assert line.has_extn(keyword)
        offered = line.esmtp_features["auth"].split()
        refused = line.sendmail(ANN, [BOB, NOBODY, postfix_server.REFUSED],
                                DOTS)
    assert offered == dovecot_server.MECHANISMS
    assert {who: answer[0] for who, answer in refused.items()} == {
        NOBODY: 550, postfix_server.REFUSED: 550}
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == as_stored(DOTS)


def test_postfix_offers_no_auth_in_the_clear(postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=10) as line:
        line.ehlo()
        assert not line.has_extn("auth")


def test_dovecot(dovecot: Dovecot) -> None:
    with smtplib.LMTP(str(dovecot.lmtp_socket), timeout=10) as line:
        refused = line.sendmail(ANN, [BOB, NOBODY], DOTS)
    assert list(refused) == [NOBODY]
    letter, = dovecot.maildir(BOB).wait()
    assert letter.content == as_stored(DOTS)


def test_talk(scripted: Callable[..., Scripted], authority: Authority,
              certificate) -> None:
    server = scripted(Talk(["STARTTLS", "SIZE"], certificate=certificate))
    trust = ssl.create_default_context(cafile=str(authority.file))
    with smtplib.SMTP("localhost", server.port, timeout=10) as line:
        line.starttls(context=trust)
        line.sendmail(ANN, [BOB], DOTS)
    assert "STARTTLS" in server.lines()
    assert f"rcpt TO:<{BOB}>" in server.lines()


@pytest.mark.parametrize("end", [CLOSE, RESET, SILENCE])
def test_talk_that_ends(scripted: Callable[..., Scripted], end: str) -> None:
    server = scripted(Talk(answers={"MAIL": end}))
    line = smtplib.SMTP("127.0.0.1", server.port, timeout=0.5)
    line.ehlo()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        line.docmd(f"MAIL FROM:<{ANN}>")
    line.close()


def test_drip(scripted: Callable[..., Scripted]) -> None:
    def script(peer: Peer) -> None:
        peer.drip("220 ready\r\n", 0.001)

    server = scripted(script)
    with socket.create_connection(("127.0.0.1", server.port), 5) as line:
        octets = b""
        while more := line.recv(100):
            octets += more
    assert octets == b"220 ready\r\n"
