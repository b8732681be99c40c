"""Real servers, Postfix and Dovecot: programs of smtplib's kind, and those of
others with pneu.smtplib in the place of smtplib, and what arrives."""

from __future__ import annotations

import importlib
import json
import re
import smtplib as standard
import ssl
from email.message import EmailMessage
from importlib.util import find_spec
from typing import Any

import pytest
from messages import MESSAGES
from servers import postfix as server
from servers.certificates import Authority
from servers.dovecot import PASSWORD, USER, Dovecot
from servers.maildir import as_stored
from servers.postfix import Postfix
from unchanged.instead import MODULE, STANDARD
from unchanged.running import instead

smtplib: Any = importlib.import_module(MODULE)

ANN, BOB, CYD = "ann@example.com", "bob@example.com", "cyd@example.com"
NOBODY = "nobody@example.com"
LETTER = b"From: ann@example.com\r\nSubject: hi\r\n\r\nHello.\r\n"
only_pneu = pytest.mark.skipif(STANDARD, reason="what smtplib does not do")


@pytest.fixture
def context(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.file))


def session(postfix: Postfix, **more: Any) -> Any:
    return smtplib.SMTP("localhost", postfix.port, timeout=20, **more)


# smtplib's own calls

@pytest.mark.parametrize("name", MESSAGES)
def test_content_arrives_octet_by_octet(postfix: Postfix, name: str) -> None:
    message = MESSAGES[name].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    with session(postfix) as smtp:
        assert smtp.sendmail(ANN, [BOB], message) == {}
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == as_stored(message)
    assert letter.field("Return-Path") == f"<{ANN}>"


@pytest.mark.parametrize("greet", ["ehlo", "helo"])
def test_refused_recipients(postfix: Postfix, greet: str) -> None:
    """The dictionary has the server's codes and words, and the others have
    the message."""
    with session(postfix) as smtp:
        assert getattr(smtp, greet)()[0] == 250
        refused = smtp.sendmail(
            ANN, [BOB, server.REFUSED, CYD, server.DEFERRED], LETTER)
    assert list(refused) == [server.REFUSED, server.DEFERRED]
    for address, words in ((server.REFUSED, server.REFUSED_WORDS),
                           (server.DEFERRED, server.DEFERRED_WORDS)):
        code, text = refused[address]
        wanted, enhanced, rest = words.split(" ", 2)
        assert code == int(wanted)
        assert text.decode().startswith(enhanced)
        assert text.decode().endswith(rest)
    for address in (BOB, CYD):
        letter, = postfix.maildir(address).wait()
        assert letter.content == as_stored(LETTER)


def test_all_refused_then_the_next(postfix: Postfix) -> None:
    with session(postfix) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.sendmail(ANN, [NOBODY, server.REFUSED], LETTER)
        assert set(caught.value.recipients) == {NOBODY, server.REFUSED}
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    postfix.maildir(BOB).wait()


def test_many_messages_to_many(postfix: Postfix) -> None:
    """Over one connection; with more recipients than fit into a group."""
    many = [f"no{number}@many.example" for number in range(250)]
    with session(postfix) as smtp:
        for _ in range(10):
            assert smtp.sendmail(ANN, {BOB, CYD}, LETTER) == {}
        assert smtp.sendmail(ANN, many, LETTER) == {}
        assert smtp.noop()[0] == 250
    for address in (BOB, CYD):
        assert len(postfix.maildir(address).wait(10)) == 10


def test_large_message(postfix: Postfix) -> None:
    body = b"".join(b".%d\r\n" % number for number in range(400_000))
    with session(postfix) as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER + body) == {}
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == as_stored(LETTER + body)


def test_message_past_the_limit(postfix: Postfix) -> None:
    """552 for the sender, and nobody gets it."""
    with session(postfix) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused) as caught:
            smtp.sendmail(ANN, [BOB], LETTER + b"x" * 70 * 300_000)
        assert caught.value.smtp_code == 552
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    assert len(postfix.maildir(BOB).wait()) == 1


def test_international_address(postfix: Postfix) -> None:
    """SMTPUTF8 (RFC 6531)."""
    message = EmailMessage()
    message["From"] = ANN
    message["To"] = f"{server.UTF8_ADDRESS}, {BOB}"
    message["Subject"] = "Grüße"
    message.set_content("Grüße an alle.\n")
    with session(postfix) as smtp:
        assert smtp.send_message(message) == {}
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    letter, = postfix.maildir(server.UTF8_ADDRESS).wait()
    assert "To: jörg@example.com, bob@example.com".encode() in letter.content
    assert len(postfix.maildir(BOB).wait(2)) == 2


@pytest.mark.parametrize("mechanism", [
    "CRAM-MD5", "PLAIN", "LOGIN",
    *(pytest.param(name, marks=only_pneu)
      for name in ("SCRAM-SHA-1", "SCRAM-SHA-256"))])
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_login(postfix: Postfix, context: ssl.SSLContext, mechanism: str,
               mode: str) -> None:
    if mode == "implicit":
        smtp = smtplib.SMTP_SSL("localhost", postfix.tls_port, timeout=20,
                                context=context)
    else:
        smtp = session(postfix)
        assert smtp.starttls(context=context)[0] == 220
    with smtp:
        smtp.ehlo()
        smtp.esmtp_features["auth"] = mechanism
        assert smtp.login(USER, PASSWORD)[0] == 235
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == as_stored(LETTER)


def test_wrong_password(postfix: Postfix, context: ssl.SSLContext) -> None:
    with session(postfix) as smtp:
        smtp.starttls(context=context)
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            smtp.login(USER, "wrong")
        assert caught.value.smtp_code == 535
        assert smtp.login(USER, PASSWORD)[0] == 235


def test_no_auth_before_tls(postfix: Postfix) -> None:
    with session(postfix) as smtp:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            smtp.login(USER, PASSWORD)


def test_small_commands(postfix: Postfix) -> None:
    with session(postfix) as smtp:
        assert smtp.verify(BOB)[0] == 252
        assert smtp.verify(NOBODY)[0] == 550
        assert smtp.expn("list")[0] in (500, 502)
        assert smtp.docmd("ETRN", "many.example")[0] in (250, 458, 459, 503)
        assert smtp.mail(ANN)[0] == 250
        assert smtp.rset()[0] == 250
        assert smtp.rcpt(BOB)[0] == 503
        assert smtp.docmd("NONSENSE")[0] in (500, 502)


def test_xclient(postfix: Postfix) -> None:
    """A command of Postfix's own; the server greets again."""
    with session(postfix) as smtp:
        smtp.ehlo()
        assert "ADDR" in smtp.esmtp_features["xclient"]
        assert smtp.docmd("XCLIENT", "ADDR=192.0.2.7 NAME=other.example"
                          )[0] == 220
        smtp.ehlo()
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    letter, = postfix.maildir(BOB).wait()
    assert "other.example [192.0.2.7]" in letter.field("Received")


def test_queue_id_of_a_subclass(postfix: Postfix) -> None:
    """getreply() overridden sees Postfix's last word."""
    class Keeping(smtplib.SMTP):  # type: ignore[misc, name-defined]
        last = b""

        def getreply(self) -> tuple[int, bytes]:
            code, Keeping.last = super().getreply()
            return code, Keeping.last

    smtp = Keeping("localhost", postfix.port)
    smtp.sendmail(ANN, [BOB], LETTER)
    assert re.search(rb"queued as \w+$", Keeping.last)
    smtp.quit()


@only_pneu
@pytest.mark.parametrize("pipelining", [True, False])
def test_queue_id_of_the_result(postfix: Postfix, pipelining: bool) -> None:
    with session(postfix) as smtp:
        smtp.pipelining = pipelining
        result = smtp.sendmail(ANN, [BOB, server.REFUSED], LETTER)
    code, text = result.reply
    assert code == 250 and re.search(rb"queued as \w+$", text)
    assert [(one.recipient, one.outcome) for one in result.outcomes] == [
        (BOB, "accepted"), (server.REFUSED, "refused for good")]


# Dovecot's LMTP server

@pytest.mark.parametrize("where", ["unix", "tcp"])
def test_lmtp(dovecot: Dovecot, where: str) -> None:
    if where == "unix":
        smtp = smtplib.LMTP(str(dovecot.lmtp_socket))
    else:
        smtp = smtplib.LMTP("127.0.0.1", dovecot.lmtp_port)
    with smtp:
        refused = smtp.sendmail(ANN, [BOB, NOBODY], LETTER)
    assert list(refused) == [NOBODY]
    assert refused[NOBODY][0] == 550
    letter, = dovecot.maildir(BOB).wait()
    assert letter.content == as_stored(LETTER)


@only_pneu
def test_lmtp_has_a_reply_for_each(dovecot: Dovecot) -> None:
    """RFC 2033 4.2, and the next message is not mixed up with them."""
    with smtplib.LMTP(str(dovecot.lmtp_socket)) as smtp:
        for _ in range(3):
            result = smtp.sendmail(ANN, [ANN, BOB], LETTER)
            assert result == {}
            texts = [one.text for one in result.outcomes]
            assert [who.encode() in text for who, text in
                    zip((ANN, BOB), texts)] == [True, True]
    assert len(dovecot.maildir(BOB).wait(3)) == 3


# Programs of others

def has(module: str, package: str) -> Any:
    return pytest.mark.skipif(find_spec(module) is None,
                              reason=f"{package} is not installed")


@has("django", "python3-django")
@pytest.mark.parametrize("tls", ["EMAIL_USE_TLS", "EMAIL_USE_SSL"])
def test_django(postfix: Postfix, authority: Authority, tls: str) -> None:
    settings = {"EMAIL_HOST": "localhost", tls: True,
                "EMAIL_PORT": postfix.port if tls == "EMAIL_USE_TLS"
                else postfix.tls_port,
                "EMAIL_HOST_USER": USER, "EMAIL_HOST_PASSWORD": PASSWORD}
    assert instead("django_mail.py", json.dumps(settings), "many",
                   environment={"SSL_CERT_FILE": str(authority.file)}
                   ).told == [12, 3, 2]
    assert len(postfix.maildir(BOB).wait(17)) == 17


@has("django", "python3-django")
def test_django_and_refusals(postfix: Postfix) -> None:
    settings = {"EMAIL_HOST": "localhost", "EMAIL_PORT": postfix.port}
    sent, code, text = instead("django_mail.py", json.dumps(settings),
                               "refused").told
    assert (sent, code) == (2, 550)
    assert text.startswith("5.1.1 <gone@example.com>: Recipient address")


@has("flask_mail", "python3-flask-mail")
def test_flask(postfix: Postfix, authority: Authority) -> None:
    configuration = {"MAIL_SERVER": "localhost", "MAIL_PORT": postfix.port,
                     "MAIL_USE_TLS": True, "MAIL_USERNAME": USER,
                     "MAIL_PASSWORD": PASSWORD, "MAIL_MAX_EMAILS": 3}
    assert instead("flask_app.py", json.dumps(configuration), "several",
                   environment={"SSL_CERT_FILE": str(authority.file)}
                   ).told == "sent"
    assert len(postfix.maildir(BOB).wait(7)) == 7


def test_logging(postfix: Postfix, authority: Authority) -> None:
    handler = {"mailhost": ["localhost", postfix.port], "fromaddr": ANN,
               "toaddrs": [BOB, CYD], "subject": "The backup",
               "credentials": [USER, PASSWORD], "secure": []}
    run = instead("log_by_mail.py", json.dumps(handler),
                  environment={"SSL_CERT_FILE": str(authority.file)})
    assert (run.out, run.err) == ("went on\n", "")
    for address in (BOB, CYD):
        letters = postfix.maildir(address).wait(2)
        assert b"Traceback (most recent call last):" in letters[0].content


@has("gevent", "python3-gevent")
@pytest.mark.parametrize("mode", ["plain", "starttls", "implicit"])
def test_gevent(postfix: Postfix, authority: Authority, mode: str) -> None:
    port = postfix.tls_port if mode == "implicit" else postfix.port
    assert instead("green_mail.py", port, mode, "many", authority.file
                   ).told == list(range(20))
    assert len(postfix.maildir(CYD).wait(40)) == 40


def test_the_two_modules_side_by_side(postfix: Postfix) -> None:
    """The same message by smtplib and by the module under test arrives the
    same, and neither knows the other."""
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = ANN, BOB, CYD
    message["Subject"] = "Zwölf Boxkämpfer"
    message.set_content("jagen Viktor quer über den großen Sylter Deich.\n"
                        "From here to there.\n.\n..\n")
    message.add_attachment(bytes(range(256)), maintype="application",
                           subtype="octet-stream", filename="ä.bin")
    message.set_boundary("=_1")
    for module in (standard, smtplib):
        with module.SMTP("localhost", postfix.port, timeout=20) as smtp:
            assert smtp.send_message(message) == {}
    for address in (BOB, CYD):
        first, second = postfix.maildir(address).wait(2)
        assert first.content == second.content
    assert (standard.SMTP is smtplib.SMTP) == STANDARD
