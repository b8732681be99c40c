"""The options of the command about logging in."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Callable

import pytest

from commands import (ANN, LOGIN, SECRET, Start, command, encoded)
from runner import Pneu, Result
from servers.scripted import Peer, Scripted, Talk


def login(pneu: Pneu, server: Scripted, *words: str | Path,
          password: str = SECRET) -> Result:
    result = pneu.send(server, "-v", *words,
                       environment={"PNEU_TEST_PASSWORD": password})
    assert SECRET not in result.everything
    assert encoded(SECRET) not in result.everything
    return result


def any_login(peer: Peer) -> None:
    """Takes PLAIN and LOGIN, whatever the password."""
    peer.say("220 x")
    while line := peer.line():
        words = line.upper().split()
        if words[0] == "EHLO":
            peer.say("250-x\n250 AUTH LOGIN PLAIN")
        elif words[0] == "AUTH":
            asked = ["User Name", "Password"] if words[1] == "LOGIN" else []
            for question in asked:
                peer.say(f"334 {encoded(question)}")
                peer.line()
            peer.say("235 2.7.0 welcome")
        elif words[0] == "DATA":
            peer.say("354 go on")
            peer.body()
            peer.say("250 fine")
        else:
            peer.say("250 fine")


@pytest.mark.parametrize("words, first", [
    (["--mechanism", "LOGIN"], "AUTH LOGIN"),
    (["--mechanism", "LOGIN", "--mechanism", "PLAIN"], "AUTH LOGIN"),
    (["--mechanism", "PLAIN", "--mechanism", "LOGIN"], "AUTH PLAIN"),
    (["--mechanism", "PLAIN LOGIN"], "AUTH PLAIN"),
    (["--mechanism", "SCRAM-SHA-1", "--mechanism", "LOGIN"], "AUTH LOGIN"),
    ([], "AUTH PLAIN")])
def test_order_of_mechanisms(pneu: Pneu, scripted: Start, words: list[str],
                             first: str) -> None:
    server = scripted(any_login)
    result = login(pneu, server, *LOGIN, *words)
    assert result.status == 0, result.everything
    [line] = command(server, "AUTH")
    assert line.startswith(first)
    assert result.json["mechanism"] == first.split()[1]


@pytest.mark.parametrize("policy, code, count", [
    ("strict", 535, 1), ("strict", 504, 2), ("never-next", 504, 1),
    ("always-next", 535, 2)])
def test_auth_policy(pneu: Pneu, scripted: Start, policy: str, code: int,
                     count: int) -> None:
    server = scripted(Talk(["AUTH PLAIN LOGIN"],
                           answers={"AUTH": f"{code} 5.7.8 no"}))
    result = login(pneu, server, *LOGIN, "--auth-policy", policy)
    assert result.status == 77, result.everything
    assert len(command(server, "AUTH")) == count


def test_authorize_as(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    result = login(pneu, server, *LOGIN, "--authorize-as", "bob")
    assert result.status == 0, result.everything
    assert f"AUTH PLAIN {encoded(f'bob{chr(0)}ann{chr(0)}{SECRET}')}" in \
        server.lines()


def test_no_initial_response(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"], answers={
        "AUTH": "334 ", encoded(f"\0ann\0{SECRET}").upper(): "235 welcome"}))
    result = login(pneu, server, *LOGIN, "--no-initial-response")
    assert result.status == 0, result.everything
    assert "AUTH PLAIN" in server.lines()


def test_anonymous_needs_no_user(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["AUTH ANONYMOUS"]))
    result = pneu.send(server, "--mechanism", "anonymous")
    assert result.status == 0, result.everything
    assert command(server, "AUTH")[0].startswith("AUTH ANONYMOUS")


def token_server(good: str) -> Callable[[Peer], None]:
    """Takes XOAUTH2 with this token alone."""
    def script(peer: Peer) -> None:
        peer.say("220 x")
        while line := peer.line():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                peer.say("250-x\n250 AUTH XOAUTH2 OAUTHBEARER")
            elif verb == "AUTH":
                told = base64.b64decode(line.split()[2]).decode()
                if f"auth=Bearer {good}\1" in told:
                    peer.say("235 2.7.0 welcome")
                else:
                    peer.say(f"334 {encoded('{}')}")
                    peer.line()
                    peer.say("535 5.7.8 no")
            elif verb == "DATA":
                peer.say("354 go on")
                peer.body()
                peer.say("250 fine")
            else:
                peer.say("250 fine")

    return script


@pytest.fixture
def token_command(tmp_path: Path) -> str:
    """Prints first-token, then second-token; then it fails."""
    for name in ("first-token", "second-token"):
        (tmp_path / name).write_text(f"{name}\n")
    return (f"cd '{tmp_path}' && name=$(ls | head -n 1) && cat $name "
            "&& rm $name")


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_fresh_token(pneu: Pneu, scripted: Start, token_command: str,
                     mechanism: str) -> None:
    server = scripted(token_server("second-token"))
    result = pneu.send(server, "-v", "--user", ANN, "--token-command",
                       token_command, "--mechanism", mechanism)
    assert result.status == 0, result.everything
    assert len(command(server, "AUTH")) == 2
    assert result.json["mechanism"] == mechanism
    assert "-token" not in result.err


def test_token_that_cannot_be_fetched_again(
        pneu: Pneu, scripted: Start, tmp_path: Path) -> None:
    (tmp_path / "once").write_text("a-token\n")
    server = scripted(token_server("another"))
    result = pneu.send(server, "--user", ANN, "--token-command",
                       f"cd '{tmp_path}' && cat once && rm once",
                       "--mechanism", "XOAUTH2")
    assert result.status == 66, result.everything
    assert "--token-command" in result.sentence
    assert command(server, "MAIL") == []


@pytest.mark.parametrize("source", ["env", "file", "command"])
def test_token_sources(pneu: Pneu, scripted: Start, source: str,
                       password_file: Callable[[str], Path]) -> None:
    server = scripted(token_server(SECRET))
    value = {"env": "PNEU_TEST_PASSWORD", "file": password_file(SECRET),
             "command": f"echo {SECRET}"}[source]
    result = login(pneu, server, "--user", ANN, f"--token-{source}", value)
    assert result.status == 0, result.everything
    assert result.json["mechanism"] == "OAUTHBEARER"


@pytest.mark.parametrize("value, status", [("false", 66), ("true", 66)])
def test_no_token(pneu: Pneu, scripted: Start, value: str,
                  status: int) -> None:
    server = scripted(token_server("x"))
    result = pneu.send(server, "--user", ANN, "--token-command", value)
    assert result.status == status and "--token-command" in result.sentence
    assert server.connections == 0


def test_refused_token_gets_a_hint(pneu: Pneu, scripted: Start) -> None:
    server = scripted(token_server("another"))
    result = login(pneu, server, "--user", ANN, "--token-env",
                   "PNEU_TEST_PASSWORD")
    assert result.status == 77
    assert "token" in result.json["error"]["hint"]
