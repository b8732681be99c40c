"""Servers that fall silent, drip, hang up or refuse in mid-dialogue: an end
in time, and what became of each recipient."""

from __future__ import annotations

from typing import Callable

import pytest

from runner import Pneu
from servers.certificates import Authority, Certificate
from servers.scripted import (CLOSE, HANG_UP_AT_354, RESET, SILENCE, Peer,
                              Scripted, Talk, verbs)

BOB = "bob@example.com"
CYD = "cyd@example.com"
Start = Callable[..., Scripted]

BEFORE_THE_END = ["greeting", "EHLO", "MAIL", "RCPT", "DATA"]


def talk(where: str, answer: str, *capabilities: str) -> Talk:
    """A server that answers so at that place."""
    if where == "greeting":
        return Talk(list(capabilities), greeting=answer)
    return Talk(list(capabilities), answers={where: answer})


@pytest.mark.parametrize("where", BEFORE_THE_END)
def test_silence_ends_by_the_timeout(pneu: Pneu, scripted: Start,
                                     where: str) -> None:
    server = scripted(talk(where, SILENCE))
    result = pneu.send(server, "--timeout", "0.5")
    assert result.status == 75
    assert 0.4 < result.seconds < 5
    assert "time" in result.sentence


@pytest.mark.parametrize("where", BEFORE_THE_END)
def test_silence_ends_by_the_deadline(pneu: Pneu, scripted: Start,
                                      where: str) -> None:
    server = scripted(talk(where, SILENCE, "PIPELINING"))
    result = pneu.send(server, "--deadline", "0.5")
    assert result.status == 75
    assert 0.4 < result.seconds < 5
    assert "deadline" in result.sentence


@pytest.mark.parametrize("option", ["--timeout", "--deadline"])
@pytest.mark.parametrize("where", ["greeting", "EHLO", "MAIL"])
def test_slow_drip_renews_nothing(pneu: Pneu, scripted: Start, where: str,
                                  option: str) -> None:
    def script(peer: Peer) -> None:
        if where == "greeting":
            peer.drip("220 " + "x" * 500, 0.1)
        peer.say("220 hello")
        while True:
            verb = peer.line()[:4]
            if verb == where:
                peer.drip("250 " + "x" * 500, 0.1)
            peer.say("250 fine")

    result = pneu.send(scripted(script), option, "0.8")
    assert result.status == 75
    assert 0.7 < result.seconds < 5


def test_silence_in_the_tls_handshake(pneu: Pneu, scripted: Start) -> None:
    def script(peer: Peer) -> None:
        peer.say("220 hello")
        peer.line()
        peer.say("250-me\n250 STARTTLS")
        peer.line()
        peer.say("220 go on")
        peer.wait()

    result = pneu.send(scripted(script), "--tls", "starttls", "--timeout",
                       "0.5")
    assert result.status == 75
    assert result.seconds < 5


@pytest.mark.parametrize("where", BEFORE_THE_END)
@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_hang_up_before_the_end_is_not_tried(pneu: Pneu, scripted: Start,
                                             where: str, end: str) -> None:
    server = scripted(talk(where, end))
    result = pneu.send(server, to=[BOB, CYD])
    assert result.status == 75
    assert str(server.port) in result.sentence
    if where not in ("greeting", "EHLO"):
        assert result.kinds() == {BOB: "not tried", CYD: "not tried"}


@pytest.mark.parametrize("capability", ["PIPELINING", "SIZE"])
def test_hang_up_in_the_message_is_not_tried(pneu: Pneu, scripted: Start,
                                             capability: str) -> None:
    server = scripted(talk("DATA", HANG_UP_AT_354, capability))
    result = pneu.send(server, to=[BOB, CYD], message=b"Subject: x\n\n" +
                       b"a line that fills the line\n" * 500_000)
    assert result.status == 75
    assert result.kinds() == {BOB: "not tried", CYD: "not tried"}


@pytest.mark.parametrize("end", [CLOSE, RESET, SILENCE])
@pytest.mark.parametrize("capability", ["PIPELINING", "SIZE"])
def test_no_answer_to_the_end_leaves_it_in_doubt(
        pneu: Pneu, scripted: Start, end: str, capability: str) -> None:
    server = scripted(talk(".", end, capability))
    result = pneu.send(server, "--timeout", "0.7", to=[BOB, CYD])
    assert result.status == 79
    assert result.kinds() == {BOB: "in doubt", CYD: "in doubt"}
    assert server.connections == 1
    assert server.said.count(b"\r\n.\r\n") == 1


def test_lmtp_that_answers_for_the_first_alone(pneu: Pneu,
                                               scripted: Start) -> None:
    server = scripted(talk(".", "250 2.0.0 first\n452 4.2.2 second"))
    result = pneu.send(server, "--lmtp", "--timeout", "0.7",
                       to=[BOB, CYD, "dan@example.com"])
    assert result.status == 79
    assert list(result.kinds().values()) == ["accepted", "refused for now",
                                             "in doubt"]


def test_nothing_from_before_tls_counts(pneu: Pneu, scripted: Start,
                                        authority: Authority,
                                        certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], answers={
        "STARTTLS": "220 go on\n250-injected.example\n250 PIPELINING"},
        certificate=certificate))
    result = pneu.send(server, "--tls", "starttls", "--ca-file",
                       authority.file)
    assert result.status in (76, 77)
    assert "MAIL" not in verbs(server)


def test_doubt_is_told_to_people(pneu: Pneu, scripted: Start) -> None:
    server = scripted(talk(".", CLOSE))
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", "ann@example.com", "--to", BOB, "--message",
                      "-", stdin=b"Subject: x\n\nx\n")
    assert result.status == 79
    assert BOB in result.out and "in doubt" in result.out


@pytest.mark.parametrize("where", [*BEFORE_THE_END, "."])
def test_421_may_be_tried_again(pneu: Pneu, scripted: Start,
                                where: str) -> None:
    server = scripted(talk(where, "421 4.3.2 Closing down for the night"))
    result = pneu.send(server)
    assert result.status == 75
    assert "for the night" in result.everything
    assert server.connections == 1


@pytest.mark.parametrize("where, status", [
    ("greeting", 69), ("MAIL", 69), ("RCPT", 69), ("DATA", 69), (".", 69)])
def test_554_is_for_good(pneu: Pneu, scripted: Start, where: str,
                         status: int) -> None:
    server = scripted(talk(where, "554 5.7.1 Not from here, thank you"))
    result = pneu.send(server)
    assert result.status == status
    assert "Not from here" in result.everything


def test_ehlo_falls_back_to_helo(pneu: Pneu, scripted: Start) -> None:
    server = scripted(talk("EHLO", "502 5.5.1 what?"))
    result = pneu.send(server)
    assert result.status == 0, result.err
    assert any(line.startswith("HELO ") for line in server.lines())


def test_control_characters_do_not_reach_the_terminal(
        pneu: Pneu, scripted: Start) -> None:
    server = scripted(talk("RCPT", "550 5.1.1 \x1b[31mred\x07 \x9b1m alert"))
    for options in (["-v"], ["-v", "--json"]):
        result = pneu.run("send", "--host", server.host, "--port",
                          server.port, "--from", "ann@example.com", "--to",
                          BOB, "--message", "-", *options,
                          stdin=b"Subject: x\n\nx\n")
        assert result.status == 69
        assert "red" in result.everything
        for character in "\x1b\x07\x9b":
            assert character not in result.everything


def test_broken_reply_is_never_success(pneu: Pneu, scripted: Start) -> None:
    server = scripted(talk(".", "250-2.0.0 taken\n550 or not"))
    result = pneu.send(server)
    assert result.status in (76, 79)
    assert result.kinds() == {BOB: "in doubt"}


def test_hang_up_after_success_stays_success(pneu: Pneu,
                                             scripted: Start) -> None:
    for end in (CLOSE, RESET, SILENCE):
        server = scripted(talk("QUIT", end))
        result = pneu.send(server, "--timeout", "1")
        assert result.status == 0, result.err
        assert result.kinds() == {BOB: "accepted"}
        assert result.seconds < 8


def test_one_write_a_group(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["PIPELINING"]))
    result = pneu.send(server, to=[BOB, CYD])
    assert result.status == 0, result.err
    group = next(chunk for chunk in server.heard if b"MAIL" in chunk)
    assert [line[:4] for line in group.split(b"\r\n")] == [
        b"MAIL", b"RCPT", b"RCPT", b"DATA", b""]


def test_nothing_is_grouped_where_it_is_not_offered(pneu: Pneu,
                                                    scripted: Start) -> None:
    server = scripted(Talk(["SIZE"]))
    result = pneu.send(server, to=[BOB, CYD])
    assert result.status == 0, result.err
    for chunk in server.heard:
        if chunk.startswith((b"MAIL", b"RCPT", b"DATA")):
            assert chunk.count(b"\r\n") == 1


def test_no_pipelining_by_request(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["PIPELINING"]))
    result = pneu.send(server, "--no-pipelining", to=[BOB, CYD])
    assert result.status == 0, result.err
    assert all(chunk.count(b"\r\n") == 1 for chunk in server.heard
               if chunk.startswith((b"MAIL", b"RCPT")))
