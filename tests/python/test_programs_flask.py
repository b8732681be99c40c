"""Flask-Mail, which is built on smtplib, with pneu.smtplib in its place."""

from __future__ import annotations

import email
import email.policy
import json
from importlib.util import find_spec
from typing import Any, Callable

import pytest
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.heard import connections
from unchanged.instead import STANDARD
from unchanged.running import Run, instead

USERS = {"ann": "horse 42"}

pytestmark = pytest.mark.skipif(find_spec("flask_mail") is None,
                                reason="python3-flask-mail is not installed")


def flask(server: Any, action: str, authority: str | None = None,
          **configuration: Any) -> Run:
    """How the program ends."""
    settings = {"MAIL_SERVER": "localhost", "MAIL_PORT": server.port,
                **configuration}
    trusted = {"SSL_CERT_FILE": authority} if authority else {}
    return instead("flask_app.py", json.dumps(settings), action,
                   environment=trusted)


def test_page_that_sends(sink: Callable[..., Sink]) -> None:
    server = sink()
    assert flask(server, "page").told == "ordered"
    letter = server.letter()
    assert letter.field("Return-Path") == "<shop@example.com>"
    assert letter.fields("X-Pneu-Recipient") == ["<bob@example.com>"]
    message = email.message_from_bytes(letter.content,
                                       policy=email.policy.default)
    assert message["From"] == "The Shop <shop@example.com>"
    assert letter.content.endswith(b"\n\nThank you.\n")


@pytest.mark.parametrize("options", [[], ["--without", "8BITMIME"]],
                         ids=["", "7 bits"])
def test_rich_message(sink: Callable[..., Sink], options: list[str]) -> None:
    server = sink("--json", *options)
    assert flask(server, "rich").told == "sent"
    letter = server.letter()
    assert {"<bob@example.com>", "<cyd@example.com>", "<eve@example.com>",
            "<dan@example.com>"} == set(letter.fields("X-Pneu-Recipient"))
    assert b"dan@example.com" not in letter.content
    assert STANDARD or not options or letter.content.isascii()
    message = email.message_from_bytes(letter.content,
                                       policy=email.policy.default)
    assert message["Subject"] == "Grüße"
    assert message.get_body(("html",)).get_content() == "<b>Schöne Grüße</b>"
    report = server.report()
    assert report["parameters"]["RET"] == "HDRS"
    assert report["recipient_parameters"] == [{"NOTIFY": "NEVER"}] * 4


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_tls_and_login(sink: Callable[..., Sink], mode: str) -> None:
    server = sink("--require-auth", "--require-tls", "--json", tls=mode,
                  users=USERS)
    how = "MAIL_USE_TLS" if mode == "starttls" else "MAIL_USE_SSL"
    assert flask(server, "page", str(server.ca_file), **{how: True},
                 MAIL_USERNAME="ann", MAIL_PASSWORD=USERS["ann"]
                 ).told == "ordered"
    report = server.report()
    assert (report["tls"], report["user"]) == (True, "ann")


@pytest.mark.parametrize("most, expected", [(None, 1), (3, 3)])
def test_several_over_one_connection(sink: Callable[..., Sink],
                                     most: int | None, expected: int) -> None:
    server = sink("--verbose")
    assert flask(server, "several", MAIL_MAX_EMAILS=most).told == "sent"
    assert connections(server) == expected
    assert len(server.letters()) == 7


def test_debug_output(sink: Callable[..., Sink]) -> None:
    """MAIL_DEBUG shows the dialogue in smtplib's form on standard error;
    pneu.smtplib shows no password in it."""
    server = sink("--allow-cleartext-auth", "--mechanisms", "PLAIN",
                  users=USERS)
    run = flask(server, "page", MAIL_DEBUG=True, MAIL_USERNAME="ann",
                MAIL_PASSWORD=USERS["ann"])
    shown = run.err.splitlines()
    for line in ("send: 'mail FROM:<shop@example.com> size=",
                 "send: 'rcpt TO:<bob@example.com>\\r\\n'",
                 "data: (354, b'"):
        assert any(each.startswith(line) for each in shown), line
    assert shown[-1] == "reply: retcode (221); Msg: b'2.0.0 Bye'"
    secret = "AGFubgBob3JzZSA0Mg==" if STANDARD else "[hidden]"
    assert f"send: 'AUTH PLAIN {secret}\\r\\n'" in shown


@pytest.mark.parametrize("answers, kind", [
    ({"MAIL": "550 5.7.1 Not you", "RCPT": "503 5.5.1 No MAIL",
      "DATA": "503 5.5.1 No MAIL"}, "SMTPSenderRefused"),
    ({"RCPT": "550 5.1.1 Nobody"}, "SMTPRecipientsRefused"),
    ({".": "554 5.6.0 Spam"}, "SMTPDataError"),
])
def test_failures(scripted: Callable[..., Any], answers: dict[str, str],
                  kind: str) -> None:
    server = scripted(Talk(["PIPELINING"], answers=answers))
    assert flask(server, "fails").told == kind
