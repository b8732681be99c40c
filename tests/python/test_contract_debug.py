"""smtplib, what is printed with a debug level, letter by letter."""

from __future__ import annotations

import datetime
import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from contract import (ME, SECONDS, STANDARD, Connect, Serve, only_pneu,
                      smtplib)
from scripted import CLOSE, Certificate

pytest_plugins = ["contract_fixtures"]

DIALOGUE = r"""send: 'ehlo client.example\r\n'
reply: b'250-mail.example greets you\r\n'
reply: b'250 SIZE\r\n'
reply: retcode (250); Msg: b'mail.example greets you\nSIZE'
send: 'mail FROM:<a@x.example> size=7\r\n'
reply: b'250 2.1.0 sender fine\r\n'
reply: retcode (250); Msg: b'2.1.0 sender fine'
send: 'rcpt TO:<b@x.example>\r\n'
reply: b'250 2.1.5 recipient fine\r\n'
reply: retcode (250); Msg: b'2.1.5 recipient fine'
send: 'data\r\n'
reply: b'354 go on\r\n'
reply: retcode (354); Msg: b'go on'
data: (354, b'go on')
send: b'a\r\n..b\r\n.\r\n'
reply: b'250 2.0.0 queued as 4711\r\n'
reply: retcode (250); Msg: b'2.0.0 queued as 4711'
data: (250, b'2.0.0 queued as 4711')
send: 'quit\r\n'
reply: b'221 2.0.0 bye\r\n'
reply: retcode (221); Msg: b'2.0.0 bye'
"""


@pytest.fixture
def printed(capsys: Any) -> Any:
    """What was printed since the last call; nothing may be on stdout."""
    def read() -> str:
        out, err = capsys.readouterr()
        assert out == ""  # smtplib P172
        return err

    return read


@pytest.mark.parametrize("level", [1, True])
@pytest.mark.parametrize("pipelining", [True, False])
def test_dialogue(level: Any, pipelining: bool, serve: Serve,
                  connect: Connect, printed: Any) -> None:
    # smtplib P166, P168, P169, P170, P172
    server = serve(["SIZE"], pipelining=pipelining)
    client = connect(server)
    client.set_debuglevel(level)
    client.sendmail("a@x.example", "b@x.example", "a\n.b\n")
    client.quit()
    expected = DIALOGUE
    if pipelining:
        expected = expected.replace(r"reply: b'250 SIZE\r\n'", (
            r"reply: b'250-SIZE\r\n'" "\n" r"reply: b'250 PIPELINING\r\n'")
        ).replace(r"\nSIZE'", r"\nSIZE\nPIPELINING'")
    assert printed() == expected


def test_level_0(serve: Serve, connect: Connect, printed: Any) -> None:
    # smtplib P166
    client = connect(serve())
    client.set_debuglevel(1)
    client.set_debuglevel(0)
    client.noop()
    assert printed() == ""


@pytest.mark.parametrize("level", [2, 7])
def test_level_2(level: int, serve: Serve, connect: Connect,
                 printed: Any) -> None:
    # smtplib P166
    client = connect(serve())
    client.set_debuglevel(level)
    client.noop()
    lines = printed().splitlines()
    time = r"\d\d:\d\d:\d\d(\.\d{6})? "
    assert all(re.match(time, line) for line in lines)
    assert [re.sub(time, "", line) for line in lines] == [
        r"send: 'noop\r\n'", r"reply: b'250 2.0.0 fine\r\n'",
        "reply: retcode (250); Msg: b'2.0.0 fine'"]


def test_time(serve: Serve, connect: Connect, printed: Any) -> None:
    # smtplib P166: local time
    client = connect(serve())
    client.set_debuglevel(2)
    before = datetime.datetime.now().replace(microsecond=0)
    client.noop()
    after = datetime.datetime.now()
    shown = datetime.time.fromisoformat(printed().split(" ")[0])
    if before.date() == after.date():
        assert before.time() <= shown <= after.time()


def test_stderr_of_that_moment(serve: Serve, connect: Connect,
                               monkeypatch) -> None:
    # smtplib P166
    client = connect(serve())
    client.set_debuglevel(1)
    for _ in range(2):
        mine = io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", mine)
            client.noop()
        assert mine.getvalue().startswith("send: 'noop")


def test_connect(serve: Serve, idle: Any, printed: Any) -> None:
    # smtplib P167
    server = serve()
    idle.set_debuglevel(1)
    for source in [None, ("127.0.0.1", 0)]:
        idle.connect(*server.address, source)
        assert printed() == (
            f"connect: to ('127.0.0.1', {server.port}) {source}\n"
            "reply: b'220 mail.example ESMTP ready\\r\\n'\n"
            "reply: retcode (220); Msg: b'mail.example ESMTP ready'\n"
            "connect: b'mail.example ESMTP ready'\n")
        idle.close()


def test_connect_smtp_ssl(serve: Serve, throwaway: Certificate,
                          printed: Any) -> None:
    # smtplib P167
    server = serve(certificate=throwaway, implicit=True)
    client = smtplib.SMTP_SSL(local_hostname=ME, timeout=SECONDS,
                              context=throwaway.client())
    client._host = "127.0.0.1"
    client.set_debuglevel(1)
    client.connect(*server.address)
    client.close()
    assert printed().splitlines()[:2] == [
        f"connect: ('127.0.0.1', {server.port})",
        f"connect: to ('127.0.0.1', {server.port}) None"]


def test_connect_lmtp(serve: Serve, socket_path: Path,
                      printed: Any) -> None:
    # smtplib P167
    client = smtplib.LMTP(local_hostname=ME)
    client.set_debuglevel(1)
    with pytest.raises(FileNotFoundError):
        client.connect(str(socket_path))
    assert printed() == f"connect fail: {socket_path}\n"
    serve(lmtp=True, path=socket_path)
    client.connect(str(socket_path))
    client.close()
    assert printed().splitlines()[-1] == (
        "connect: b'mail.example ESMTP ready'")


def test_a_bad_greeting_through_a_class(serve: Serve, printed: Any) -> None:
    # smtplib P167, A6
    kind = type("Loud", (smtplib.SMTP,), {"debuglevel": 1})
    with pytest.raises(smtplib.SMTPConnectError):
        kind(*serve(answers={"GREETING": "554 no"}).address)
    assert printed().endswith("connect: b'no'\n")


def test_send(serve: Serve, connect: Connect, printed: Any) -> None:
    # smtplib P168: what was handed in, also when it cannot be sent
    client = connect(serve())
    client.set_debuglevel(1)
    client.send(b"noop \xff\r\n")
    client.getreply()
    client.send("noop '\"\r\n")
    client.getreply()
    assert [line for line in printed().splitlines()
            if line.startswith("send")] == [
        r"send: b'noop \xff\r\n'", r"""send: 'noop \'"\r\n'"""]
    client.close()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert printed() == "send: 'noop\\r\\n'\n"


def test_replies(serve: Serve, connect: Connect, printed: Any) -> None:
    # smtplib P169
    client = connect(serve(answers={"NOOP": [
        b"250-\xff\n250  two \r\n", b"what\r\n",
        (b"250-half\r\n", CLOSE)]}))
    client.set_debuglevel(1)
    client.noop()
    assert printed() == (
        "send: 'noop\\r\\n'\nreply: b'250-\\xff\\n'\n"
        "reply: b'250  two \\r\\n'\n"
        "reply: retcode (250); Msg: b'\\xff\\ntwo'\n")
    client.noop()
    assert printed() == ("send: 'noop\\r\\n'\nreply: b'what\\r\\n'\n"
                         "reply: retcode (-1); Msg: b''\n")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert printed() == "send: 'noop\\r\\n'\nreply: b'250-half\\r\\n'\n"


def test_a_line_too_long(serve: Serve, connect: Connect,
                         printed: Any) -> None:
    # smtplib P169, E53: it is shown before it is refused
    line = b"250 " + b"x" * 9000 + b"\r\n"
    client = connect(serve(answers={"NOOP": line}))
    client.set_debuglevel(1)
    with pytest.raises(smtplib.SMTPResponseException):
        client.noop()
    assert printed().startswith("send: 'noop\\r\\n'\n" + (
        f"reply: {line[:8193]!r}\n" if STANDARD else ""))


def test_data_refused(serve: Serve, connect: Connect, printed: Any) -> None:
    # smtplib P170
    client = connect(serve(answers={"DATA": "554 no"}, loose=True))
    client.set_debuglevel(1)
    with pytest.raises(smtplib.SMTPDataError):
        client.data(b"x")
    assert printed() == ("send: 'data\\r\\n'\nreply: b'554 no\\r\\n'\n"
                         "reply: retcode (554); Msg: b'no'\n"
                         "data: (554, b'no')\n")


PLAIN = "AGFubgBzZWNyZXQ="
LOGINS: list[tuple[str, str, dict[str, Any], list[str], list[str]]] = [
    ("PLAIN", "235 welcome", {}, [f"'AUTH PLAIN {PLAIN}\\r\\n'"],
     [r"'AUTH PLAIN [hidden]\r\n'"]),
    ("PLAIN", "334 ", {"initial_response_ok": False},
     [r"'AUTH PLAIN\r\n'", f"'{PLAIN}\\r\\n'"],
     [r"'AUTH PLAIN\r\n'", r"'[hidden]\r\n'"]),
    ("LOGIN", "334 UGFzc3dvcmQ6", {},
     [r"'AUTH LOGIN YW5u\r\n'", r"'c2VjcmV0\r\n'"],
     [r"'AUTH LOGIN [hidden]\r\n'", r"'[hidden]\r\n'"])]


@pytest.mark.parametrize("name, reply, more, shown, hidden", LOGINS)
@pytest.mark.parametrize("secrets", [True, False])
def test_credentials(secrets: bool, name: str, reply: str,
                     more: dict[str, Any], shown: list[str],
                     hidden: list[str], serve: Serve, connect: Connect,
                     printed: Any) -> None:
    # smtplib P171: shown there; blanked in pneu, unless asked for
    server = serve([f"AUTH {name}"], answers={"AUTH": reply,
                                              "ANSWER": "235 welcome"})
    client = connect(server)
    client.ehlo()
    client.set_debuglevel(1)
    if secrets:
        client.debug_secrets = True
    client.login("ann", "secret", **more)
    lines = printed().splitlines()
    sent = [line for line in lines if line.startswith("send: ")]
    wanted = shown if STANDARD or secrets else hidden
    assert sent == ["send: " + each for each in wanted]
    assert lines[-2] == r"reply: b'235 welcome\r\n'"
    if reply.startswith("334"):
        assert f"reply: b'{reply}\\r\\n'" in lines


@only_pneu
@pytest.mark.parametrize("call", [
    lambda client: client.docmd("AUTH", "PLAIN " + PLAIN),
    lambda client: client.docmd("auth plain " + PLAIN),
    lambda client: client.send(f"AUTH PLAIN {PLAIN}\r\n"),
    lambda client: client.send(f"AUTH PLAIN {PLAIN}\r\n".encode())],
    ids=["docmd", "one str", "send", "bytes"])
def test_credentials_by_hand(call: Any, serve: Serve, connect: Connect,
                             printed: Any) -> None:
    # smtplib P171
    client = connect(serve(["AUTH PLAIN"]))
    client.set_debuglevel(1)
    call(client)
    assert PLAIN not in printed()


@only_pneu
def test_after_login_nothing_is_hidden(serve: Serve, connect: Connect,
                                       printed: Any) -> None:
    # smtplib P171
    assert smtplib.SMTP.debug_secrets is False
    client = connect(serve(["AUTH LOGIN"], answers={
        "AUTH": "334 VXNlcg==", "ANSWER": "535 no"}))
    client.set_debuglevel(1)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("ann", "secret")
    printed()
    client.noop()
    assert printed().startswith("send: 'noop\\r\\n'\n")


def test_print_debug_may_be_replaced(serve: Serve, connect: Connect,
                                     printed: Any) -> None:
    # smtplib Q176: as loggers do
    lines: list[str] = []

    class Logging(smtplib.SMTP):
        debuglevel = 1

        def _print_debug(self, *args):
            lines.append(" ".join(map(str, args)))

    client = connect(serve(), Logging)
    client.noop()
    assert printed() == ""
    assert lines[-3:] == [r"send: 'noop\r\n'",
                          r"reply: b'250 2.0.0 fine\r\n'",
                          "reply: retcode (250); Msg: b'2.0.0 fine'"]
    assert lines[0].startswith("connect: to (")
