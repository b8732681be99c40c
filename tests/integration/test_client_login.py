"""Credentials of the blocking client, as client.h and mechanism.h say: kept or
not, a mechanism of the program's own, a token fetched when it is needed."""

from __future__ import annotations

import base64
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Calls, named, statuses
from servers.scripted import Peer, Scripted, Talk, verbs

ANN = "ann@example.com"
BOB = "bob@example.com"

Start = Callable[..., Scripted]


def test_login_is_kept_for_connections_to_come(calls: Calls,
                                               scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    rows = calls.run([["connect"], ["mechanism"], ["login", ANN, PASSWORD],
                      ["mechanism"], ["close"], ["open"]],
                     host=server.host, port=server.port)
    assert [row.status for row in named(rows, "login")] == ["OK"]
    assert [(row.status, row.text) for row in named(rows, "mechanism")] == [
        ("none", ""), ("", "PLAIN")]
    assert verbs(server).count("AUTH") == 2


def test_login_that_was_refused_is_not_kept(calls: Calls,
                                            scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"], answers={"AUTH": "535 5.7.8 no"}))
    rows = calls.run([["connect"], ["login", ANN, PASSWORD], ["close"],
                      ["open"]], host=server.host, port=server.port)
    assert statuses(rows) == ["OK", "REFUSED", "OK", "OK"]
    assert verbs(server).count("AUTH") == 1


def ask_for_a_ticket(peer: Peer) -> None:
    """X-TICKET: two challenges, and whatever the client answers."""
    peer.say("220 ready")
    peer.line()
    peer.say("250-here\n250 AUTH X-TICKET")
    peer.line()
    for challenge in (b"which?", b"and now?"):
        peer.say("334 " + base64.b64encode(challenge).decode())
        if peer.line() == "*":
            peer.say("501 5.7.0 cancelled")
            return
    peer.say("235 2.7.0 welcome")


def test_own_mechanism_in_a_call(calls: Calls, scripted: Start) -> None:
    server = scripted(ask_for_a_ticket)
    rows = calls.run(
        [["connect"], ["auth", "X-TICKET", "first", "second", "third"],
         ["reply"], ["mechanism"]], host=server.host, port=server.port)
    assert [(row.status, row.text) for row in named(rows, "challenge")] == [
        ("none", ""), ("", "which?"), ("", "and now?")]
    auth, = named(rows, "auth")
    assert (auth.status, auth.code) == ("OK", 235)
    assert named(rows, "reply")[0].code == 235
    assert named(rows, "mechanism")[0].text == "X-TICKET"
    words = [base64.b64encode(word).decode()
             for word in (b"first", b"second", b"third")]
    assert server.lines()[1:4] == [f"AUTH X-TICKET {words[0]}", *words[1:]]


@pytest.mark.parametrize("how", ["-", "~"])
def test_own_mechanism_without_initial_response(
        calls: Calls, scripted: Start, how: str) -> None:
    server = scripted(ask_for_a_ticket)
    rows = calls.run([["connect"], ["auth", "X-TICKET", how, "a", "b"]],
                     host=server.host, port=server.port)
    assert rows[-1].code == 235
    assert len(named(rows, "challenge")) == (3 if how == "-" else 2)
    assert server.lines()[1] == "AUTH X-TICKET"


def test_own_mechanism_that_gives_up(calls: Calls, scripted: Start) -> None:
    server = scripted(ask_for_a_ticket)
    rows = calls.run([["connect"], ["auth", "X-TICKET", "a", "!"]],
                     host=server.host, port=server.port)
    assert rows[-1].status == "SYSTEM"
    assert server.lines()[2] == "*"


@pytest.mark.parametrize("option", [{}, {"no_initial_response": 1}])
def test_own_mechanism_as_an_option(calls: Calls, scripted: Start,
                                    option: dict[str, int]) -> None:
    server = scripted(ask_for_a_ticket)
    answers = "a:b" if option else "a:b:c"
    rows = calls.run([["open"]], host=server.host, port=server.port,
                     own=f"X-TICKET:{answers}", **option)
    assert rows[-1].status == "OK", calls.err
    assert (server.lines()[1] == "AUTH X-TICKET") == bool(option)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_token(calls: Calls, scripted: Start, mechanism: str) -> None:
    server = scripted(Talk([f"AUTH {mechanism}"]))
    rows = calls.run([["open"], ["mechanism"]], host=server.host,
                     port=server.port, user=ANN, token="first:second")
    assert [row.code for row in named(rows, "token")] == [0]
    assert rows[-1].text == mechanism
    assert b"first" in base64.b64decode(server.lines()[1].split()[2])
    assert "first" not in calls.err


def test_token_is_asked_for_again_after_a_refusal(calls: Calls,
                                                  scripted: Start) -> None:
    def script(peer: Peer) -> None:
        peer.say("220 ready")
        peer.line()
        peer.say("250-here\n250 AUTH XOAUTH2")
        peer.line()
        peer.say("535 5.7.8 too old")
        peer.line()
        peer.say("235 2.7.0 welcome")
        peer.wait()

    server = scripted(script)
    rows = calls.run([["open"]], host=server.host, port=server.port, user=ANN,
                     token="old:new")
    assert [row.code for row in named(rows, "token")] == [0, 1]
    assert rows[-1].status == "OK", calls.err


@pytest.mark.parametrize("policy,status,tried", [
    (0, "REFUSED", 1), (1, "REFUSED", 1), (2, "OK", 2)])
def test_policy_after_a_refused_mechanism(
        calls: Calls, scripted: Start, policy: int, status: str,
        tried: int) -> None:
    def script(peer: Peer) -> None:
        peer.say("220 ready")
        peer.line()
        peer.say("250-here\n250 AUTH PLAIN XOAUTH2")
        for answer in ("535 5.7.8 not so", "235 2.7.0 welcome"):
            if not peer.line().startswith("AUTH"):
                return
            peer.say(answer)

    server = scripted(script)
    rows = calls.run([["open"]], host=server.host, port=server.port, user=ANN,
                     password="secret", mechanism="XOAUTH2 PLAIN",
                     auth_policy=policy)
    assert rows[0].status == status, calls.err
    assert verbs(server).count("AUTH") == tried


def test_authorization_identity(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    calls.run([["open"]], host=server.host, port=server.port, user=ANN,
              password=PASSWORD, authorization=BOB)
    said = base64.b64decode(server.lines()[1].split()[2])
    assert said == f"{BOB}\0{ANN}\0{PASSWORD}".encode()
