"""A real aiosmtpd: a server without PIPELINING, CHUNKING and enhanced codes
of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from messages import MESSAGES
from runner import Calls, Pneu
from servers import aiosmtpd_server as server, dovecot
from servers.aiosmtpd_server import Aiosmtpd
from servers.certificates import Authority
from servers.maildir import as_stored

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"


@pytest.mark.parametrize("name", MESSAGES)
def test_content_arrives_octet_by_octet(pneu: Pneu, aiosmtpd: Aiosmtpd,
                                        name: str) -> None:
    result = pneu.send(aiosmtpd, message=MESSAGES[name])
    assert result.status == 0, result.err
    letter, = aiosmtpd.maildir(BOB).wait()
    assert letter.content == as_stored(MESSAGES[name])


def test_one_command_at_a_time(pneu: Pneu, aiosmtpd: Aiosmtpd) -> None:
    result = pneu.send(aiosmtpd, "-v", to=[BOB, CYD])
    assert result.status == 0, result.err
    turns = [who for who, _ in result.dialogue()]
    assert not any(turns[i] == turns[i - 1] == "C"
                   for i in range(1, len(turns)))


@pytest.mark.parametrize("mechanism", server.MECHANISMS)
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_each_mechanism_under_tls(
        pneu: Pneu, aiosmtpd: Aiosmtpd, authority: Authority, mode: str,
        mechanism: str, password_file: Callable[[str], Path]) -> None:
    port = aiosmtpd.port if mode == "starttls" else aiosmtpd.tls_port
    result = pneu.send(
        aiosmtpd, "--ca-file", authority.file, "--user", dovecot.USER,
        "--password-file", password_file(dovecot.PASSWORD), "--port", port,
        "--tls", mode, "--mechanism", mechanism, "-v")
    assert result.status == 0, result.err
    assert any(line.startswith(f"AUTH {mechanism}") for line in result.sent())


def test_refused_and_deferred(pneu: Pneu, aiosmtpd: Aiosmtpd) -> None:
    result = pneu.send(aiosmtpd, to=[BOB, server.REFUSED, server.DEFERRED])
    assert result.status == 69
    assert result.kinds() == {BOB: "accepted",
                              server.REFUSED: "refused for good",
                              server.DEFERRED: "refused for now"}
    assert len(aiosmtpd.maildir(BOB).wait()) == 1


def test_lmtp_over_tcp_answers_for_each_recipient(calls: Calls,
                                                  aiosmtpd: Aiosmtpd) -> None:
    rows = calls.run(
        [["sendmail", ANN, "", "", "Subject: x\n\nx\n", BOB, server.REFUSED,
          CYD], ["quit"]], host=aiosmtpd.host, port=aiosmtpd.lmtp_port,
        lmtp=1)
    assert [row.status for row in rows] == ["REFUSED", "OK"]
    assert [words[:4] for words in calls.outcomes] == [
        [BOB, "accepted", "end of message", "250"],
        [server.REFUSED, "refused for good", "RCPT", "550"],
        [CYD, "accepted", "end of message", "250"]]
    assert f"<{CYD}>" in calls.outcomes[2][4]
    assert "> LHLO" in calls.err
