"""A real Dovecot's LMTP server over a Unix socket: a result a recipient."""

from __future__ import annotations

import pytest

from messages import MESSAGES
from runner import Calls, Pneu, Result
from servers.dovecot import Dovecot
from servers.maildir import as_stored

ANN = "ann@example.com"
BOB = "bob@example.com"
NOBODY = "nobody@example.com"


def deliver(pneu: Pneu, dovecot: Dovecot, to: list[str],
            *options: str, message: bytes = MESSAGES["plain"]) -> Result:
    words = [word for address in to for word in ("--to", address)]
    return pneu.run("send", "--host", dovecot.lmtp_socket, "--lmtp",
                    "--from", ANN, *words, "--message", "-", "--json",
                    *options, stdin=message)


@pytest.mark.parametrize("name", MESSAGES)
def test_content_arrives_octet_by_octet(pneu: Pneu, dovecot: Dovecot,
                                        name: str) -> None:
    result = deliver(pneu, dovecot, [BOB], message=MESSAGES[name])
    assert result.status == 0, result.err
    letter, = dovecot.maildir(BOB).wait()
    assert letter.content == as_stored(MESSAGES[name])
    assert letter.field("Return-Path") == f"<{ANN}>"


def test_empty_message(pneu: Pneu, dovecot: Dovecot) -> None:
    result = deliver(pneu, dovecot, [BOB], message=b"")
    assert result.status == 0, result.err
    letter, = dovecot.maildir(BOB).wait()
    assert letter.content.strip() == b""


def test_each_recipient_has_its_own_result(pneu: Pneu,
                                           dovecot: Dovecot) -> None:
    result = deliver(pneu, dovecot, [ANN, NOBODY, BOB])
    assert result.status == 69
    assert result.kinds() == {ANN: "accepted", NOBODY: "refused for good",
                              BOB: "accepted"}
    outcomes = result.outcomes
    assert outcomes[NOBODY]["code"] == 550
    assert f"User doesn't exist: {NOBODY}" in outcomes[NOBODY]["text"]
    for address in (ANN, BOB):
        # Dovecot's answer to the end of the message names the recipient.
        assert f"<{address}>" in outcomes[address]["text"]
        assert "Saved" in outcomes[address]["text"]
        letter, = dovecot.maildir(address).wait()
        assert letter.content == as_stored(MESSAGES["plain"])


def test_all_refused(pneu: Pneu, dovecot: Dovecot) -> None:
    result = deliver(pneu, dovecot, [NOBODY, "nemo@example.com"])
    assert result.status == 69
    assert set(result.kinds().values()) == {"refused for good"}
    assert not dovecot.maildir(BOB).letters()


def test_lhlo_is_said_and_nothing_is_encrypted(pneu: Pneu,
                                               dovecot: Dovecot) -> None:
    result = deliver(pneu, dovecot, [BOB], "-v")
    assert result.status == 0, result.err
    verbs = [line.split(" ")[0] for line in result.sent()]
    assert verbs[0] == "LHLO"
    assert "EHLO" not in verbs and "STARTTLS" not in verbs


def test_several_messages_over_one_connection(calls: Calls,
                                              dovecot: Dovecot) -> None:
    letter = "Subject: one of three\n\nx\n"
    rows = calls.run(
        [["sendmail", ANN, "", "", letter, BOB],
         ["sendmail", ANN, "", "", letter, NOBODY],
         ["sendmail", ANN, "", "", letter, ANN, BOB], ["quit"]],
        host=dovecot.lmtp_socket, lmtp=1)
    assert [row.status for row in rows] == ["OK", "REFUSED", "OK", "OK"]
    assert [words[1] for words in calls.outcomes] == [
        "accepted", "refused for good", "accepted", "accepted"]
    assert calls.err.count("> LHLO") == 1
    assert len(dovecot.maildir(BOB).wait(2)) == 2


def test_socket_that_is_not_there(pneu: Pneu, dovecot: Dovecot) -> None:
    result = pneu.run("send", "--host", dovecot.folder / "nothing", "--lmtp",
                      "--from", ANN, "--to", BOB, "--message", "-",
                      stdin=b"Subject: x\n\n")
    assert result.status == 75
    assert str(dovecot.folder / "nothing") in result.sentence
    assert "No such file" in result.sentence
