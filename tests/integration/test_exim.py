"""A real Exim: content over BDAT or DATA, its three mechanisms, its words of
refusal, and its habit of counting commands that are not mail."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from messages import MESSAGES
from runner import Calls, Pneu
from servers import dovecot, exim as server
from servers.certificates import Authority
from servers.exim import Exim
from servers.maildir import as_stored

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
NOBODY = "nobody@example.com"
LETTER = "Subject: x\n\nx\n"


@pytest.fixture
def login(authority: Authority, password_file: Callable[[str], Path]
          ) -> list[str | Path]:
    """Options for a verified name and AUTH."""
    return ["--ca-file", authority.file, "--user", dovecot.USER,
            "--password-file", password_file(dovecot.PASSWORD)]


@pytest.mark.parametrize("name", MESSAGES)
def test_content_arrives_octet_by_octet(pneu: Pneu, exim: Exim,
                                        name: str) -> None:
    message = MESSAGES[name]
    result = pneu.send(exim, message=message)
    assert result.status == 0, result.err
    letter, = exim.maildir(BOB).wait()
    assert letter.content.rstrip(b"\n") == as_stored(message).rstrip(b"\n")
    assert letter.field("Return-path") == f"<{ANN}>"


@pytest.mark.parametrize("mechanism", server.MECHANISMS)
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_each_mechanism_under_tls(pneu: Pneu, exim: Exim,
                                  login: list[str | Path], mode: str,
                                  mechanism: str) -> None:
    port = exim.port if mode == "starttls" else exim.tls_port
    result = pneu.send(exim, *login, "--port", port, "--tls", mode,
                       "--mechanism", mechanism, "-v")
    assert result.status == 0, result.err
    assert any(line.startswith(f"AUTH {mechanism}") for line in result.sent())
    letter, = exim.maildir(BOB).wait()
    assert "esmtpsa" in letter.field("Received")


def test_wrong_password_sends_nothing(
        pneu: Pneu, exim: Exim, authority: Authority,
        password_file: Callable[[str], Path]) -> None:
    result = pneu.send(exim, "--ca-file", authority.file, "--user",
                       dovecot.USER, "--password-file",
                       password_file("not this one"), "-v")
    assert result.status == 77
    assert "535" in result.sentence
    assert not any(line.startswith("MAIL") for line in result.sent())


def test_one_refused_and_one_deferred_among_others(pneu: Pneu,
                                                   exim: Exim) -> None:
    to = [BOB, NOBODY, server.REFUSED, CYD, server.DEFERRED]
    result = pneu.send(exim, to=to)
    assert result.status == 69
    assert result.kinds() == {
        BOB: "accepted", NOBODY: "refused for good",
        server.REFUSED: "refused for good", CYD: "accepted",
        server.DEFERRED: "refused for now"}
    outcomes = result.outcomes
    assert "closed on Friday" in outcomes[server.REFUSED]["text"]
    assert outcomes[server.DEFERRED]["code"] == 451
    assert "OK id=" in outcomes[BOB]["text"]
    for address in (BOB, CYD):
        assert len(exim.maildir(address).wait()) == 1


def test_null_reverse_path(pneu: Pneu, exim: Exim) -> None:
    result = pneu.send(exim, sender="")
    assert result.status == 0, result.err
    letter, = exim.maildir(BOB).wait()
    assert letter.field("Return-path") == "<>"


def test_more_refusals_than_it_takes_on_one_connection(
        calls: Calls, exim: Exim) -> None:
    """Exim hangs up after ten commands that are not mail, a RSET after a
    refused transaction being one; the messages after that go all the same."""
    rows = calls.run(
        [*[["sendmail", ANN, "", "", LETTER, server.REFUSED]] * 14,
         ["sendmail", ANN, "", "", LETTER, BOB], ["quit"]],
        host=exim.host, port=exim.port)
    assert [row.status for row in rows] == ["REFUSED"] * 14 + ["OK", "OK"]
    assert {tuple(words[1:4]) for words in calls.outcomes[:-1]} == {
        ("refused for good", "RCPT", "550")}, calls.err
    assert len(exim.maildir(BOB).wait()) == 1
