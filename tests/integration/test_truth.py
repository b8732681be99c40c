"""A call of the library never says more than the server surely said, and
keeps no secret that it should not."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Callable

from conftest import PASSWORD
from runner import Calls
from servers.certificates import Authority, Certificate
from servers.scripted import Peer, Scripted, Talk
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
SHORT = "Subject: x\n\nx\n"
TO_DATA = [["connect"], ["ehlo"], ["mail", ANN], ["rcpt", BOB]]
STARTTLS, VERIFIED = 3, 3


def test_data_that_nobody_takes_is_not_sent(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={"RCPT": "550 5.1.1 no such user"}))
    rows = calls.run([*TO_DATA, ["data", SHORT], ["error"], ["noop"]],
                     host=server.host, port=server.port)
    assert [row.status for row in rows[3:5]] == ["REFUSED", "REFUSED"]
    assert "not sent" in rows[5].text
    assert rows[6].status == "OK"
    assert "DATA" not in server.lines()


def test_250_before_the_message_is_in_doubt(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={"DATA": "354 go on\n250 queued"}))
    rows = calls.run([*TO_DATA, ["data", SHORT], ["connected"]],
                     host=server.host, port=server.port)
    assert rows[4].status == "IN_DOUBT"
    assert rows[5].code == 0


def test_250_in_the_midst_of_the_message_is_in_doubt(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    def talk(peer: Peer) -> None:
        peer.say("220 scripted.example")
        for answer in ("250 hello", "250 ok", "250 ok", "354 go on"):
            peer.line()
            peer.say(answer)
        peer.hear()
        peer.say("250 queued")
        peer.wait()

    server = scripted(talk)
    rows = calls.run([*TO_DATA, ["big", "20000000"]], host=server.host,
                     port=server.port)
    assert rows[4].status == "IN_DOUBT"


def test_answer_with_more_behind_it_is_no_success(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(answers={"NOOP": "250 ok\n250 and more"}))
    rows = calls.run([["connect"], ["ehlo"], ["noop"], ["connected"]],
                     host=server.host, port=server.port)
    assert rows[2].status == "PROTOCOL"
    assert rows[3].code == 0


def test_injection_behind_starttls_is_no_success(
        calls: Calls, scripted: Callable[..., Scripted],
        certificate: Certificate) -> None:
    server = scripted(Talk(capabilities=["STARTTLS"], certificate=certificate,
                           answers={"STARTTLS": "220 go\n250 injected"}))
    rows = calls.run([["connect"], ["ehlo"], ["starttls"], ["connected"]],
                     host=server.host, port=server.port, tls=STARTTLS)
    assert rows[2].status == "PROTOCOL"
    assert rows[3].code == 0


def test_refused_credentials_are_not_kept(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(capabilities=["AUTH PLAIN"],
                           answers={"AUTH": "535 5.7.8 no"}))
    rows = calls.run([["connect"], ["ehlo"], ["login", ANN, PASSWORD],
                      ["sendmail", ANN, "", "", SHORT, BOB]],
                     host=server.host, port=server.port)
    assert [row.status for row in rows[2:]] == ["REFUSED", "OK"]
    assert server.said.count(b"AUTH ") == 1


def test_plus_is_chosen_the_long_way_too(
        calls: Calls, sink: Callable[..., Sink]) -> None:
    server = sink(tls="starttls", users={ANN: PASSWORD})
    rows = calls.run([["connect"], ["ehlo"], ["starttls"], ["ehlo"],
                      ["login", ANN, PASSWORD], ["protection"]],
                     host="localhost", port=server.port, tls=STARTTLS,
                     ca_file=server.ca_file)
    assert rows[4].status == "OK" and rows[5].code == VERIFIED
    assert "> AUTH SCRAM-SHA-256-PLUS" in calls.err


def test_verb_with_a_call_of_its_own_is_refused_as_a_command(
        calls: Calls, scripted: Callable[..., Scripted]) -> None:
    server = scripted(Talk(capabilities=["AUTH PLAIN"]))
    rows = calls.run([["connect"], ["ehlo"],
                      ["command", "auth PLAIN AGEAc2VjcmV0"], ["error"],
                      ["command", "DATA"], ["command", "HELP"]],
                     host=server.host, port=server.port)
    assert [rows[i].status for i in (2, 4, 5)] == ["MISUSE", "MISUSE", "OK"]
    assert "AGEAc2VjcmV0" not in rows[3].text + calls.err
    assert b"AGEAc2VjcmV0" not in server.said


def test_each_phase_has_its_own_time(
        calls: Calls, scripted: Callable[..., Scripted],
        authority: Authority, certificate: Certificate) -> None:
    """0.7 s for the handshake and 0.7 s for EHLO are within 1 s each."""
    def talk(peer: Peer) -> None:
        peer.say("220 scripted.example")
        peer.line()
        peer.say("250-scripted.example\n250 STARTTLS")
        peer.line()
        peer.say("220 go")
        time.sleep(0.7)
        peer.encrypt(certificate)
        peer.line()
        time.sleep(0.7)
        peer.say("250 scripted.example")
        peer.wait()

    server = scripted(talk)
    rows = calls.run([["open"]], host="localhost", port=server.port,
                     tls=STARTTLS, ca_file=authority.file,
                     timeout_ms=1000)
    assert rows[0].status == "OK", calls.err


SLOW_RESOLVER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **results)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!hints || !(hints->ai_flags & AI_NUMERICHOST))
        sleep(3);
    return real(host, service, hints, results);
}
"""


def test_look_up_ends_in_time(calls: Calls, tmp_path: Path) -> None:
    source = tmp_path / "slow.c"
    library = tmp_path / "slow.so"
    source.write_text(SLOW_RESOLVER)
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", library, "-ldl"],
                   check=True, timeout=30)
    preload = ":".join(filter(None, [calls.sanitizer(), str(library)]))
    calls.prefix = ["env", f"LD_PRELOAD={preload}"]
    begin = time.monotonic()
    rows = calls.run([["open"], ["error"]], host="slow.invalid", port=25,
                     timeout_ms=500)
    assert time.monotonic() - begin < 2.5
    assert rows[0].status == "TIMEOUT"
    assert "slow.invalid" in rows[1].text
