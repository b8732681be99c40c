"""pneu._pneu.Exchange: one mechanism each, and what cannot be."""

from __future__ import annotations


import pytest

from pneu import _pneu, smtplib


def test_exchange_plain() -> None:
    """RFC 4616 2: UTF-8, and the client speaks first."""
    exchange = _pneu.Exchange("plain", "J\u00f6rg", "p\u00e4ss")
    assert not exchange.complete
    assert exchange.step() == "\0J\u00f6rg\0p\u00e4ss".encode()
    assert exchange.complete
    assert exchange.step(b"") == b""
    with pytest.raises(smtplib.SMTPException):
        exchange.step(b"more")
    assert not exchange.complete


def test_exchange_cram_md5() -> None:
    """RFC 2195 2: the example there."""
    exchange = _pneu.Exchange(mechanism="CRAM-MD5", user="tim",
                              password="tanstaaftanstaaf", host="x")
    assert exchange.step(None) is None and not exchange.complete
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert exchange.step(challenge) == b"tim b913a602c7eda7a495b4e6e7334d3890"
    assert exchange.complete


def test_exchange_scram() -> None:
    """RFC 5802 3: not complete until the server has proved itself."""
    exchange = _pneu.Exchange("SCRAM-SHA-256", "user", "pencil")
    first = exchange.step()
    assert first is not None and first.startswith(b"n,,n=user,r=")
    nonce = first.split(b"r=")[1]
    final = exchange.step(b"r=" + nonce + b"XX,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
                          b"i=4096")
    assert final is not None and final.startswith(b"c=biws,r=" + nonce)
    assert not exchange.complete
    with pytest.raises(smtplib.SMTPException) as caught:
        exchange.step(b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    assert not isinstance(caught.value, smtplib.SMTPResponseException)
    assert not exchange.complete
    with pytest.raises(smtplib.SMTPException, match="failed before"):
        exchange.step(b"x")


@pytest.mark.parametrize("arguments, kind", [
    (("X-NONE", "u", "p"), smtplib.SMTPNotSupportedError),
    (("GSSAPI", "u", "p"), smtplib.SMTPNotSupportedError),
    (("XOAUTH2", "u", "p"), smtplib.SMTPNotSupportedError),
    (("", "u", "p"), smtplib.SMTPNotSupportedError),
    (("PLAIN", "u\0", "p"), ValueError),
    (("PLAIN", "u", "secret\0"), ValueError),
    (("PLAIN", "u", "secret\udc80"), ValueError),
    (("SCRAM-SHA-256-PLUS", "u", "secret"), ValueError),
])
def test_exchange_refused(arguments: tuple[str, ...], kind: type[Exception]
                          ) -> None:
    with pytest.raises(kind) as caught:
        _pneu.Exchange(*arguments)
    assert type(caught.value) is kind and "secret" not in str(caught.value)


def test_exchange_binding() -> None:
    exchange = _pneu.Exchange("SCRAM-SHA-256-PLUS", "u", "p",
                              binding=b"\0\xff")
    assert (exchange.step() or b"").startswith(b"p=tls-unique,,n=u,")


@pytest.mark.parametrize("challenge", [b"", b"x", b"\0" * 5000, b"r=,s=,i=0",
                                       b"r=a,s=YQ==,i=99999999999"])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "CRAM-MD5", "PLAIN",
                                       "LOGIN", "DIGEST-MD5", "NTLM"])
def test_exchange_takes_anything(mechanism: str, challenge: bytes) -> None:
    exchange = _pneu.Exchange(mechanism, "u", "p", "host")
    for word in (None, challenge, challenge, None):
        try:
            exchange.step(word)
        except smtplib.SMTPException:
            assert not exchange.complete
