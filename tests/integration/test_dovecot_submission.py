"""A real Dovecot submission server: nothing without credentials, and what it
takes is handed on to a relay."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from messages import MESSAGES
from runner import Calls, Pneu
from servers import dovecot as server
from servers.certificates import Authority
from servers.dovecot import Relayed
from servers.maildir import as_stored

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
STARTTLS = 3


@pytest.fixture
def login(authority: Authority, password_file: Callable[[str], Path]
          ) -> list[str | Path]:
    return ["--ca-file", authority.file, "--user", server.USER,
            "--password-file", password_file(server.PASSWORD)]


@pytest.mark.parametrize("name", MESSAGES)
def test_content_is_relayed_octet_by_octet(
        pneu: Pneu, submission: Relayed, login: list[str | Path],
        name: str) -> None:
    result = pneu.send(submission, *login, message=MESSAGES[name])
    assert result.status == 0, result.err
    letter, = submission.relayed().wait()
    assert letter.content == as_stored(MESSAGES[name])


@pytest.mark.parametrize("mechanism", server.MECHANISMS)
@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_each_mechanism_under_tls(pneu: Pneu, submission: Relayed,
                                  login: list[str | Path], mode: str,
                                  mechanism: str) -> None:
    port = submission.port if mode == "starttls" else submission.tls_port
    result = pneu.send(submission, *login, "--port", port, "--tls", mode,
                       "--mechanism", mechanism, "-v")
    assert result.status == 0, result.err
    assert any(line.startswith(f"AUTH {mechanism}") for line in result.sent())
    assert len(submission.relayed().wait()) == 1


def test_nothing_without_credentials(pneu: Pneu, submission: Relayed) -> None:
    result = pneu.send(submission, to=[BOB])
    assert result.status in (69, 77)
    assert "530" in result.sentence or "503" in result.sentence \
        or any(row["code"] in (503, 530) for row in result.outcomes.values())
    assert not submission.relayed().letters()


def test_refusals_of_the_relay_are_told(pneu: Pneu, submission: Relayed,
                                        login: list[str | Path]) -> None:
    result = pneu.send(submission, *login,
                       to=[BOB, server.REFUSED, CYD, server.DEFERRED])
    assert result.status == 69
    assert result.kinds() == {
        BOB: "accepted", server.REFUSED: "refused for good",
        CYD: "accepted", server.DEFERRED: "refused for now"}
    assert len(submission.relayed().wait()) == 1


def test_dsn_parameters_reach_the_relay(calls: Calls, submission: Relayed,
                                        authority: Authority) -> None:
    """DSN is offered only after AUTH: EHLO is said again."""
    rows = calls.run(
        [["open"], ["has", "DSN"], ["ehlo"], ["has", "DSN"],
         ["state", "ret=hdrs", "envid=one two=3", "notify=failure,delay",
          f"orcpt={CYD}"],
         ["sendmail", ANN, "", "", "Subject: x\n\nx\n", BOB], ["quit"]],
        host=submission.host, port=submission.port, tls=STARTTLS,
        ca_file=authority.file, user=server.USER, password=server.PASSWORD)
    assert [row.code for row in rows if row.name == "has"] == [0, 1]
    assert rows[5].status == "OK", calls.err
    said = submission.relay_said()
    for word in ("RET=HDRS", "ENVID=one+20two+3D3", "NOTIFY=FAILURE,DELAY",
                 f"ORCPT=rfc822;{CYD}"):
        assert word in said


def test_what_is_offered_after_auth_alone_is_found(
        pneu: Pneu, submission: Relayed, login: list[str | Path]) -> None:
    """RFC 4954 4: a server may offer more to those who have logged in."""
    result = pneu.send(submission, *login, "--tls", "starttls", "--notify",
                       "success", "-v")
    assert result.status == 0, result.err
    hellos = [line for line in result.sent() if line.startswith("EHLO")]
    assert len(hellos) == 3  # in the clear, under TLS, and logged in
    assert "NOTIFY=SUCCESS" in submission.relay_said()
