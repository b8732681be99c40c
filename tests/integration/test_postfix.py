"""A real Postfix: what it offers is used, what it refuses is named, and what
arrives is what was sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from messages import MESSAGES
from runner import Pneu
from servers import dovecot, postfix as server
from servers.certificates import Authority
from servers.maildir import as_stored
from servers.postfix import Postfix

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
NOBODY = "nobody@example.com"


@pytest.fixture
def login(authority: Authority, password_file: Callable[[str], Path]
          ) -> list[str | Path]:
    """Options for STARTTLS, verified, and AUTH."""
    return ["--tls", "starttls", "--ca-file", authority.file,
            "--user", dovecot.USER,
            "--password-file", password_file(dovecot.PASSWORD)]


@pytest.mark.parametrize("name", MESSAGES)
def test_content_arrives_octet_by_octet(pneu: Pneu, postfix: Postfix,
                                        name: str) -> None:
    message = MESSAGES[name]
    result = pneu.send(postfix, message=message)
    assert result.status == 0, result.err
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == as_stored(message)
    assert letter.field("Return-Path") == f"<{ANN}>"


def test_empty_message(pneu: Pneu, postfix: Postfix) -> None:
    result = pneu.send(postfix, message=b"")
    assert result.status == 0, result.err
    letter, = postfix.maildir(BOB).wait()
    # The empty line is Postfix's own: it ends the header that it wrote.
    assert letter.content.strip() == b""


@pytest.mark.parametrize("mechanism", dovecot.MECHANISMS)
def test_each_mechanism_inside_starttls(pneu: Pneu, postfix: Postfix,
                                        login: list[str | Path],
                                        mechanism: str) -> None:
    result = pneu.send(postfix, *login, "--mechanism", mechanism, "-v")
    assert result.status == 0, result.err
    said = result.sent()
    assert any(line.startswith(f"AUTH {mechanism}") for line in said), said
    assert said.index("STARTTLS") < [
        line[:4] for line in said].index("AUTH")
    letter, = postfix.maildir(BOB).wait()
    assert "ESMTPSA" in letter.field("Received")


def test_strongest_mechanism_is_chosen(pneu: Pneu, postfix: Postfix,
                                       login: list[str | Path]) -> None:
    result = pneu.send(postfix, *login, "-v")
    assert result.status == 0, result.err
    assert any(line.startswith("AUTH SCRAM-SHA-256")
               for line in result.sent()), result.err


def test_auto_uses_starttls_when_auth_needs_it(
        pneu: Pneu, postfix: Postfix, login: list[str | Path]) -> None:
    result = pneu.send(postfix, *login[2:], "-v")
    assert result.status == 0, result.err
    assert "STARTTLS" in result.sent()
    letter, = postfix.maildir(BOB).wait()
    assert "ESMTPSA" in letter.field("Received")


def test_wrong_password_sends_nothing(
        pneu: Pneu, postfix: Postfix, authority: Authority,
        password_file: Callable[[str], Path]) -> None:
    result = pneu.send(postfix, "--ca-file", authority.file, "--user",
                       dovecot.USER, "--password-file",
                       password_file("not this one"), "-v")
    assert result.status == 77
    assert "535" in result.sentence
    assert not any(line.startswith("MAIL") for line in result.sent())
    assert not postfix.maildir(BOB).letters()


@pytest.mark.parametrize("options, last", [((), "BDAT"),
                                           (("--no-chunking",), "DATA")])
def test_envelope_goes_in_one_group(pneu: Pneu, postfix: Postfix,
                                    options: tuple[str, ...],
                                    last: str) -> None:
    result = pneu.send(postfix, "-v", *options, to=[BOB, CYD])
    assert result.status == 0, result.err
    rows = result.dialogue()
    first = next(i for i, (who, line) in enumerate(rows)
                 if who == "C" and line.startswith("MAIL"))
    group = rows[first:first + 4]
    assert [who for who, _ in group] == ["C"] * 4, rows
    assert [line[:4] for _, line in group] == ["MAIL", "RCPT", "RCPT", last]


def test_one_refused_and_one_deferred_among_others(
        pneu: Pneu, postfix: Postfix) -> None:
    to = [BOB, NOBODY, server.REFUSED, CYD, server.DEFERRED]
    result = pneu.send(postfix, to=to)
    assert result.status == 69
    assert result.kinds() == {
        BOB: "accepted", NOBODY: "refused for good",
        server.REFUSED: "refused for good", CYD: "accepted",
        server.DEFERRED: "refused for now"}
    outcomes = result.outcomes
    assert outcomes[NOBODY]["code"] == 550
    assert "User unknown in virtual mailbox table" in outcomes[NOBODY]["text"]
    assert "closed on Friday" in outcomes[server.REFUSED]["text"]
    assert outcomes[server.DEFERRED]["code"] == 450
    assert "queued as" in outcomes[BOB]["text"]
    for address in (BOB, CYD):
        assert len(postfix.maildir(address).wait()) == 1


def test_words_of_a_refusal_are_shown_to_people(pneu: Pneu,
                                                postfix: Postfix) -> None:
    result = pneu.run("send", "--host", postfix.host, "--port", postfix.port,
                      "--from", ANN, "--to", BOB, "--to", server.REFUSED,
                      "--message", "-", stdin=b"Subject: x\n\nx\n")
    assert result.status == 69
    row = next(line for line in result.everything.splitlines()
               if server.REFUSED in line)
    assert "refused" in row
    assert "closed on Friday" in result.everything


def test_all_refused_is_told_and_nothing_arrives(pneu: Pneu,
                                                 postfix: Postfix) -> None:
    result = pneu.send(postfix, to=[NOBODY, server.REFUSED])
    assert result.status == 69
    assert set(result.kinds().values()) == {"refused for good"}


def test_all_deferred_may_be_tried_again(pneu: Pneu,
                                         postfix: Postfix) -> None:
    result = pneu.send(postfix, to=[server.DEFERRED])
    assert result.status == 75
    assert result.kinds() == {server.DEFERRED: "refused for now"}


def test_utf8_address(pneu: Pneu, postfix: Postfix) -> None:
    result = pneu.send(postfix, "-v", to=[server.UTF8_ADDRESS])
    assert result.status == 0, result.err
    mail = next(line for line in result.sent() if line.startswith("MAIL"))
    assert "SMTPUTF8" in mail
    letter, = postfix.maildir(server.UTF8_ADDRESS).wait()
    assert letter.field("Delivered-To") == server.UTF8_ADDRESS


def test_dsn_parameters_bring_a_report(pneu: Pneu, postfix: Postfix) -> None:
    result = pneu.send(
        postfix, "--mail-parameters", "RET=HDRS ENVID=letter+2B1",
        "--rcpt-parameters", "NOTIFY=SUCCESS ORCPT=rfc822;bob@example.com")
    assert result.status == 0, result.err
    postfix.maildir(BOB).wait()
    report, = postfix.maildir(ANN).wait()
    assert report.field("Return-Path") == "<>"
    assert b"Original-Envelope-Id: letter+1" in report.content
    assert b"Original-Recipient: rfc822;bob@example.com" in report.content
    assert re.search(rb"(?m)^Action: (delivered|relayed)", report.content)


def test_null_reverse_path(pneu: Pneu, postfix: Postfix) -> None:
    result = pneu.send(postfix, sender="")
    assert result.status == 0, result.err
    letter, = postfix.maildir(BOB).wait()
    assert letter.field("Return-Path") == "<>"


def test_verify(pneu: Pneu, postfix: Postfix) -> None:
    here = ["--host", postfix.host, "--port", postfix.port]
    known = pneu.run("verify", *here, BOB)
    assert known.status == 0, known.err
    assert "252" in known.out and BOB in known.out
    unknown = pneu.run("verify", *here, BOB, NOBODY)
    assert unknown.status == 69
    assert "550" in unknown.out and "User unknown" in unknown.out
    assert "252" in unknown.out


def test_size_is_checked_before_mail(pneu: Pneu, postfix: Postfix) -> None:
    result = pneu.send(postfix, "-v", message=b"Subject: big\n\n" +
                       b"a line of some length, again and again\n" * 600_000)
    assert result.status == 65, result.sentence
    assert "20480000" in result.sentence
    assert not any(line.startswith("MAIL") for line in result.sent())
