"""What else `pneu sink` knows beyond plain SMTP, seen by bare sockets and by
Python's smtplib: limits, inquiries, what servers say to each other, faults."""

from __future__ import annotations

import smtplib
from pathlib import Path
from typing import Callable

import pytest

from runner import Pneu
from servers.line import (ANN, BOB, Talk, talk, wanted)  # noqa: F401
from servers.sink import Sink

SECRET = "a token, or a password"
USERS = {ANN: SECRET, "bob": "another"}
Start = Callable[..., Sink]


# LIMITS


def test_limits_are_offered_when_set(sink: Start, talk: Talk) -> None:
    assert "LIMITS" not in talk(sink()).keywords()
    assert "LIMITS" not in talk(sink("--limit", "DELIVERBY=5")).keywords()
    server = sink("--limit", "mailmax=7", "--limit", "RCPTMAX=2", "--limit",
                  "RCPTDOMAINMAX=3")
    assert talk(server).extension("LIMITS") == (
        "RCPTMAX=2 MAILMAX=7 RCPTDOMAINMAX=3")


@pytest.mark.parametrize("hide", [[], ["--without", "LIMITS"]])
def test_rcptmax(sink: Start, talk: Talk, hide: list[str]) -> None:
    # RFC 9422 4: what is refused counts too
    line = talk(sink("--limit", "RCPTMAX=2", "--refuse", "gone@*", *hide))
    assert ("LIMITS" in line.keywords()) == (not hide)
    line.expect("250", f"MAIL FROM:<{ANN}>")
    line.expect("550", "RCPT TO:<gone@example.com>")
    line.expect("250", f"RCPT TO:<{BOB}>")
    line.expect("452 4.5.3", "RCPT TO:<cyd@example.com>")
    assert line.data().startswith("250")
    line.begin(BOB, "cyd@example.com")


def test_mailmax(sink: Start, talk: Talk) -> None:
    # RFC 9422 4
    server = sink("--limit", "MAILMAX=2")
    line = talk(server)
    line.expect("501", "MAIL FROM:nobody")
    line.begin()
    assert line.data().startswith("250")
    line.expect("421 4.7.0", f"MAIL FROM:<{ANN}>")
    assert line.is_over()
    talk(server).begin()


def test_rcptdomainmax(sink: Start, talk: Talk) -> None:
    # RFC 9422 4
    line = talk(sink("--limit", "RCPTDOMAINMAX=2"))
    line.begin("a@one.example", "b@ONE.example", "c@two.example")
    line.expect("452 4.5.3", "RCPT TO:<d@three.example>")
    assert line.data().startswith("250")
    line.expect("250", f"MAIL FROM:<{ANN}>")
    line.expect("452 4.5.3", "RCPT TO:<d@three.example>")
    line.expect("250", "RCPT TO:<e@two.example>")


# VRFY, EXPN, HELP


def test_expn(sink: Start, talk: Talk) -> None:
    # RFC 5321 3.5, RFC 5321 3.5.2
    line = talk(sink("--list", "staff=ann@example.com,bob@example.com",
                     "--mailbox", "Ann Other <ann@example.com>"))
    assert line.extension("EXPN") == ""
    assert line.expect("250", "EXPN Staff") == (
        "250-2.1.5 Ann Other <ann@example.com>\n250 2.1.5 <bob@example.com>")
    line.expect("550 5.1.1 <ann> is a user", "EXPN ann")
    line.expect("550 5.1.1 <nobody>", "EXPN nobody")
    line.expect("501", "EXPN")
    line.expect("550 5.1.1 <staff> is a mailing list", "VRFY staff")
    line.expect("250 2.1.5 Ann Other <ann@example.com>", "VRFY ann")
    line.expect("550 5.1.1", "VRFY cyd")


def test_expn_without_lists(sink: Start, talk: Talk) -> None:
    line = talk(sink())
    assert "EXPN" not in line.keywords()
    line.expect("502", "EXPN staff")
    line.expect("252 2.5.0", "VRFY anybody")


def test_expn_without_enhanced_codes(sink: Start, talk: Talk) -> None:
    line = talk(sink("--list", "all=a@example.com,b@example.com", "--without",
                     "ENHANCEDSTATUSCODES"))
    assert line.say("EXPN all") == "250-<a@example.com>\n250 <b@example.com>"


def test_help(sink: Start, talk: Talk) -> None:
    # RFC 5321 4.1.1.8
    server = sink()
    line = talk(server)
    page = line.expect("214", "HELP")
    assert "pneu-sink(1)" in page
    assert {"214-2.0.0 MAIL", "214-2.0.0 BDAT"} <= set(page.split("\n"))
    assert "LHLO" not in page and "XCLIENT" not in page
    line.expect("214 2.0.0 RCPT TO:<address>", "HELP rcpt")
    line.expect("504", "HELP dance")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as other:
        assert b"pneu sink" in other.help()


@pytest.mark.parametrize("keyword, command", [
    ("VRFY", "VRFY bob"), ("EXPN", "EXPN staff"), ("HELP", "HELP")])
def test_inquiries_hidden(sink: Start, talk: Talk, keyword: str,
                          command: str) -> None:
    line = talk(sink("--without", keyword, "--list", f"staff={BOB}"))
    assert keyword not in line.keywords()
    line.expect("502 5.5.1", command)


# ETRN


def test_etrn(sink: Start, talk: Talk) -> None:
    # RFC 1985 5.3
    line = talk(sink())
    assert line.extension("ETRN") == ""
    line.expect("250 2.0.0 <example.com>", "ETRN example.com")
    line.expect("250", "ETRN @example.com")
    line.expect("250", "ETRN #queue")
    for wrong in ("ETRN", "ETRN a b", "ETRN <x>", "ETRN @", "ETRN x@y"):
        line.expect("501", wrong)
    line.begin()
    line.expect("503", "ETRN example.com")


def test_etrn_for_some_nodes(sink: Start, talk: Talk) -> None:
    line = talk(sink("--etrn", "plain.example", "--etrn",
                     "many.example=253 2.0.0 14 pending messages started",
                     "--etrn", "full.example=458 4.3.0 Unable to queue"))
    line.expect("250", "ETRN PLAIN.example")
    line.expect("253 2.0.0 14 pending", "ETRN many.example")
    line.expect("458", "ETRN full.example")
    line.expect("459", "ETRN other.example")


def test_etrn_hidden(sink: Start, talk: Talk) -> None:
    talk(sink("--without", "ETRN")).expect("500", "ETRN example.com")
    line = talk(sink("--lmtp"), "LHLO")
    assert "ETRN" not in line.keywords()
    line.expect("500", "ETRN example.com")


# XCLIENT


def test_xclient(sink: Start, talk: Talk) -> None:
    server = sink("--xclient", "--json")
    line = talk(server)
    assert line.extension("XCLIENT") == (
        "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT")
    line.expect("220 localhost ESMTP",
                "XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=4711")
    line.expect("503", f"MAIL FROM:<{ANN}>")
    line.hello()
    line.expect("220", "XCLIENT NAME=a+2Bb.example ADDR=IPV6:2001:db8::1 "
                "PROTO=ESMTP HELO=me LOGIN=marie DESTADDR=192.0.2.1 "
                "DESTPORT=25")
    line.hello()
    line.begin()
    line.expect("503", "XCLIENT NAME=x")
    assert line.data().startswith("250")
    report = server.report()
    assert report["xclient"] == {
        "NAME": "a+b.example", "ADDR": "IPV6:2001:db8::1", "PORT": "4711",
        "PROTO": "ESMTP", "HELO": "me", "LOGIN": "marie",
        "DESTADDR": "192.0.2.1", "DESTPORT": "25"}
    assert report["user"] == "marie"
    assert "XCLIENT NAME=a+b.example" in server.log.read_text()


@pytest.mark.parametrize("arguments", [
    "", "NAME", "NAME=", "WHO=x", "ADDR=300.1.1.1", "ADDR=2001:db8::1",
    "ADDR=IPV6:1.2.3.4", "PORT=65536", "PORT=x", "PROTO=HTTP", "NAME=a+0Ab",
    "NAME=a+2", "NAME=a NAME=b", "HELO=" + "x" * 256])
def test_bad_xclient(sink: Start, talk: Talk, arguments: str) -> None:
    server = sink("--xclient", "--json")
    line = talk(server)
    line.expect("501 5.5.4", f"XCLIENT {arguments}")
    line.begin()
    assert line.data().startswith("250")
    assert server.report()["xclient"] is None


def test_xclient_is_not_for_everybody(sink: Start, talk: Talk) -> None:
    line = talk(sink())
    assert "XCLIENT" not in line.keywords()
    line.expect("500", "XCLIENT NAME=x")


# Faults


@pytest.mark.parametrize("option, code", [
    ("--refuse-pipelining", "500 5.5.1"),
    ("--refuse-pipelining=503 5.5.1 Out of order", "503 5.5.1 Out of order")])
def test_pipelining_refused(sink: Start, talk: Talk, option: str,
                            code: str) -> None:
    server = sink(option)
    line = talk(server)
    assert "PIPELINING" in line.keywords()
    line.send(f"MAIL FROM:<{ANN}>\r\nRCPT TO:<{BOB}>\r\nDATA\r\n")
    wanted([line.reply() for _ in range(3)], "250", code, code)
    line.expect("250", "RSET")
    line.begin()
    assert line.data().startswith("250")
    line.begin()
    assert line.bdat(b"one\r\n").startswith("250")
    assert line.bdat(b"two\r\n", last=True).startswith("250")
    line.begin()
    assert len(server.letters()) == 2


# Hiding


@pytest.mark.parametrize("keyword", [
    "PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN",
    "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH", "CHUNKING", "BINARYMIME",
    "DELIVERBY", "FUTURERELEASE", "MT-PRIORITY", "LIMITS", "ETRN", "XCLIENT",
    "VRFY", "EXPN", "HELP"])
def test_each_extension_can_be_hidden(sink: Start, talk: Talk,
                                      keyword: str) -> None:
    everything = ["--limit", "RCPTMAX=5", "--xclient", "--list", f"a={BOB}",
                  "--allow-cleartext-auth"]
    line = talk(sink(*everything, tls="starttls", users=USERS))
    shown = line.keywords()
    assert keyword in shown and len(shown) == len(set(shown))
    line = talk(sink(*everything, "--without", keyword, tls="starttls",
                     users=USERS))
    gone = {"CHUNKING", "BINARYMIME"} if keyword == "CHUNKING" else {keyword}
    assert set(line.keywords()) == set(shown) - gone


# The command line


@pytest.mark.parametrize("arguments, sentence", [
    (["--without", "CHUNKIN"], "did you mean CHUNKING?"),
    (["--limit", "RCPTMAX"], "--limit RCPTMAX= takes a number from 1"),
    (["--limit", "RCPTMAX=0"], "--limit RCPTMAX= takes a number from 1"),
    (["--limit", "MAILMAX=1000000"], "from 1 to 999999, not \"1000000\""),
    (["--limit", "RCPTMAKS=1"], "did you mean RCPTMAX?"),
    (["--list", "staff"], "--list takes NAME=address,address"),
    (["--list", "staff="], "a list has 1 to 100 members"),
    (["--list", "staff=a b"], "the address \"a b\""),
    (["--list", "a=" + ",".join(["x@y.example"] * 101)], "1 to 100 members"),
    (["--etrn", "x=300 no"], "from 200 to 299 or 400 to 599"),
    (["--refuse-bdat=250 Ok"], "does not begin with a code from 400"),
    (["--refuse-pipelining=no"], "does not begin with a code from 400"),
    (["--lmtp", "--xclient"], "--xclient and --etrn are for SMTP"),
    (["--tls-min", "1.1"], "--tls-min takes 1.2 or 1.3"),
    (["--tls", "starttls", "--tls-min", "1.3", "--tls-max", "1.2"],
     "no version is left"),
    (["--tls-min", "1.3"], "without TLS its options do nothing"),
    (["--client-ca", "/dev/null"], "without TLS its options do nothing"),
    (["--require-client-certificate"], "needs --client-ca"),
    (["--mechanisms", "XOAUTH"], "did you mean XOAUTH2?"),
    (["--mechanisms", "XOAUTH2"], "nobody who could authenticate")])
def test_bad_options(pneu: Pneu, arguments: list[str],
                     sentence: str) -> None:
    result = pneu.run("sink", *arguments)
    assert result.status == 64
    assert sentence in result.err


def test_external_needs_a_ca(pneu: Pneu, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("ann:secret\n")
    result = pneu.run("sink", "--user-file", users, "--mechanisms",
                      "EXTERNAL")
    assert result.status == 64
    assert "--mechanisms EXTERNAL needs --client-ca" in result.err


def test_a_client_ca_that_is_none(pneu: Pneu, tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text("This is no certificate.\n")
    for file in (path, tmp_path / "nosuch"):
        result = pneu.run("sink", "--tls", "starttls", "--client-ca", file)
        assert result.status == 66
        assert "the CA of the clients" in result.err
