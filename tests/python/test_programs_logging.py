"""Python's logging.handlers.SMTPHandler, which uses smtplib, with
pneu.smtplib in its place."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from servers.certificates import Authority
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.heard import connections, verbs
from unchanged.running import Run, instead

USERS = {"backup": "horse 42"}


def log(server: Any, authority: str | None = None, **handler: Any) -> Run:
    """How a program ends that logs two errors."""
    arguments = {"mailhost": ["localhost", server.port],
                 "fromaddr": "backup@example.com",
                 "toaddrs": ["ann@example.com", "bob@example.com"],
                 "subject": "The backup", "timeout": 10, **handler}
    trusted = {"SSL_CERT_FILE": authority} if authority else {}
    run = instead("log_by_mail.py", json.dumps(arguments),
                  environment=trusted)
    assert run.out == "went on\n"
    return run


def test_records_arrive(sink: Callable[..., Sink]) -> None:
    """One connection and one message for each."""
    server = sink("--verbose")
    assert log(server).err == ""
    letters = server.letters()
    assert len(letters) == connections(server) == 2
    for letter in letters:
        assert letter.field("Return-Path") == "<backup@example.com>"
        assert letter.fields("X-Pneu-Recipient") == [
            "<ann@example.com>", "<bob@example.com>"]
        assert b"\nSubject: The backup\n" in letter.content
    text = b"".join(letter.content for letter in letters)
    assert b"Backup of sda failed\nTraceback" in text
    assert b"\nOSError: sdb does not answer\n" in text


def test_login_under_tls(sink: Callable[..., Sink]) -> None:
    """credentials and secure=(): STARTTLS with nothing told about it."""
    server = sink("--require-auth", "--require-tls", "--verbose",
                  tls="starttls", users=USERS)
    assert log(server, str(server.ca_file), credentials=["backup", "horse 42"],
               secure=[]).err == ""
    assert len(server.letters()) == 2
    assert verbs(server)[:3] == ["EHLO", "STARTTLS", "EHLO"]


def test_client_certificate(sink: Callable[..., Sink],
                            authority: Authority) -> None:
    """secure=(keyfile, certfile)."""
    mine = authority.issue("logger", "DNS:client.example")
    server = sink("--client-ca", authority.file,
                  "--require-client-certificate",
                  "--json", tls="starttls", users=USERS)
    log(server, str(server.ca_file), credentials=["backup", "horse 42"],
        secure=[str(mine.key), str(mine.chain)])
    assert len(server.letters()) == 2
    assert server.report()["certificate"]


@pytest.mark.parametrize("answers, kind", [
    ({"MAIL": "550 5.7.1 Not you"}, "SMTPSenderRefused: (550,"),
    ({"RCPT": "550 5.1.1 Nobody"}, "SMTPRecipientsRefused: {"),
    ({".": "452 4.3.1 Full"}, "SMTPDataError: (452,"),
])
def test_failures_do_not_stop_the_program(
        scripted: Callable[..., Any], answers: dict[str, str],
        kind: str) -> None:
    """logging shows the exception on standard error, and goes on."""
    run = log(scripted(Talk(answers=answers)))
    assert run.err.count("--- Logging error ---") == 2
    assert run.err.count(f"smtplib.{kind}") == 2
