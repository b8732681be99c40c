"""A program in which gevent has replaced the sockets, with pneu.smtplib in
the place of smtplib."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any, Callable

import pytest
from servers.scripted import SILENCE, Peer, Talk
from servers.sink import Sink
from unchanged.running import Run, instead

PAUSE = 0.15

pytestmark = pytest.mark.skipif(find_spec("gevent") is None,
                                reason="python3-gevent is not installed")


def green(port: int, mode: str, action: str, *more: Any) -> Run:
    run = instead("green_mail.py", port, mode, action, *more)
    assert run.err == ""
    return run


@pytest.mark.parametrize("mode", ["plain", "starttls", "implicit"])
def test_many_at_once(sink: Callable[..., Sink], mode: str) -> None:
    server = sink(tls=mode if mode != "plain" else None)
    assert green(server.port, mode, "many", server.ca_file).told == list(
        range(20))
    letters = server.letters()
    assert len(letters) == 40
    sizes = sorted(len(letter.content) for letter in letters)
    assert sizes[-1] > 200 * 20 * len("Hello, Bob.\n")


@pytest.mark.parametrize("mode, mechanism", [
    ("plain", "CRAM-MD5"), ("plain", "PLAIN"), ("starttls", "LOGIN")])
def test_login(sink: Callable[..., Sink], mode: str, mechanism: str) -> None:
    """In the clear too: the server is on this machine."""
    server = sink("--allow-cleartext-auth", "--mechanisms", mechanism,
                  tls=mode if mode != "plain" else None,
                  users={"ann": "horse 42"})
    assert green(server.port, mode, "login", server.ca_file).told == 235


class Slow(Talk):
    """A server that thinks before each reply to the end of a message."""

    def _answer(self, verb: str) -> str:
        if verb == ".":
            time.sleep(PAUSE)
        return super()._answer(verb)




@pytest.mark.parametrize("capabilities", [[], ["PIPELINING"]],
                         ids=["lock-step", "pipelining"])
def test_others_get_their_turn(scripted: Callable[..., Any],
                               capabilities: list[str]) -> None:
    """Nothing in a delivery waits but gevent's sockets: ten sessions of two
    messages each take as long as one, and a clock goes on."""
    server = scripted(Slow(capabilities))
    seconds, turns = green(server.port, "plain", "together").told
    assert 2 * PAUSE <= seconds < 10 * PAUSE
    assert turns >= 5


def test_time_limit_of_gevent(scripted: Callable[..., Any]) -> None:
    server = scripted(Talk(["PIPELINING"], answers={".": SILENCE}))
    assert green(server.port, "plain", "timeout").told == "timeout"


@pytest.mark.parametrize("verb", ["EHLO", "."])
def test_time_limit_of_smtplib(scripted: Callable[..., Any],
                               verb: str) -> None:
    server = scripted(Talk(["PIPELINING"], answers={verb: SILENCE}))
    assert green(server.port, "plain", "silence").told == [True, True]


def test_replies_that_drip(scripted: Callable[..., Any]) -> None:
    """Each reply comes octet by octet."""
    def drip(peer: Peer) -> None:
        talk = Talk(["PIPELINING", "8BITMIME"])
        say = peer.say

        def dripping(text: str | bytes) -> None:
            octets = text if isinstance(text, bytes) else (
                text.replace("\n", "\r\n") + "\r\n").encode()
            for octet in octets:
                say(bytes([octet]))

        peer.say = dripping  # type: ignore[method-assign]
        talk(peer)

    server = scripted(drip)
    assert green(server.port, "plain", "many").told == list(range(20))
