"""Each error that client.h promises is brought about."""

from __future__ import annotations

from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Calls, named, statuses
from servers.certificates import Certificate
from servers.ports import free_port, own_address
from servers.scripted import (CLOSE, HANG_UP_AT_354, Peer, Scripted, Talk,
                              verbs)

ANN = "ann@example.com"
BOB = "bob@example.com"
SHORT = "Subject: x\n\nx\n"
SEND = ["sendmail", ANN, "", "", SHORT, BOB]
BEGIN = [["connect"], ["ehlo"]]
TO_DATA = [*BEGIN, ["mail", ANN], ["rcpt", BOB]]
NO_TLS, STARTTLS, IMPLICIT = 1, 3, 4  # pneu_tls_mode

Start = Callable[..., Scripted]


# pneu_client_new


@pytest.mark.parametrize("status,words,options", [
    ("INVALID", "password", {"password": "x"}),
    ("INVALID", "TLS", {"tls": 9}),
    ("INVALID", "X-NOTHING", {"user": "u", "password": "p",
                              "mechanism": "X-NOTHING"}),
    ("INVALID", "size", {"size": 0}),
    ("INVALID", "port", {"host": "127.0.0.1:99999"}),
    ("INVALID", "source", {"source": "not an address"}),
    ("LINE_BREAK", "own name", {"local_name": "a\nQUIT"}),
    ("LINE_BREAK", "host", {"host": "a\rb"}),
])
def test_new(calls: Calls, status: str, words: str,
             options: dict[str, str | int]) -> None:
    row, = calls.run([], **options)
    assert (row.name, row.status) == ("new", status)
    assert words in row.text


# Connecting


def test_host_that_is_not_known(calls: Calls) -> None:
    rows = calls.run([["connect"], ["error_more"]],
                     host="no-such-host.invalid", port=25)
    # LOOKUP where no name server can be asked
    assert rows[0].status in ("HOST_UNKNOWN", "LOOKUP")
    assert rows[1].text == "gaierror"


def test_nobody_listens(calls: Calls) -> None:
    rows = calls.run([["connect"], ["error_more"], ["noop"]],
                     host="127.0.0.1", port=free_port())
    assert (rows[0].status, rows[2].status) == ("CONNECT", "MISUSE")
    assert rows[1].text == "OSError"


def test_source_that_is_no_address_of_this_machine(calls: Calls,
                                                   scripted: Start) -> None:
    server = scripted(Talk())
    rows = calls.run([["connect"], ["error"]], host=server.host,
                     port=server.port, source="192.0.2.1")
    assert rows[0].status in ("CONNECT", "SYSTEM")
    assert "192.0.2.1" in rows[1].text


@pytest.mark.parametrize("greeting,status", [
    ("554 5.7.1 not you", "REFUSED"), ("421 4.3.2 later", "REFUSED"),
    ("hello_ms", "PROTOCOL"), (CLOSE, "LOST")])
def test_greeting(calls: Calls, scripted: Start, greeting: str,
                  status: str) -> None:
    server = scripted(Talk(greeting=greeting))
    rows = calls.run([["connect"], ["error"]], host=server.host,
                     port=server.port)
    assert statuses(rows) == [status, status]
    assert rows[0].code == (int(greeting[:3]) if status == "REFUSED" else 0)


def test_tls_that_is_none(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    rows = calls.run([["connect"], ["connected"]], host=server.host,
                     port=server.port, tls=IMPLICIT)
    assert (rows[0].status, rows[1].code) == ("TLS", 0)


def proxied(answer: str) -> Callable[[Peer], None]:
    """An HTTP proxy that says so much, and then is the server itself."""
    def script(peer: Peer) -> None:
        while peer.line():
            pass
        peer.say(f"HTTP/1.1 {answer}\n")
        Talk()(peer)
    return script


@pytest.mark.parametrize("answer,status", [("200 connected", "OK"),
                                           ("403 not there", "PROXY")])
def test_proxy(calls: Calls, scripted: Start, answer: str,
               status: str) -> None:
    proxy = scripted(proxied(answer))
    rows = calls.run([["lookup_name"], ["connect"], ["error"]],
                     host="mail.example", port=25,
                     proxy=f"http://127.0.0.1:{proxy.port}")
    assert rows[0].text == "127.0.0.1"
    assert rows[1].status == status
    assert proxy.lines()[0] == "CONNECT mail.example:25 HTTP/1.1"


# Opening


def test_starttls_that_is_not_offered(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    rows = calls.run([["open"], ["connect"], ["ehlo"], ["starttls"],
                      ["noop"]],
                     host=server.host, port=server.port, tls=STARTTLS)
    assert statuses(rows) == ["NOT_OFFERED", "OK", "OK", "NOT_OFFERED", "OK"]
    assert "STARTTLS" not in verbs(server)


@pytest.mark.parametrize("call", ["open", "starttls"])
def test_certificate_that_is_not_trusted(
        calls: Calls, scripted: Start, misnamed: Certificate,
        call: str) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    begin = BEGIN if call == "starttls" else []
    rows = calls.run([*begin, [call], ["connected"]], host=server.host,
                     port=server.port, tls=STARTTLS)
    assert (rows[-2].status, rows[-1].code) == ("UNTRUSTED", 0)


def test_handshake_that_fails(calls: Calls, scripted: Start) -> None:
    def script(peer: Peer) -> None:
        peer.say("220 ready")
        peer.line()
        peer.say("250-here\n250 STARTTLS")
        peer.line()
        peer.say("220 begin")
        peer.hear()
        peer.say("this is no TLS")
        peer.wait()

    server = scripted(script)
    rows = calls.run([*BEGIN, ["starttls"], ["connected"]], host=server.host,
                     port=server.port)
    assert (rows[2].status, rows[3].code) == ("TLS", 0)


def test_credentials_that_are_not_to_be_had(calls: Calls,
                                            scripted: Start) -> None:
    for offered in ("DSN", "AUTH X-TICKET"):
        server = scripted(Talk([offered]))
        rows = calls.run([["open"], ["login", ANN, PASSWORD]],
                         host=server.host, port=server.port, user=ANN,
                         password=PASSWORD)
        assert statuses(rows) == ["NOT_OFFERED"] * 2
        assert "AUTH" not in verbs(server)


def test_credentials_over_an_open_line(calls: Calls, scripted: Start) -> None:
    if (address := own_address()) is None:
        pytest.skip("this machine has no address but loopback")
    server = scripted(Talk(["AUTH PLAIN X-TICKET"]), address)
    rows = calls.run(
        [*BEGIN, ["login", ANN, PASSWORD], ["auth", "X-TICKET", "a"]],
        host=address, port=server.port, tls=NO_TLS)
    assert statuses(named(rows, "login") + named(rows, "auth")) == [
        "UNPROTECTED"] * 2
    assert "AUTH" not in verbs(server)
    rows = calls.run([*BEGIN, ["login", ANN, PASSWORD]], host=address,
                     port=server.port, tls=NO_TLS, allow_cleartext_auth=1)
    assert rows[2].status == "OK"


@pytest.mark.parametrize("answer,status", [
    ("535 5.7.8 no", "REFUSED"), ("334 !not base64!", "AUTH_FAILED"),
    ("235 2.7.0 too early", "AUTH_FAILED")])
def test_authentication_that_fails(calls: Calls, scripted: Start,
                                   answer: str, status: str) -> None:
    server = scripted(Talk(["AUTH SCRAM-SHA-256"], answers={
        "AUTH": answer, "*": "501 5.7.0 cancelled"}))
    rows = calls.run([["open"], ["error"], ["error_more"]], host=server.host,
                     port=server.port, user=ANN, password=PASSWORD)
    assert rows[0].status == status
    assert PASSWORD not in rows[1].text
    assert rows[2].text == "SMTPAuthenticationError"


def test_own_mechanism_that_is_refused(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["AUTH X-TICKET"], answers={"AUTH": "535 no"}))
    rows = calls.run([*BEGIN, ["auth", "X-TICKET", "a"],
                      ["noop"], ["auth", "X-OTHER", "a"]],
                     host=server.host, port=server.port)
    assert [(row.status, row.code) for row in named(rows, "auth")] == [
        ("REFUSED", 535), ("NOT_OFFERED", 0)]
    assert named(rows, "noop")[0].status == "OK"


# Misuse


@pytest.mark.parametrize("call", [
    ["ehlo"], ["helo"], ["starttls"], ["mail", ANN], ["rcpt", BOB],
    ["data", SHORT], ["rset"], ["noop"], ["verify", BOB],
    ["expand", "staff"], ["help"], ["etrn", "example.com"],
    ["xclient", "addr=192.0.2.1"], ["command", "NOOP"], ["quit"]],
    ids=lambda call: call[0])
def test_without_a_connection(calls: Calls, call: list[str]) -> None:
    rows = calls.run([call, ["error"], ["connected"]], host="127.0.0.1",
                     port=9)
    assert statuses(rows[:2]) == ["MISUSE", "MISUSE"]
    assert rows[0].code == 0 and rows[1].text
    assert rows[2].code == 0


@pytest.mark.parametrize("call", [
    ["connect"], ["open"], ["login", ANN, PASSWORD],
    ["auth", "X-TICKET", "a"], SEND],
    ids=lambda call: call[0])
def test_these_connect_by_themselves(calls: Calls, scripted: Start,
                                     call: list[str]) -> None:
    server = scripted(Talk(["AUTH PLAIN X-TICKET"],
                           answers={"NOOP": CLOSE}))
    rows = calls.run([call, ["noop"], ["ehlo"], call], host=server.host,
                     port=server.port)
    assert [row.status for row in rows if row.name == call[0]] == ["OK", "OK"]
    assert named(rows, "ehlo")[0].status == "MISUSE"
    assert server.connections == 2


@pytest.mark.parametrize("line", [
    "EHLO a", "HELO a", "LHLO a", "STARTTLS", "AUTH PLAIN", f"MAIL FROM:<>",
    "rcpt TO:<a@b>", "DATA", "BDAT 0 LAST", "XCLIENT ADDR=1", "quit",
    "RSET"])
def test_command_that_has_a_call_of_its_own(calls: Calls, scripted: Start,
                                            line: str) -> None:
    server = scripted(Talk())
    rows = calls.run([*BEGIN, ["command", line], ["noop"]], host=server.host,
                     port=server.port)
    assert statuses(rows) == ["OK", "OK", "MISUSE", "OK"]
    assert verbs(server) == ["EHLO", "NOOP"]


def test_order_that_is_impossible(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN", "STARTTLS"]))
    rows = calls.run(
        [*BEGIN, ["rcpt", BOB], ["data", SHORT], ["mail", ANN],
         ["mail", ANN], ["data", SHORT], ["rcpt", BOB], ["data", SHORT],
         ["rcpt", BOB]], host=server.host, port=server.port)
    assert statuses(rows) == ["OK", "OK", "MISUSE", "MISUSE", "OK", "MISUSE",
                              "MISUSE", "OK", "OK", "MISUSE"]
    assert verbs(server).count("DATA") == 1


def test_going_on_and_addresses(calls: Calls) -> None:
    rows = calls.run(
        [["go_on"], ["add_address", "not an address"],
         *[["add_address", f"192.0.2.{i}"] for i in range(1, 18)],
         ["connected"]], host="mail.example", port=25, non_blocking=1)
    assert statuses(rows) == ["MISUSE", "INVALID", *["OK"] * 16, "TOO_LARGE",
                              ""]


# Arguments


@pytest.mark.parametrize("call", [
    ["verify", f"{BOB}\nQUIT"], ["expand", "staff\r"],
    ["help", "me\nQUIT"], ["etrn", "example.com\nQUIT"],
    ["xclient", "addr=192.0.2.1\nQUIT"], ["command", "NOOP\nQUIT"]],
    ids=lambda call: call[0])
def test_line_break(calls: Calls, scripted: Start, call: list[str]) -> None:
    server = scripted(Talk(["ETRN", "XCLIENT ADDR", "EXPN"]))
    rows = calls.run([*BEGIN, call, ["noop"]], host=server.host,
                     port=server.port)
    assert statuses(rows) == ["OK", "OK", "LINE_BREAK", "OK"]
    assert verbs(server) == ["EHLO", "NOOP"]


ALL = ["SIZE", "8BITMIME", "SMTPUTF8", "DSN", "AUTH PLAIN", "DELIVERBY",
       "FUTURERELEASE 99999 2040-01-01T00:00:00Z", "MT-PRIORITY",
       "REQUIRETLS", "ETRN", "XCLIENT NAME"]


@pytest.mark.parametrize("stated,status", [
    ("envid=line\nbreak", "LINE_BREAK"), ("raw=A=1\nQUIT", "LINE_BREAK"),
    ("priority=10", "INVALID"), ("hold_seconds=1000000000", "INVALID"),
    ("hold_until=tomorrow", "INVALID"), ("by=return", "INVALID"),
    ("require_tls=1", "UNPROTECTED"), ("body=binarymime", "NOT_OFFERED")])
def test_mail_parameter(calls: Calls, scripted: Start, stated: str,
                        status: str) -> None:
    server = scripted(Talk(ALL))
    rows = calls.run([["state", stated], *BEGIN, ["mail", ANN],
                      [*SEND], ["state"], ["mail", ANN]],
                     host=server.host, port=server.port)
    assert statuses(rows[3:5]) == [status, status]
    assert rows[-1].status == "OK"
    assert verbs(server) == ["EHLO", "MAIL"]


@pytest.mark.parametrize("stated,status", [
    ("notify=never,success", "INVALID"), ("orcpt=a\nb", "LINE_BREAK"),
    ("rcpt_raw=A=1\rQUIT", "LINE_BREAK")])
def test_rcpt_parameter(calls: Calls, scripted: Start, stated: str,
                        status: str) -> None:
    server = scripted(Talk(ALL))
    rows = calls.run([["state", stated], *BEGIN, ["mail", ANN],
                      ["rcpt", BOB], ["state"], ["rcpt", BOB]],
                     host=server.host, port=server.port)
    assert [row.status for row in named(rows, "rcpt")] == [status, "OK"]


@pytest.mark.parametrize("stated", [
    "ret=full", "envid=a", f"auth={BOB}", "hold_seconds=5", "priority=1",
    "smtputf8=1", "body=8bitmime", "notify=never", f"orcpt={BOB}"])
def test_parameter_that_is_not_offered(calls: Calls, scripted: Start,
                                       stated: str) -> None:
    server = scripted(Talk(["HELP"]))
    rows = calls.run([["state", stated], SEND, ["error"]], host=server.host,
                     port=server.port)
    assert statuses(rows[1:]) == ["NOT_OFFERED"] * 2
    assert verbs(server) == ["EHLO"]


def test_question_that_is_not_offered(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["XCLIENT NAME"]))
    rows = calls.run([*BEGIN, ["etrn", "example.com"],
                      ["xclient", "login=me"], ["xclient"],
                      ["verify", "jörg"]], host=server.host, port=server.port)
    assert statuses(rows[2:]) == ["NOT_OFFERED", "NOT_OFFERED", "INVALID",
                                  "NOT_OFFERED"]
    assert verbs(server) == ["EHLO"]


# Refusals


@pytest.mark.parametrize("verb,command,exception", [
    ("MAIL", "MAIL", "SMTPSenderRefused"),
    ("RCPT", "RCPT", "SMTPRecipientsRefused"),
    ("DATA", "DATA", "SMTPDataError"),
    (".", "end of message", "SMTPDataError")])
def test_refused(calls: Calls, scripted: Start, verb: str, command: str,
                 exception: str) -> None:
    server = scripted(Talk(answers={verb: "451 4.3.0 not now"}))
    rows = calls.run([SEND, ["error"], ["error_more"], ["noop"]],
                     host=server.host, port=server.port)
    assert statuses(rows[:2]) == ["REFUSED"] * 2 and rows[1].code == 451
    assert (rows[2].status, rows[2].text) == (command, exception)
    assert rows[3].status == "OK"


@pytest.mark.parametrize("verb", ["DATA", "."])
def test_data_tells_which_of_the_two_was_refused(
        calls: Calls, scripted: Start, verb: str) -> None:
    server = scripted(Talk(answers={verb: "554 5.6.0 no"}))
    rows = calls.run([*TO_DATA, ["data", SHORT], ["error_more"]],
                     host=server.host, port=server.port)
    assert (rows[4].status, rows[4].code) == ("REFUSED", 554)
    assert rows[5].status == ("DATA" if verb == "DATA" else "end of message")


def test_lost_in_the_midst_of_a_message(calls: Calls,
                                        scripted: Start) -> None:
    server = scripted(Talk(answers={"DATA": HANG_UP_AT_354}))
    rows = calls.run([*TO_DATA, ["big", "20000000"], ["error_more"]],
                     host=server.host, port=server.port)
    assert rows[4].status == "LOST"
    assert rows[5].text == "SMTPServerDisconnected"
