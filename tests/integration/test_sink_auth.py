"""Mechanisms and certificates of clients at `pneu sink`, by clients written
out here."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from pathlib import Path
from typing import Callable

import pytest

from servers.certificates import Authority, Certificate
from servers.line import (ANN, BOB, Line, Talk, challenge, encoded,
                          talk, trusting)  # noqa: F401
from servers.sink import Sink

SECRET = "a-token.or~a/password+1=="
USERS = {ANN: SECRET, "bob": "another"}
Start = Callable[..., Sink]


# AUTH


NAMED = ["DIGEST-MD5", "OAUTHBEARER", "XOAUTH2", "ANONYMOUS"]
USUAL = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
         "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"]


def protected(sink: Start, talk: Talk, *mechanisms: str) -> tuple[Sink, Line]:
    """A sink that offers these, and a session under TLS."""
    options = [word for name in mechanisms for word in ("--mechanisms", name)]
    server = sink("--json", *options, tls="starttls", users=USERS)
    line = talk(server)
    line.starttls(trusting(server))
    return server, line


def taken_from(server: Sink, line: Line) -> tuple[str, str]:
    """Who sent a message now, and by which mechanism."""
    line.begin()
    assert line.data().startswith("250")
    report = server.report()
    return report["user"], report["mechanism"]


def test_mechanisms_that_must_be_named(sink: Start, talk: Talk) -> None:
    _, line = protected(sink, talk)
    assert (line.extension("AUTH") or "").split() == USUAL
    for name in [*NAMED, "EXTERNAL"]:
        line.expect("504", f"AUTH {name}")
    _, line = protected(sink, talk, *NAMED)
    assert sorted((line.extension("AUTH") or "").split()) == sorted(NAMED)
    _, line = protected(sink, talk, "DIGEST-MD5 PLAIN", "XOAUTH2")
    assert line.extension("AUTH") == "DIGEST-MD5 XOAUTH2 PLAIN"


def test_tokens_are_for_tls(sink: Start, talk: Talk) -> None:
    server = sink("--mechanisms", "XOAUTH2 OAUTHBEARER ANONYMOUS",
                  tls="starttls", users=USERS)
    line = talk(server)
    assert line.extension("AUTH") == "ANONYMOUS"
    line.expect("538", "AUTH XOAUTH2")


def md5(*parts: bytes) -> bytes:
    return hashlib.md5(b":".join(parts)).digest()


def digest_answer(said: bytes, user: str, password: str,
                  verb: bytes = b"AUTHENTICATE") -> tuple[str, bytes]:
    """RFC 2831 2.1.2: the response, and its digest alone."""
    fields = dict(re.findall(rb'([a-z]+)="?([^",]*)"?', said))
    realm, nonce = fields[b"realm"], fields[b"nonce"]
    start = md5(user.encode(), realm, password.encode())
    secret = md5(start, nonce, b"here").hex().encode()
    target = md5(verb, b"smtp/localhost").hex().encode()
    value = md5(secret, nonce, b"00000001", b"here", b"auth", target).hex()
    text = (f'charset=utf-8,username="{user}",realm="{realm.decode()}",'
            f'nonce="{nonce.decode()}",nc=00000001,cnonce="here",'
            f'digest-uri="smtp/localhost",qop=auth,response={value}')
    return text, value.encode()


def test_digest_md5(sink: Start, talk: Talk) -> None:
    server, line = protected(sink, talk, "DIGEST-MD5")
    said = challenge(line.say("AUTH DIGEST-MD5"))
    assert b'qop="auth"' in said
    text, _ = digest_answer(said, ANN, SECRET)
    _, proof = digest_answer(said, ANN, SECRET, b"")
    assert challenge(line.say(encoded(text))) == b"rspauth=" + proof
    line.expect("235", "")
    assert taken_from(server, line) == (ANN, "DIGEST-MD5")


@pytest.mark.parametrize("user, password", [
    (ANN, "wrong"), ("nobody", SECRET), (ANN, "")])
def test_digest_md5_refused(sink: Start, talk: Talk, user: str,
                            password: str) -> None:
    _, line = protected(sink, talk, "DIGEST-MD5")
    said = challenge(line.say("AUTH DIGEST-MD5"))
    line.expect("535", encoded(digest_answer(said, user, password)[0]))
    line.expect("501", "AUTH DIGEST-MD5 AAAA")
    assert challenge(line.say("AUTH DIGEST-MD5"))
    line.expect("501", encoded("this is none"))


@pytest.mark.parametrize("trace", ["sirhc", ""])
@pytest.mark.parametrize("initial", [True, False])
def test_anonymous(sink: Start, talk: Talk, initial: bool,
                   trace: str) -> None:
    # RFC 4505 2; no user is needed
    server = sink("--mechanisms", "ANONYMOUS", "--require-auth", "--json")
    line = talk(server)
    assert line.extension("AUTH") == "ANONYMOUS"
    line.expect("530", f"MAIL FROM:<{ANN}>")
    if initial:
        line.expect("235", f"AUTH ANONYMOUS {encoded(trace) or '='}")
    else:
        assert challenge(line.say("AUTH ANONYMOUS")) == b""
        line.expect("235", encoded(trace))
    assert taken_from(server, line) == ("anonymous", "ANONYMOUS")


def xoauth2(user: str, token: str) -> str:
    return encoded(f"user={user}\x01auth=Bearer {token}\x01\x01")


def bearer(user: str, token: str) -> str:
    who = f"a={user}" if user else ""
    return encoded(f"n,{who},\x01host=localhost\x01port=25\x01"
                   f"auth=Bearer {token}\x01\x01")


OAUTH = [("XOAUTH2", xoauth2, ""), ("OAUTHBEARER", bearer, "AQ==")]
Token = Callable[[str, str], str]


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("name, token", [row[:2] for row in OAUTH])
def test_oauth(sink: Start, talk: Talk, name: str, token: Token,
               initial: bool) -> None:
    # RFC 7628 3.1
    server, line = protected(sink, talk, "XOAUTH2", "OAUTHBEARER")
    if initial:
        line.expect("235", f"AUTH {name} {token(ANN, SECRET)}")
    else:
        assert challenge(line.say(f"AUTH {name}")) == b""
        line.expect("235", token(ANN, SECRET))
    assert taken_from(server, line) == (ANN, name)


@pytest.mark.parametrize("user, secret", [
    (ANN, "wrong"), ("bob", SECRET), ("nobody", SECRET)])
@pytest.mark.parametrize("name, token, answer", OAUTH)
def test_oauth_refused(sink: Start, talk: Talk, name: str, token: Token,
                       answer: str, user: str, secret: str) -> None:
    # RFC 7628 3.2.2, RFC 7628 3.2.3: the client answers, and then it fails
    _, line = protected(sink, talk, "XOAUTH2", "OAUTHBEARER")
    why = challenge(line.say(f"AUTH {name} {token(user, secret)}"))
    assert b'"status":' in why and why.startswith(b"{")
    line.expect("535", answer)
    assert challenge(line.say(f"AUTH {name} {token(user, secret)}"))
    line.expect("501", "*")
    assert challenge(line.say(f"AUTH {name} {token(user, secret)}"))
    line.expect("501", encoded("more"))
    line.expect("235", f"AUTH {name} {token(ANN, SECRET)}")


def test_bearer_without_a_user(sink: Start, talk: Talk) -> None:
    server, line = protected(sink, talk, "OAUTHBEARER")
    line.expect("235", f"AUTH OAUTHBEARER {bearer('', 'another')}")
    assert taken_from(server, line) == ("bob", "OAUTHBEARER")


def test_bearer_with_an_escaped_user(sink: Start, talk: Talk) -> None:
    # RFC 5801 4
    server = sink("--mechanisms", "OAUTHBEARER", "--allow-cleartext-auth",
                  "--json", users={"a,b=c": SECRET})
    line = talk(server)
    line.expect("235", f"AUTH OAUTHBEARER {bearer('a=2Cb=3Dc', SECRET)}")
    assert taken_from(server, line) == ("a,b=c", "OAUTHBEARER")


@pytest.mark.parametrize("name, message", [
    ("XOAUTH2", ""), ("XOAUTH2", "user=x"), ("XOAUTH2", "user=x\x01\x01"),
    ("XOAUTH2", "user=\x01auth=Bearer x\x01\x01"),
    ("XOAUTH2", "user=x\x01auth=Bearer x\x01"),
    ("XOAUTH2", "user=x\x01auth=Basic x\x01\x01"),
    ("XOAUTH2", "user=x\x01auth=Bearer \x01\x01"),
    ("XOAUTH2", "user=x\x01auth=Bearer a b\x01\x01"),
    ("XOAUTH2", "user=" + "x" * 600 + "\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", ""), ("OAUTHBEARER", "n,a=x,"),
    ("OAUTHBEARER", "p=y,a=x,\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", "n,a=x\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", "n,x,\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", "n,a=x=2,\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", "n,,\x01nothing\x01auth=Bearer x\x01\x01"),
    ("OAUTHBEARER", "n,,\x01auth=Bearer x\x01\x01more")])
def test_malformed_oauth(sink: Start, talk: Talk, name: str,
                         message: str) -> None:
    # RFC 7628 3.1, RFC 6750 2.1
    _, line = protected(sink, talk, "XOAUTH2", "OAUTHBEARER")
    line.expect("501", f"AUTH {name} {encoded(message) or '='}")
    line.expect("250", "NOOP")


# Certificates of clients


def identified(server: Sink, shown: Certificate | None) -> ssl.SSLContext:
    context = trusting(server)
    if shown:
        context.load_cert_chain(shown.chain, shown.key)
    return context


@pytest.fixture(scope="module")
def named(authority: Authority) -> Certificate:
    """It names ann by her address."""
    return authority.issue("Ann Other", f"email:{ANN}")


@pytest.fixture(scope="module")
def plain(authority: Authority) -> Certificate:
    """It has no name but its common one."""
    return authority.issue("printer", "DNS:printer.example")


def test_external(sink: Start, talk: Talk, authority: Authority,
                  named: Certificate) -> None:
    # RFC 4422 A
    server = sink("--client-ca", authority.file, "--require-auth", "--json",
                  tls="starttls")
    line = talk(server)
    assert "AUTH" not in line.keywords()
    line.starttls(identified(server, named))
    assert line.extension("AUTH") == "EXTERNAL"
    line.expect("535", f"AUTH EXTERNAL {encoded('bob')}")
    line.expect("235", f"AUTH EXTERNAL {encoded(ANN)}")
    assert taken_from(server, line) == (ANN, "EXTERNAL")
    assert f", certificate {ANN}" in server.log.read_text()


@pytest.mark.parametrize("limit", ["1.2", "1.3"])
def test_external_by_the_common_name(sink: Start, talk: Talk, limit: str,
                                     authority: Authority,
                                     plain: Certificate) -> None:
    server = sink("--client-ca", authority.file, "--json", "--tls-max", limit,
                  tls="starttls", users=USERS)
    line = talk(server)
    line.starttls(identified(server, plain))
    assert (line.extension("AUTH") or "").split() == [
        *USUAL[:2], "EXTERNAL", *USUAL[2:]]
    line.expect("235", "AUTH EXTERNAL =")
    line.begin()
    assert line.data().startswith("250")
    report = server.report()
    assert report["certificate"] == report["user"] == "printer"


def test_no_certificate_no_external(sink: Start, talk: Talk,
                                    authority: Authority) -> None:
    server = sink("--client-ca", authority.file, "--json", tls="starttls",
                  users=USERS)
    line = talk(server)
    line.expect("538", "AUTH EXTERNAL =")
    line.starttls(identified(server, None))
    assert "EXTERNAL" not in (line.extension("AUTH") or "")
    line.expect("535", "AUTH EXTERNAL =")
    line.begin()
    assert line.data().startswith("250")
    assert server.report()["certificate"] is None


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_a_certificate_is_required(sink: Start, authority: Authority,
                                   named: Certificate, mode: str) -> None:
    server = sink("--client-ca", authority.file, "--json",
                  "--require-client-certificate", tls=mode)

    def send(shown: Certificate | None) -> None:
        context = identified(server, shown)
        if mode == "implicit":
            with smtplib.SMTP_SSL("localhost", server.port, timeout=10,
                                  context=context) as line:
                line.sendmail(ANN, [BOB], b"x\r\n")
        else:
            with smtplib.SMTP("localhost", server.port, timeout=10) as line:
                line.starttls(context=context)
                line.sendmail(ANN, [BOB], b"x\r\n")

    with pytest.raises((ssl.SSLError, smtplib.SMTPException, OSError)):
        send(None)
    send(named)
    assert server.report()["certificate"] == ANN
    assert len(server.letters()) == 1


def test_a_certificate_of_somebody_else(sink: Start, tmp_path: Path,
                                        authority: Authority) -> None:
    server = sink("--client-ca", authority.file, tls="starttls")
    stranger = Authority(tmp_path / "other", "other").issue(
        "ann", f"email:{ANN}")
    with pytest.raises((ssl.SSLError, smtplib.SMTPException, OSError)):
        with smtplib.SMTP("localhost", server.port, timeout=10) as line:
            line.starttls(context=identified(server, stranger))
            line.noop()


def test_versions_of_tls(sink: Start, talk: Talk) -> None:
    server = sink("--tls-min", "1.3", tls="starttls")
    context = trusting(server)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        talk(server).starttls(context)
    server = sink("--tls-max", "1.2", "--json", tls="starttls")
    line = talk(server)
    line.starttls(trusting(server))
    line.begin()
    assert line.data().startswith("250")
    assert server.report()["tls_version"] == "TLSv1.2"
