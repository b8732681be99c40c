"""Messages, results, questions and parameters of the blocking client, as
client.h and delivery.h say."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from runner import Calls, named, statuses
from servers.scripted import Scripted, Talk, verbs
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
GONE = "gone@example.com"
SHORT = "Subject: x\n\nx\n"
SEND = ["sendmail", ANN, "", "", SHORT, BOB]
NO_TLS = 1  # pneu_tls_mode
SERVERS_FAULT = 4  # pneu_fault

Start = Callable[..., Scripted]
StartSink = Callable[..., Sink]


# Results


def test_result_of_a_message(calls: Calls, sink: StartSink) -> None:
    later = "later@example.com"
    server = sink("--refuse", GONE, "--defer", later)
    rows = calls.run(
        [["result"], [*SEND, GONE, later], ["error"], ["error_more"],
         ["result"], ["sendmail", "bad address", "", "", SHORT, BOB],
         ["result"]], host=server.host, port=server.port)
    results = named(rows, "result")
    assert [row.status for row in results] == ["none", "", "none"]
    assert results[1].code == 69
    assert {row.status: row.code for row in named(rows, "tally")} == {
        "accepted": 1, "refused for good": 1, "refused for now": 1,
        "not tried": 0, "in doubt": 0}
    assert [row.text for row in named(rows, "again")] == [later]
    assert named(rows, "error")[0].status == "REFUSED"
    more, = named(rows, "error_more")
    assert (more.status, more.code) == ("RCPT", SERVERS_FAULT)
    assert more.text == "SMTPRecipientsRefused"


def test_preflight_says_all_that_is_wrong_and_sends_nothing(
        calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["SIZE 20"]))
    check = ["preflight", ANN, "Subject: Grüße\n\nlong enough\n", "bad one@",
             "jörg@example.com"]
    rows = calls.run(
        [["state", "ret=hdrs", "priority=1"], check, ["connect"], ["ehlo"],
         check, ["state"], ["preflight", ANN, SHORT, BOB]],
        host=server.host, port=server.port)
    before, after, fine = [row.code for row in named(rows, "preflight")]
    problems = [row.status for row in named(rows, "problem")]
    assert len(problems) == before + after and fine == 0
    assert problems[:before] == ["BAD_ADDRESS"]
    assert set(problems[before:]) == {"BAD_ADDRESS", "NOT_OFFERED",
                                      "TOO_LARGE"}
    said = "".join(row.text for row in named(rows, "problem")[before:])
    for word in ("DSN", "MT-PRIORITY", "8BITMIME", "SMTPUTF8", "20"):
        assert word in said
    assert verbs(server) == ["EHLO"]


def test_all_or_nothing(calls: Calls, sink: StartSink) -> None:
    server = sink("--refuse", GONE)
    rows = calls.run([["state", "all_or_nothing=1"], [*SEND, GONE],
                      ["state"], [*SEND, GONE]],
                     host=server.host, port=server.port)
    assert [row.status for row in named(rows, "sendmail")] == ["REFUSED"] * 2
    assert [words[1] for words in calls.outcomes] == [
        "not tried", "refused for good", "accepted", "refused for good"]
    assert len(server.letters()) == 1


def test_local_names_and_long_lines(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    long = "Subject: x\n\n" + "x" * 1500 + "\n"
    rows = calls.run(
        [["sendmail", ANN, "", "", SHORT, "bob"],
         ["sendmail", ANN, "", "", long, BOB],
         ["state", "allow_local=1", "allow_long_lines=1"],
         ["sendmail", ANN, "", "", long, "bob"]],
        host=server.host, port=server.port)
    assert [row.status for row in named(rows, "sendmail")] == [
        "BAD_ADDRESS", "BAD_MESSAGE", "OK"]
    assert "RCPT TO:<bob>" in [line.replace("rcpt", "RCPT")
                               for line in server.lines()]


# LMTP


@pytest.mark.parametrize("line", ["TCP", "Unix"])
def test_lmtp(calls: Calls, sink: StartSink, short_path: Path,
              line: str) -> None:
    second = "cyd@example.com"
    more = {"unix": short_path / "lmtp"} if line == "Unix" else {}
    server = sink("--lmtp", "--refuse", GONE, "--refuse-delivery",
                  f"{second}=550 5.2.2 full", **more)
    where = {"port": server.port} if server.port else {}
    rows = calls.run(
        [["open"], ["is_extended"], ["helo"], ["mail", ANN], ["rcpt", BOB],
         ["data", SHORT], ["rset"], [*SEND, GONE, second], ["result"],
         ["quit"]], host=server.host, lmtp=1, **where)
    assert statuses([row for row in rows
                     if row.name not in ("tally", "again")]) == [
        "OK", "", "MISUSE", "OK", "OK", "MISUSE", "OK", "REFUSED", "", "OK"]
    assert [words[1:4] for words in calls.outcomes] == [
        ["accepted", "end of message", "250"],
        ["refused for good", "RCPT", "550"],
        ["refused for good", "end of message", "550"]]
    assert len(server.letters()) == 1
    assert "> LHLO" in calls.err and "> EHLO" not in calls.err


# What the server is asked


def test_questions_and_their_answers(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(
        ["EXPN", "VRFY", "ETRN", "XCLIENT ADDR NAME", "SMTPUTF8"],
        answers={"VRFY": "252 2.1.5 perhaps", "EXPN": "250-one\n250 two",
                 "HELP": "214 ask away", "ETRN": "253 2.0.0 begun",
                 "XCLIENT": "220 who is it?"}))
    rows = calls.run(
        [["open"], ["verify", BOB], ["verify", "jörg"], ["expand", "staff"],
         ["help"], ["help", "MAIL"], ["etrn", "@example.com"],
         ["xclient", "addr=192.0.2.1", "name="], ["hello_reply"],
         ["ehlo"], ["command", "XYZZY two words"], ["reply"]],
        host=server.host, port=server.port)
    assert [(row.status, row.code) for row in rows[1:8]] == [
        ("OK", 252), ("OK", 252), ("OK", 250), ("OK", 214), ("OK", 214),
        ("OK", 253), ("OK", 220)]
    assert rows[3].text == "one / two"
    assert statuses(rows[8:]) == ["none", "OK", "OK", "reply"]
    said = server.lines()
    for line in (f"VRFY {BOB}", "VRFY jörg SMTPUTF8", "EXPN staff", "HELP",
                 "HELP MAIL", "ETRN @example.com",
                 "XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1",
                 "XYZZY two words"):
        assert line in said


def test_typed_parameters_reach_the_line(calls: Calls,
                                         scripted: Start) -> None:
    server = scripted(Talk(
        ["SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH PLAIN",
         "DELIVERBY 60", "FUTURERELEASE 99999 2040-01-01T00:00:00Z",
         "MT-PRIORITY", "X-ODD"]))
    rows = calls.run(
        [["open"],
         ["state", "octets=77", "body=8bitmime", "smtputf8=1", "ret=full",
          "envid=a b", f"auth={BOB}", "by=notify", "by_seconds=90",
          "by_trace=1", "hold_seconds=60", "priority=-3", "raw=X-ODD=1",
          "notify=success,delay", "orcpt=bob@elsewhere.example",
          "orcpt_type=rfc822", "rcpt_raw=X-ODD=2"],
         ["mail", ANN], ["rcpt", BOB], ["rset"],
         ["state", "hold_until=2030-01-01T00:00:00Z", "body=7bit"],
         ["mail", ANN]], host=server.host, port=server.port)
    assert set(statuses(rows)) == {"OK"}, calls.err
    first, second = (line.split()[2:] for line in server.lines()
                     if line.upper().startswith("MAIL"))
    assert sorted(first) == sorted([
        "SIZE=77", "BODY=8BITMIME", "SMTPUTF8", "RET=FULL", "ENVID=a+20b",
        f"AUTH={BOB}", "BY=90;NT", "HOLDFOR=60", "MT-PRIORITY=-3",
        "X-ODD=1"])
    assert sorted(second) == ["BODY=7BIT", "HOLDUNTIL=2030-01-01T00:00:00Z"]
    rcpt = next(line for line in server.lines()
                if line.upper().startswith("RCPT"))
    assert sorted(rcpt.split()[2:]) == [
        "NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;bob@elsewhere.example",
        "X-ODD=2"]


def test_switches(calls: Calls, sink: StartSink) -> None:
    """Without groups and without BDAT, whatever is offered."""
    server = sink()
    calls.run([[*SEND, "cyd@example.com"], ["quit"]], host=server.host,
              port=server.port, no_pipelining=1, no_chunking=1, tls=NO_TLS)
    marks = [line[0] for line in calls.err.splitlines() if line[0] in "<>"]
    assert ">>" not in "".join(marks)
    assert "> DATA" in calls.err and "BDAT" not in calls.err
