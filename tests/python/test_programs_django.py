"""Django's mail back-end, which is built on smtplib, with pneu.smtplib in its
place."""

from __future__ import annotations

import email
import email.policy
import json
from importlib.util import find_spec
from typing import Any, Callable

import pytest
from servers.certificates import Authority
from servers.ports import free_port
from servers.scripted import CLOSE, Talk
from servers.sink import Sink
from unchanged.heard import connections, heard, verbs
from unchanged.instead import STANDARD
from unchanged.running import instead

USERS = {"ann": "Correct horse 42 bätterie" if not STANDARD else "horse 42"}

pytestmark = pytest.mark.skipif(find_spec("django") is None,
                                reason="python3-django is not installed")


def django(server: Any, action: str, authority: str | None = None,
           **settings: Any) -> Any:
    """What the action gives."""
    settings = {"EMAIL_HOST": "localhost", "EMAIL_PORT": server.port,
                "EMAIL_TIMEOUT": 10, **settings}
    trusted = {"SSL_CERT_FILE": authority} if authority else {}
    return instead("django_mail.py", json.dumps(settings), action,
                   environment=trusted).told


def parsed(content: bytes) -> Any:
    return email.message_from_bytes(content, policy=email.policy.default)


def test_send_mail(sink: Callable[..., Sink]) -> None:
    server = sink("--verbose")
    assert django(server, "one") == 1
    letter = server.letter()
    assert letter.fields("Return-Path") == ["<ann@example.com>"]
    assert letter.fields("X-Pneu-Recipient") == ["<bob@example.com>"]
    assert parsed(letter.content)["Subject"] == "Hello"
    assert letter.content.endswith(b"\n\nHello, Bob.\n.\n.. dots\n")
    assert verbs(server)[-1] == "QUIT"


@pytest.mark.parametrize("options", [[], ["--without", "8BITMIME"]],
                         ids=["", "7 bits"])
def test_alternatives_and_attachment(sink: Callable[..., Sink],
                                     options: list[str]) -> None:
    """To, Cc and Bcc all get it, and Bcc is in no header."""
    server = sink(*options)
    assert django(server, "rich") == 1
    letter = server.letter()
    assert letter.field("Return-Path") == "<joerg@example.com>"
    assert letter.fields("X-Pneu-Recipient") == [
        f"<{who}@example.com>" for who in ("bob", "cyd", "eve", "dan")]
    message = parsed(letter.content)
    assert b"dan@example.com" not in letter.content
    assert STANDARD or not options or letter.content.isascii()
    assert message["Subject"] == "Grüße"
    assert message["From"] == "Jörg Müller <joerg@example.com>"
    assert message["To"].addresses[1].display_name == "Cyd Ö."
    assert message["X-Shop"] == "1"
    assert message.get_body(("html",)).get_content() == \
        "<p>Schöne Grüße, <b>Bob</b>.</p>"
    assert message.get_body(("plain",)).get_content() == "Schöne Grüße, Bob."
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == \
        ("list.csv", "a;b\n1;2\n")


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_tls_and_login(sink: Callable[..., Sink], mode: str) -> None:
    """EMAIL_USE_TLS or EMAIL_USE_SSL, and a user."""
    server = sink("--require-auth", "--require-tls", "--json", tls=mode,
                  users=USERS)
    how = "EMAIL_USE_TLS" if mode == "starttls" else "EMAIL_USE_SSL"
    assert django(server, "one", str(server.ca_file), **{how: True},
                  EMAIL_HOST_USER="ann",
                  EMAIL_HOST_PASSWORD=USERS["ann"]) == 1
    report = server.report()
    assert (report["tls"], report["user"]) == (True, "ann")


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_client_certificate(sink: Callable[..., Sink], authority: Authority,
                            mode: str) -> None:
    """EMAIL_SSL_CERTFILE and EMAIL_SSL_KEYFILE."""
    mine = authority.issue("client", "DNS:client.example")
    server = sink("--client-ca", authority.file,
                  "--require-client-certificate", "--json", tls=mode)
    how = "EMAIL_USE_TLS" if mode == "starttls" else "EMAIL_USE_SSL"
    assert django(server, "one", str(server.ca_file), **{how: True},
                  EMAIL_SSL_CERTFILE=str(mine.chain),
                  EMAIL_SSL_KEYFILE=str(mine.key)) == 1
    assert server.report()["certificate"]


def test_password_is_wrong(sink: Callable[..., Sink]) -> None:
    server = sink(tls="starttls", users=USERS)
    login = {"EMAIL_USE_TLS": True, "EMAIL_HOST_USER": "ann",
             "EMAIL_HOST_PASSWORD": "wrong"}
    assert django(server, "fails", str(server.ca_file), **login)[0] == \
        "SMTPAuthenticationError"
    assert django(server, "silently", str(server.ca_file), **login) == 0


@pytest.mark.skipif(STANDARD, reason="smtplib believes every certificate")
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_stranger(sink: Callable[..., Sink], mode: str) -> None:
    """Who is not trusted gets no mail; the error is an OSError, as Django
    expects it."""
    server = sink(tls=mode)
    how = "EMAIL_USE_TLS" if mode == "starttls" else "EMAIL_USE_SSL"
    kinds = django(server, "fails", **{how: True})
    assert kinds[0] == "SSLCertVerificationError"
    assert "OSError" in kinds
    assert django(server, "silently", **{how: True}) == 0
    assert server.letters() == []


def test_many_over_one_connection(sink: Callable[..., Sink]) -> None:
    server = sink("--verbose")
    assert django(server, "many") == [12, 3, 2]
    assert connections(server) == 2
    assert verbs(server).count("EHLO") == 2
    assert len(server.letters()) == 17


def test_mass_mail(sink: Callable[..., Sink]) -> None:
    server = sink("--verbose")
    assert django(server, "mass") == 2
    assert connections(server) == 1
    assert sorted(tuple(letter.fields("X-Pneu-Recipient"))
                  for letter in server.letters()) == [
        ("<bob@example.com>",), ("<cyd@example.com>", "<bob@example.com>")]


def test_refused_recipient(sink: Callable[..., Sink]) -> None:
    """The connection goes on after it; the words are the server's."""
    server = sink("--verbose", "--refuse",
                  "gone@example.com=550 5.1.1 No Gone here")
    assert django(server, "refused") == [2, 550, "5.1.1 No Gone here"]
    assert connections(server) == 2
    assert len(server.letters()) == 2


def test_partly_refused(sink: Callable[..., Sink]) -> None:
    server = sink("--refuse", "gone@example.com")
    assert django(server, "partly") == 1
    assert server.letter().fields("X-Pneu-Recipient") == ["<bob@example.com>"]


FAILURES: list[tuple[dict[str, str], str]] = [
    ({"MAIL": "550 5.7.1 Not you"}, "SMTPSenderRefused"),
    ({".": "554 5.6.0 Spam"}, "SMTPDataError"),
    ({"DATA": "451 4.3.0 Not now"}, "SMTPDataError"),
    ({"RCPT": "421 4.3.2 Going down"}, "SMTPRecipientsRefused"),
    ({"MAIL": CLOSE}, "SMTPServerDisconnected"),
    ({".": CLOSE}, "SMTPServerDisconnected"),
    ({"EHLO": "550 no", "HELO": "550 no"}, "SMTPHeloError"),
]


@pytest.mark.parametrize("capabilities", [[], ["PIPELINING"]],
                         ids=["lock-step", "pipelining"])
def test_failures(scripted: Callable[..., Any],
                  capabilities: list[str]) -> None:
    """The exceptions are smtplib's, so that Django's own clauses match."""
    servers = [scripted(Talk(capabilities, answers=answers))
               for answers, _ in FAILURES]
    assert django(servers[0], "each", EMAIL_HOST="127.0.0.1",
                  PORTS=[server.port for server in servers]) == [
        kind for _, kind in FAILURES]


def test_failures_are_silent_if_asked(scripted: Callable[..., Any]) -> None:
    server = scripted(Talk(["PIPELINING"], answers={".": "554 5.6.0 Spam"}))
    assert django(server, "silently") == 0
    server = scripted(Talk(greeting="554 5.7.1 No service"))
    assert django(server, "silently") == 0


def test_nobody_listens() -> None:
    class Nobody:
        port = free_port()
    assert django(Nobody, "silently") == 0
    assert django(Nobody, "fails")[0] == "ConnectionRefusedError"


def test_header_injection(sink: Callable[..., Sink]) -> None:
    server = sink("--verbose")
    assert django(server, "injected") == "refused"
    assert "DATA" not in verbs(server)


def test_error_report_to_admins(sink: Callable[..., Sink]) -> None:
    server = sink("--verbose")
    assert django(server, "admins", ADMINS=[["Cyd", "cyd@example.com"]],
                  SERVER_EMAIL="shop@example.com") == "logged"
    message = parsed(server.letter().content)
    assert message["Subject"] == "[Django] ERROR: Out of stock"
    assert any("shop@example.com" in line for line in heard(server))
