"""Each option of `pneu send` about the message: what it puts on the wire, and
what the command refuses before it calls anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import (ANN, BOB, CYD, SECRET, EVERYTHING, Start, command,
                      name_of)
from runner import Pneu
from servers.certificates import Authority, Certificate
from servers.scripted import Peer, Talk, verbs


# Parameters of MAIL and RCPT


@pytest.mark.parametrize("words, parameter", [
    (["--ret", "full"], "RET=FULL"), (["--ret", "headers"], "RET=HDRS"),
    (["--envid", "QQ314159"], "ENVID=QQ314159"),
    (["--envid", "a+b=c d"], "ENVID=a+2Bb+3Dc+20d"),
    (["--submitter", "ann@example.com"], "AUTH=ann@example.com"),
    (["--submitter", "Ann <e=mc2@example.com>"], "AUTH=e+3Dmc2@example.com"),
    (["--submitter", "<>"], "AUTH=<>"),
    (["--deliver-by", "60"], "BY=60;N"),
    (["--deliver-by", "-60"], "BY=-60;N"),
    (["--deliver-by", "60", "--deliver-by-mode", "return"], "BY=60;R"),
    (["--deliver-by", "60", "--deliver-by-trace"], "BY=60;NT"),
    (["--hold-for", "3600"], "HOLDFOR=3600"),
    (["--hold-until", "2029-11-22T18:00:00Z"],
     "HOLDUNTIL=2029-11-22T18:00:00Z"),
    (["--priority", "-3"], "MT-PRIORITY=-3"),
    (["--priority", "0"], "MT-PRIORITY=0"),
    (["--body", "8bit"], "BODY=8BITMIME"), (["--body", "7bit"], "BODY=7BIT"),
    (["--mail-parameters", "X-ONE=1 X-TWO"], "X-ONE=1 X-TWO"),
], ids=name_of)
def test_mail_parameter(pneu: Pneu, scripted: Start, words: list[str],
                        parameter: str) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status == 0, result.everything
    [line] = command(server, "MAIL")
    assert f" {parameter} " in f"{line} "


@pytest.mark.parametrize("words, parameter", [
    (["--notify", "never"], "NOTIFY=NEVER"),
    (["--notify", "success"], "NOTIFY=SUCCESS"),
    (["--notify", "delay, failure"], "NOTIFY=FAILURE,DELAY"),
    (["--orcpt", "carol@example.com"], "ORCPT=rfc822;carol@example.com"),
    (["--orcpt", "<a+b@example.com>"], "ORCPT=rfc822;a+2Bb@example.com"),
    (["--orcpt", "x400;/c=us/"], "ORCPT=x400;/c+3Dus/"),
    (["--rcpt-parameters", "X-ONE=1"], "X-ONE=1"),
], ids=name_of)
def test_rcpt_parameter(pneu: Pneu, scripted: Start, words: list[str],
                        parameter: str) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status == 0, result.everything
    [line] = command(server, "RCPT")
    found = line.partition("> ")[2]
    assert sorted(found.replace(",", " ").split()) == \
        sorted(parameter.replace(",", " ").split()) or found == parameter


def test_notify_is_for_all(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(EVERYTHING))
    assert pneu.send(server, "--notify", "never", to=[BOB, CYD]).status == 0
    assert [line.endswith(" NOTIFY=NEVER")
            for line in command(server, "RCPT")] == [True, True]


def test_require_tls(pneu: Pneu, scripted: Start, authority: Authority,
                     certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS", "REQUIRETLS"],
                           certificate=certificate))
    clear = pneu.send(server, "--require-tls")
    assert clear.status == 77 and "--require-tls" in clear.sentence
    assert command(server, "MAIL") == []
    safe = pneu.send(server, "--require-tls", "--tls", "starttls",
                     "--ca-file", authority.file)
    assert safe.status == 0, safe.everything


@pytest.mark.parametrize("words, extension", [
    (["--ret", "full"], "DSN"), (["--envid", "x"], "DSN"),
    (["--notify", "never"], "DSN"), (["--orcpt", BOB], "DSN"),
    (["--submitter", ANN], "AUTH"), (["--deliver-by", "60"], "DELIVERBY"),
    (["--hold-for", "60"], "FUTURERELEASE"), (["--priority", "1"],
                                              "MT-PRIORITY"),
    (["--body", "8bit"], "8BITMIME"), (["--body", "binary"], "BINARYMIME"),
], ids=name_of)
def test_what_is_not_offered_is_not_asked_for(
        pneu: Pneu, scripted: Start, words: list[str], extension: str) -> None:
    server = scripted(Talk())
    result = pneu.send(server, *words)
    assert result.status == 69
    assert result.json["status"] == "PNEU_NOT_OFFERED"
    assert extension in result.sentence
    assert command(server, "MAIL") == [] and result.json["resend"] == [BOB]


@pytest.mark.parametrize("words, said", [
    (["--hold-for", "90000"], "86400"),
    (["--deliver-by", "5", "--deliver-by-mode", "return"], "10"),
    (["--hold-until", "2031-01-01T00:00:00Z"], "2030-01-01T00:00:00Z")])
def test_what_is_past_the_servers_limit(pneu: Pneu, scripted: Start,
                                        words: list[str], said: str) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status != 0 and said in result.sentence
    assert command(server, "MAIL") == []


def test_8bit_message_gets_a_hint(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.send(server, message="Subject: x\n\nKöln\n".encode())
    assert result.status == 69 and "8BITMIME" in result.sentence
    assert "--text" in result.json["error"]["hint"]


def bdat(peer: Peer) -> None:
    """A server that takes BDAT."""
    peer.say("220 scripted.example ESMTP")
    while True:
        words = peer.line().split()
        verb = words[0].upper()
        if verb == "EHLO":
            peer.say("250-scripted.example\n250-PIPELINING\n250-CHUNKING\n"
                     "250-8BITMIME\n250 BINARYMIME")
        elif verb == "BDAT":
            left = int(words[1])
            while len(peer._unread) < left:
                peer._unread += peer.hear()
            peer._unread = peer._unread[left:]
            peer.say("250 2.0.0 chunk")
        elif verb == "DATA":
            peer.say("354 go on")
            peer.body()
            peer.say("250 2.0.0 fine")
        else:
            peer.say("250 2.0.0 fine")
        if verb == "QUIT":
            return


def test_binary_goes_untouched(pneu: Pneu, scripted: Start) -> None:
    server = scripted(bdat)
    octets = b"Subject: x\r\n\r\nlone \n and \r and \0 and " + b"\xff" * 2000
    result = pneu.send(server, "--body", "binary", message=octets)
    assert result.status == 0, result.everything
    assert b" BODY=BINARYMIME" in server.said
    assert b"BDAT %d LAST\r\n" % len(octets) + octets in server.said


def test_no_chunking(pneu: Pneu, scripted: Start) -> None:
    assert pneu.send(with_bdat := scripted(bdat)).status == 0
    assert pneu.send(without := scripted(bdat), "--no-chunking").status == 0
    assert "BDAT" in verbs(with_bdat) and "DATA" not in verbs(with_bdat)
    assert "DATA" in verbs(without) and "BDAT" not in verbs(without)


def test_all_or_nothing(pneu: Pneu, scripted: Start) -> None:
    def refuse_cyd(peer: Peer) -> None:
        peer.say("220 x")
        while line := peer.line():
            verb = line.split()[0].upper()
            peer.say("550 5.1.1 unknown" if CYD in line else
                     "354 go on" if verb == "DATA" else "250 2.0.0 fine")
            if verb == "DATA":
                peer.body()
                peer.say("250 2.0.0 fine")

    server = scripted(refuse_cyd)
    result = pneu.send(server, "--all-or-nothing", to=[BOB, CYD])
    assert result.status == 75
    assert result.kinds() == {BOB: "not tried", CYD: "refused for good"}
    assert result.json["resend"] == [BOB]
    assert "DATA" not in verbs(server)
    some = pneu.send(scripted(refuse_cyd), to=[BOB, CYD])
    assert some.kinds()[BOB] == "accepted" and some.json["resend"] == []


# What is wrong on the command line


@pytest.mark.parametrize("words, said", [
    (["--ret", "all"], "full or headers"),
    (["--body", "9bit"], "7bit, 8bit or binary"),
    (["--deliver-by-mode", "x"], "notify or return"),
    (["--min-tls", "1.1"], "1.2 or 1.3"),
    (["--auth-policy", "no"], "strict, never-next or always-next"),
    (["--notify", "often"], "success"), (["--notify", ""], "empty"),
    (["--notify", "success,"], "success"),
    (["--notify", "never,delay"], "alone"),
    (["--envid", "x" * 101], "100"), (["--envid", "Köln"], "ASCII"),
    (["--envid", "x\ry"], "line break"), (["--envid", ""], "empty"),
    (["--priority", "10"], "from -9 to 9"), (["--priority", "high"],
                                             "from -9 to 9"),
    (["--hold-for", "0"], "from 1"), (["--hold-for", "1h"], "from 1"),
    (["--hold-until", "tomorrow"], "2026-11-22T18:00:00Z"),
    (["--hold-until", "2026-11-22 18:00:00Z"], "2026-11-22T18:00:00Z"),
    (["--deliver-by", "soon"], "999999999"),
    (["--deliver-by", "99999999999"], "999999999"),
    (["--orcpt", ";x"], "TYPE;ADDRESS"),
    (["--debug", "3"], "from 0 to 2"), (["--debug", "x"], "from 0 to 2"),
    (["--phase-timeout", "data"], "NAME=SECONDS"),
    (["--phase-timeout", "dta=3"], "the phases are"),
    (["--phase-timeout", "data=0"], "more than 0"),
    (["--phase-timeout", "=3"], "the phases are"),
    (["--source", "[::1"], "brackets"), (["--source", ""], "empty"),
    (["--source", "127.0.0.1:x"], "65535"),
    (["--source", "nowhere"], "nowhere"),
    (["--proxy", "ftp://x"], "socks5://"), (["--proxy", "socks5://"], "host"),
    (["--proxy-env", "PNEU_TEST_NOT_SET"], "not set"),
    (["--pin", "sha256//AAAA"], "base64"), (["--pin", "md5//x"], "sha256//"),
    (["--pin", ""], "empty"),
    (["--mail-parameters", "X\r\nRCPT"], "line break"),
    (["--rcpt-parameters", "X\nDATA"], "line break"),
    (["--helo", ""], "empty"), (["--sni", "a\nb"], "line break"),
    (["--tls-name", ""], "empty"),
    (["--mechanism", ""], "empty"), (["--user", ""], "empty"),
    (["--token", SECRET], "--token-env"), ([f"--token={SECRET}"],
                                           "--token-file"),
    (["--key-password", SECRET], "--key-password-command"),
], ids=name_of)
def test_bad_value(pneu: Pneu, scripted: Start, words: list[str],
                   said: str) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status == 64, result.everything
    assert words[0].partition("=")[0] in result.sentence
    assert said in result.sentence
    assert SECRET not in result.everything
    assert server.connections == 0


@pytest.mark.parametrize("words, said", [
    (["--deliver-by-mode", "notify"], "--deliver-by SECONDS"),
    (["--deliver-by-trace"], "--deliver-by SECONDS"),
    (["--deliver-by", "0", "--deliver-by-mode", "return"], "1 at least"),
    (["--hold-for", "1", "--hold-until", "2026-11-22T18:00:00Z"], "not both"),
    (["--key", "x"], "--cert"), (["--key-password-env", "HOME"], "--cert"),
    (["--tls", "none", "--pin", "sha256//" + 43 * "A" + "="], "--pin"),
    (["--tls", "none", "--min-tls", "1.3"], "--min-tls"),
    (["--proxy", "http://x", "--proxy-env", "HOME"], "not both"),
    (["--authorize-as", "bob"], "--user"),
    (["--mechanism", "PLAIN"], "--user"),
    (["--user", "a", "--password-env", "HOME", "--token-env", "HOME"],
     "not both"),
    (["--token-env", "HOME", "--token-file", "x"], "only one of --token-env"),
    (["--token-env", "HOME", "--mechanism", "PLAIN"], "XOAUTH2"),
    (["--user", "a"], "--password-env"),
    (["--orcpt", BOB, "--to", CYD], "one recipient"),
])
def test_options_that_do_not_fit_together(
        pneu: Pneu, scripted: Start, words: list[str], said: str) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status == 64, result.everything
    assert said in result.sentence
    assert server.connections == 0


@pytest.mark.parametrize("words", [
    ["--submitter", "ann@"], ["--orcpt", "bob@"],
    ["--orcpt", "a b@c.example"]])
def test_bad_address_in_a_parameter(pneu: Pneu, scripted: Start,
                                    words: list[str]) -> None:
    server = scripted(Talk(EVERYTHING))
    result = pneu.send(server, *words)
    assert result.status == 65
    assert words[0] in result.sentence
    assert server.connections == 0


def test_binary_is_for_a_message_that_is_there(pneu: Pneu) -> None:
    result = pneu.run("send", "--from", ANN, "--to", BOB, "--text", "x",
                      "--body", "binary")
    assert result.status == 64 and "--message" in result.sentence


@pytest.mark.parametrize("option", ["--cert", "--key", "--ca-folder"])
@pytest.mark.parametrize("content, status", [(None, 66), (b"text\n", 65)])
def test_tls_files_are_looked_into_first(
        pneu: Pneu, scripted: Start, tmp_path: Path, certificate: Certificate,
        option: str, content: bytes | None, status: int) -> None:
    server = scripted(Talk())
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    words = ["--cert", certificate.chain] if option == "--key" else []
    result = pneu.send(server, *words, option, file)
    assert result.status == (66 if option == "--ca-folder" else status)
    assert option in result.sentence and str(file) in result.sentence
    assert server.connections == 0
