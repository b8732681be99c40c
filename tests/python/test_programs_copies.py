"""Copies of smtplib's own methods, with the names that they take from the
module; results that go elsewhere; and tests of programs, which put something
else in the place of it all."""

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import smtplib as standard
from typing import Any, Callable
from unittest import mock

import pytest
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.instead import MODULE
from unchanged.shared import (ANN, BOB, BOTH, CYD, LETTER, Smtp, letter,
                              smtplib, start)


def test_names_of_the_module() -> None:
    """Beside __all__, those that programs are known to take from it."""
    for name in ("CRLF", "bCRLF", "LMTP", "LMTP_PORT", "SMTP_PORT",
                 "SMTP_SSL_PORT", "OLDSTYLE_AUTH", "base64", "email",
                 "encode_base64", "hmac", "re", "socket", "ssl", "sys",
                 "_have_ssl", "_addr_only", "_fix_eols", "_quote_periods",
                 "_MAXLINE", "_MAXCHALLENGE"):
        assert hasattr(smtplib, name), name


def parameters(function: Any) -> list[tuple[str, Any]]:
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind) for each in found]


@pytest.mark.parametrize("name", ["SMTP", "SMTP_SSL", "LMTP"])
def test_methods_of_the_classes(name: str) -> None:
    """All that smtplib's has, with the same names of arguments."""
    ours, theirs = getattr(smtplib, name), getattr(standard, name)
    for method, function in inspect.getmembers(theirs, inspect.isfunction):
        if method == "__exit__":  # whose arguments are Python's own
            continue
        assert parameters(getattr(ours, method)) == parameters(function), \
            method
    assert vars(theirs()).keys() <= vars(ours()).keys()


@BOTH
def test_data_written_anew(sink: Callable[..., Sink],
                           pipelining: bool) -> None:
    """A method of smtplib's, with a call between its steps."""
    class Own(Smtp):
        steps: list[str] = []

        def data(self, msg: Any) -> tuple[int, bytes]:
            self.putcmd("data")
            code, text = self.getreply()
            if code != 354:
                raise smtplib.SMTPDataError(code, text)
            self.steps.append("before the message")
            if isinstance(msg, str):
                msg = smtplib._fix_eols(msg).encode("ascii")
            octets = smtplib._quote_periods(msg)
            if octets[-2:] != smtplib.bCRLF:
                octets = octets + smtplib.bCRLF
            self.send(octets + b"." + smtplib.bCRLF)
            code, text = self.getreply()
            self.steps.append("after it")
            return code, text

    server = start(sink, pipelining=pipelining)
    with Own("localhost", server.port) as smtp:
        smtp.sendmail(ANN, [BOB], "Subject: hi\n\n.dot\n..\n")
        smtp.ehlo()
        smtp.mail(ANN)
        smtp.rcpt(BOB)
        assert smtp.data("Subject: hi\n\n.dot\n..\n")[0] == 250
    first, second = server.letters()
    assert first.content == second.content == b"Subject: hi\n\n.dot\n..\n"
    assert smtp.steps == ["before the message", "after it"] * 2


def test_auth_written_anew(sink: Callable[..., Sink]) -> None:
    """For passwords that are not ASCII, from the time when that failed."""
    class Own(Smtp):
        def auth(self, mechanism: str, authobject: Any, *,
                 initial_response_ok: bool = True) -> tuple[int, bytes]:
            first = authobject() if initial_response_ok else None
            if first is not None:
                word = smtplib.encode_base64(first.encode("utf-8"), eol="")
                code, text = self.docmd("AUTH", f"{mechanism} {word}")
            else:
                code, text = self.docmd("AUTH", mechanism)
            if code == 334:
                challenge = smtplib.base64.decodebytes(text)
                answer = authobject(challenge).encode("utf-8")
                code, text = self.docmd(smtplib.encode_base64(answer, eol=""))
            if code in (235, 503):
                return code, text
            raise smtplib.SMTPAuthenticationError(code, text)

        def auth_plain(self, challenge: Any = None) -> str:
            return f"\0{self.user}\0{self.password}"

    server = sink("--allow-cleartext-auth", "--mechanisms", "PLAIN",
                  users={"ann": "pässwort"})
    with Own("localhost", server.port) as smtp:
        assert smtp.login("ann", "pässwort")[0] == 235


def test_ehlo_written_anew(sink: Callable[..., Sink]) -> None:
    """With the module's own expression for old servers."""
    class Own(Smtp):
        def ehlo(self, name: str = "") -> tuple[int, bytes]:
            self.esmtp_features = {}
            self.putcmd(self.ehlo_msg, name or self.local_hostname)
            code, text = self.getreply()
            self.ehlo_resp = text
            if code != 250:
                return code, text
            self.does_esmtp = True
            for each in text.decode("latin-1").split("\n")[1:]:
                if old := smtplib.OLDSTYLE_AUTH.match(each):
                    self.esmtp_features["auth"] = old.groups(0)[0]
                    continue
                word = smtplib.re.match(
                    r"(?P<feature>[A-Za-z0-9][A-Za-z0-9\-]*) ?", each)
                if word:
                    rest = word.string[word.end("feature"):].strip()
                    self.esmtp_features[word.group("feature").lower()] = rest
            return code, text

    server = start(sink)
    with Own("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
        assert smtp.has_extn("PIPELINING")


# What comes out goes elsewhere

@BOTH
def test_results_go_to_other_processes(scripted: Callable[..., Any],
                                       pipelining: bool) -> None:
    """Task queues pickle results and exceptions, pages want JSON."""
    words = ["PIPELINING"] if pipelining else []
    server = scripted(Talk(words))
    with Smtp("127.0.0.1", server.port) as smtp:
        result = smtp.sendmail(ANN, [BOB], LETTER)
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == {}
    assert json.dumps(result) == "{}" and not result
    assert isinstance(result, dict)
    answers = [{"MAIL": "550 no"}, {"RCPT": "550 no"}, {".": "550 no"}]
    for each in answers:
        server = scripted(Talk(words, answers=each))
        smtp = Smtp("127.0.0.1", server.port)
        with pytest.raises(smtplib.SMTPException) as caught:
            smtp.sendmail(ANN, [BOB], LETTER)
        smtp.close()
        error = pickle.loads(pickle.dumps(caught.value))
        assert type(error) is type(caught.value)
        assert error.args == caught.value.args
        for name in ("smtp_code", "smtp_error", "sender", "recipients"):
            assert getattr(error, name, None) == getattr(caught.value, name,
                                                         None)


def test_exceptions_look_like_smtplibs() -> None:
    """Names and texts as log files and monitoring have them."""
    error = smtplib.SMTPDataError(554, b"5.6.0 Spam")
    assert str(error) == "(554, b'5.6.0 Spam')"
    assert repr(error) == "SMTPDataError(554, b'5.6.0 Spam')"
    assert type(error).__module__ == MODULE
    assert type(error).__qualname__ == "SMTPDataError"


# Something else in the place of it

def test_subclass_without_a_line() -> None:
    """A test's own class that never connects nor calls __init__."""
    class Wire(Smtp):
        def __init__(self) -> None:
            self.sent: list[Any] = []

        def ehlo_or_helo_if_needed(self) -> None:
            pass

        def has_extn(self, opt: str) -> bool:
            return False

        def sendmail(self, from_addr: str, to_addrs: Any, msg: Any,
                     mail_options: Any, rcpt_options: Any) -> Any:
            self.sent.append((from_addr, list(to_addrs), msg))
            return {}

    message = letter()
    message["Bcc"] = "dan@example.com"
    wire = Wire()
    assert wire.send_message(message) == {}
    sender, recipients, octets = wire.sent[0]
    assert (sender, recipients) == (ANN, [BOB, "dan@example.com"])
    assert b"Bcc" not in octets and octets.endswith(b"Hello.\r\n")


def test_methods_of_a_fake_session() -> None:
    """mail, rcpt and data answered by the test; sendmail() is the class's."""
    class Fake(Smtp):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[Any] = []
            self.ehlo_resp = b"here"

        def mail(self, sender: str, options: Any = ()) -> tuple[int, bytes]:
            self.calls.append(("mail", sender, list(options)))
            return 250, b"ok"

        def rcpt(self, recip: str, options: Any = ()) -> tuple[int, bytes]:
            self.calls.append(("rcpt", recip, list(options)))
            return (250, b"ok") if recip == BOB else (550, b"no")

        def data(self, msg: Any) -> tuple[int, bytes]:
            self.calls.append(("data", bytes(msg)))
            return 250, b"ok"

    fake = Fake()
    assert fake.sendmail(ANN, [BOB, CYD], LETTER) == {CYD: (550, b"no")}
    assert fake.calls == [("mail", ANN, []), ("rcpt", BOB, []),
                          ("rcpt", CYD, []), ("data", LETTER.encode())]


def test_fake_line() -> None:
    """A socket that is a test's own, with canned replies."""
    class Line:
        def __init__(self, replies: bytes) -> None:
            self.replies, self.sent = replies, b""

        def makefile(self, mode: str) -> Any:
            return io.BytesIO(self.replies)

        def sendall(self, octets: Any) -> None:
            self.sent += bytes(octets)

        def close(self) -> None:
            pass

    smtp = Smtp(local_hostname="me.example")
    smtp.sock = line = Line(b"250-here\r\n250 SIZE\r\n" + b"250 ok\r\n" * 2
                            + b"354 go\r\n250 ok\r\n221 bye\r\n")
    smtp.sendmail(ANN, [BOB], LETTER)
    smtp.quit()
    assert line.sent.lower() == (
        f"ehlo me.example\r\nmail from:<{ANN}> size=23\r\nrcpt to:<{BOB}>\r\n"
        f"data\r\n{LETTER}.\r\nquit\r\n").lower().encode()


def test_mocks_of_the_class() -> None:
    """unittest.mock looks at the class and at the names of an object."""
    with mock.patch.object(smtplib, "SMTP", autospec=True) as kind:
        with smtplib.SMTP("localhost", 25, timeout=3) as smtp:
            smtp.login("ann", "x")
            smtp.send_message(letter(), to_addrs=[BOB])
        kind.assert_called_once_with("localhost", 25, timeout=3)
    for name in ("sendmail", "send_message", "quit", "starttls", "login"):
        assert hasattr(mock.create_autospec(Smtp, instance=True), name)
    with mock.patch.object(Smtp, "connect", return_value=(220, b"hi")):
        assert Smtp("localhost").sock is None
    with mock.patch.object(Smtp, "sendmail", return_value={}) as sendmail, \
            mock.patch.object(Smtp, "ehlo_or_helo_if_needed"):
        Smtp().send_message(letter())
    assert sendmail.call_args.args[:2] == (ANN, [BOB])


def test_socket_module_replaced() -> None:
    """smtplib.socket.create_connection patched: the argument list is
    smtplib's."""
    line = mock.Mock()
    line.makefile.return_value = io.BytesIO(b"220 hi\r\n250 ok\r\n")
    with mock.patch.object(smtplib.socket, "create_connection",
                           return_value=line) as create:
        smtp = Smtp("mail.example", 2525, "me.example", 7)
    create.assert_called_once_with(("mail.example", 2525), 7, None)
    smtp.noop()
    line.sendall.assert_called_once_with(b"noop\r\n")


def test_copy_of_an_unconnected_object() -> None:
    smtp = copy.deepcopy(Smtp(local_hostname="me.example", timeout=4))
    assert (smtp.local_hostname, smtp.timeout, smtp.sock) == (
        "me.example", 4, None)
