"""What pneu_client_set_debug_level() shows, letter by letter, in the form of
smtplib's set_debuglevel(): at level 1, at level 2 with the time, at level 0
nothing; and never a secret."""

from __future__ import annotations

import base64
import re
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Calls
from servers.scripted import CLOSE, Peer, Scripted, Talk

ANN = "ann@example.com"
BOB = "bob@example.com"
GREETING = r"""connect: to ('127.0.0.1', PORT)
reply: '220 scripted.example ESMTP\r\n'
reply: retcode (220); Msg: scripted.example ESMTP
connect: (220, 'scripted.example ESMTP')
"""
QUIT = r"""send: 'QUIT\r\n'
reply: '221 bye\r\n'
reply: retcode (221); Msg: bye
"""
FINE = r"""reply: '250 2.0.0 fine\r\n'
reply: retcode (250); Msg: 2.0.0 fine
"""
Start = Callable[..., Scripted]


def ehlo(*words: str) -> str:
    """The exchange of EHLO with a server that offers these."""
    lines = ["scripted.example", *words]
    marks = ["-"] * (len(lines) - 1) + [" "]
    return ("send: 'EHLO client.example\\r\\n'\n"
            + "".join(f"reply: '250{mark}{line}\\r\\n'\n"
                      for mark, line in zip(marks, lines))
            + "reply: retcode (250); Msg: " + "\n".join(lines) + "\n")


def show(calls: Calls, server: Scripted, *script: list[str], level: str = "1",
         **options: str | int) -> str:
    """What the calls show on standard error; the port made a word."""
    calls.run([["debug_level", level], *script], host=server.host,
              port=server.port, local_name="client.example", no_log=1,
              **options)
    return calls.err.replace(str(server.port), "PORT")


def sendmail(message: str, *to: str) -> list[str]:
    return ["sendmail", ANN, "", "", message, *(to or (BOB,))]


def test_each_command_by_itself(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(answers={"VRFY": "252 2.1.5 try"}))
    shown = show(calls, server, ["connect"], ["ehlo"], ["mail", ANN],
                 ["rcpt", BOB], ["rset"], ["noop"], ["verify", "bob"],
                 ["command", "XYZZY now"], ["quit"])
    assert shown == (
        GREETING + ehlo()
        + f"send: 'MAIL FROM:<{ANN}>\\r\\n'\n" + FINE
        + f"send: 'RCPT TO:<{BOB}>\\r\\n'\n" + FINE
        + "send: 'RSET\\r\\n'\n" + FINE + "send: 'NOOP\\r\\n'\n" + FINE
        + "send: 'VRFY bob\\r\\n'\n" + r"reply: '252 2.1.5 try\r\n'" + "\n"
        + "reply: retcode (252); Msg: 2.1.5 try\n"
        + "send: 'XYZZY now\\r\\n'\n" + FINE + QUIT)


def test_data(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["SIZE"]))
    shown = show(calls, server, sendmail("Subject: x\n\n.it's a\\\n"),
                 ["quit"])
    assert shown == GREETING + ehlo("SIZE") + (
        f"send: 'MAIL FROM:<{ANN}> SIZE=24\\r\\n'\n" + FINE
        + f"send: 'RCPT TO:<{BOB}>\\r\\n'\n" + FINE) + (
        r"""send: 'DATA\r\n'
reply: '354 go on\r\n'
reply: retcode (354); Msg: go on
data: (354, 'go on')
send: 'Subject: x\r\n\r\n..it\'s a\\\r\n.\r\n'
reply: '250 2.0.0 fine\r\n'
reply: retcode (250); Msg: 2.0.0 fine
data: (250, '2.0.0 fine')
""") + QUIT


def test_group(calls: Calls, scripted: Start) -> None:
    """What goes out together is shown together, line by line; and the
    replies after it, in order."""
    server = scripted(Talk(["PIPELINING"], answers={"RCPT": "550 no"}))
    shown = show(calls, server, sendmail("x\n", BOB, "cyd@example.com"))
    group = (f"send: 'MAIL FROM:<{ANN}>\\r\\n'\n"
             f"send: 'RCPT TO:<{BOB}>\\r\\n'\n"
             "send: 'RCPT TO:<cyd@example.com>\\r\\n'\n"
             "send: 'DATA\\r\\n'\n")
    refused = "reply: '550 no\\r\\n'\nreply: retcode (550); Msg: no\n"
    assert group + FINE + refused * 2 in shown


class Chunks:
    """A server that takes a message by BDAT."""

    def __call__(self, peer: Peer) -> None:
        peer.say("220 scripted.example ESMTP")
        while True:
            verb, _, rest = peer.line().partition(" ")
            if verb == "EHLO":
                peer.say("250-scripted.example\n250-PIPELINING\n250 CHUNKING")
                continue
            if verb == "BDAT":
                left = int(rest.split()[0])
                while left > 0:
                    left -= len(peer.line()) + 2
            peer.say("221 bye" if verb == "QUIT" else "250 2.0.0 fine")


def test_bdat(calls: Calls, scripted: Start) -> None:
    server = scripted(Chunks())
    shown = show(calls, server, sendmail("Subject: x\n\n.dot\n"), ["quit"])
    assert shown == GREETING + ehlo("PIPELINING", "CHUNKING") + (
        f"send: 'MAIL FROM:<{ANN}>\\r\\n'\n"
        f"send: 'RCPT TO:<{BOB}>\\r\\n'\n") + (
        r"""send: 'BDAT 20 LAST\r\n'
send: 'Subject: x\r\n\r\n.dot\r\n'
""") + FINE + FINE + FINE + "data: (250, '2.0.0 fine')\n" + QUIT


def test_replies_of_several_lines_and_odd_octets(calls: Calls,
                                                 scripted: Start) -> None:
    """Nothing that a server says reaches the terminal as it is."""
    server = scripted(Talk(answers={
        "NOOP": "250-it's\n250-a \\ and \"two\"\n250-\n250 \x1b[2J\x07\tü"}))
    shown = show(calls, server, ["connect"], ["noop"])
    assert shown == GREETING + (
        r"""send: 'NOOP\r\n'
reply: '250-it\'s\r\n'
reply: '250-a \\ and "two"\r\n'
reply: '250-\r\n'
reply: '250 \x1b[2J\x07\tü\r\n'
reply: retcode (250); Msg: it's
a \ and "two"

\x1b[2J\x07\x09ü
""").replace("\\tü", r"\t\xc3\xbc")


def test_long_reply_is_shown_whole(calls: Calls, scripted: Start) -> None:
    words = [f"word{i}" for i in range(200)]
    server = scripted(Talk(words))
    shown = show(calls, server, ["connect"], ["ehlo"])
    assert shown == GREETING + ehlo(*words)


def test_odd_octets_in_a_message(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["8BITMIME"]))
    shown = show(calls, server, sendmail("Subject: x\n\n\x1b\x7fü\n"))
    assert (r"send: 'Subject: x\r\n\r\n\x1b\x7f\xc3\xbc\r\n.\r\n'"
            in shown.splitlines())


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def authenticate(peer: Peer) -> None:
    """PLAIN at once or after 334, LOGIN in two steps."""
    peer.say("220 scripted.example ESMTP")
    while True:
        verb, _, rest = peer.line().partition(" ")
        if verb == "EHLO":
            peer.say("250-scripted.example\n250 AUTH PLAIN LOGIN")
        elif verb == "AUTH":
            steps = 2 if rest.startswith("LOGIN") else "=" not in rest
            for _ in range(steps):
                peer.say(f"334 {encoded('tell')}")
                peer.line()
            peer.say("235 2.7.0 welcome")
        else:
            peer.say("250 2.0.0 fine")


WELCOME = ("reply: '235 2.7.0 welcome\\r\\n'\n"
           "reply: retcode (235); Msg: 2.7.0 welcome\n")
ASKED = "reply: '334 [secret]\\r\\n'\nreply: retcode (334); Msg: [secret]\n"
ANSWERED = "send: '[secret]\\r\\n'\n"


@pytest.mark.parametrize("options, exchange", [
    ({"mechanism": "PLAIN"},
     "send: 'AUTH PLAIN [secret]\\r\\n'\n" + WELCOME),
    ({"mechanism": "PLAIN", "no_initial_response": 1},
     "send: 'AUTH PLAIN\\r\\n'\n" + ASKED + ANSWERED + WELCOME),
    ({"mechanism": "LOGIN", "no_initial_response": 1},
     "send: 'AUTH LOGIN\\r\\n'\n" + 2 * (ASKED + ANSWERED) + WELCOME),
])
def test_secrets_are_blanked(calls: Calls, scripted: Start,
                             options: dict[str, str | int], exchange: str
                             ) -> None:
    server = scripted(authenticate)
    shown = show(calls, server, ["open"], user=ANN, password=PASSWORD,
                 **options)
    assert shown == GREETING + ehlo("AUTH PLAIN LOGIN") + exchange
    for text in (PASSWORD, f"\0{ANN}\0{PASSWORD}", ANN):
        assert encoded(text).rstrip("=") in server.said.decode() \
            or text != PASSWORD or options["mechanism"] == "PLAIN"
        assert encoded(text).rstrip("=") not in shown
    assert PASSWORD not in shown and encoded("tell") not in shown


def test_time_before_each_line(calls: Calls, scripted: Start) -> None:
    """Level 2 is level 1 with the time; the words of a reply are one."""
    server = scripted(Talk(["SIZE"]))
    script = [sendmail("Subject: x\n\nx\n"), ["quit"]]
    plain = show(calls, server, *script)
    timed = show(calls, server, *script, level="2")
    time = re.compile(r"^\d\d:\d\d:\d\d\.\d{6} (?=connect|send|reply|data)",
                      re.M)
    assert time.sub("", timed) == plain
    assert len(time.findall(timed)) == len(
        re.findall(r"(?m)^(?:connect|send|reply|data): ", plain))


def test_level_0(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    assert show(calls, server, sendmail("x\n"), ["quit"], level="0") == ""


def test_level_may_change(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk())
    shown = show(calls, server, ["connect"], ["debug_level", "1"], ["noop"],
                 ["debug_level", "0"], ["rset"], ["quit"], level="0")
    assert shown == "send: 'NOOP\\r\\n'\n" + FINE


def test_line_that_is_lost(calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(answers={"NOOP": CLOSE}))
    shown = show(calls, server, ["connect"], ["noop"])
    assert shown == GREETING + "send: 'NOOP\\r\\n'\n"


def test_unix_socket(calls: Calls, short_path, sink) -> None:
    """smtplib shows no address for a socket of this machine; pneu does."""
    server = sink("--lmtp", unix=short_path / "socket")
    calls.run([["debug_level", "1"], ["connect"], ["quit"]],
              host=server.host, lmtp=1, no_log=1)
    assert calls.err.startswith(f"connect: to ('{server.host}', ")
    assert "\nsend: 'QUIT\\r\\n'\n" in calls.err
