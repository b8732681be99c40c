"""What sendmail() is made of in the usual case: plan(), plan_for(), run(),
hold() and release() of pneu._pneu."""

from __future__ import annotations

import copy
import pickle
import signal
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extension import GO, MESSAGE, OFFERS, QUEUED, result_of
from pneu import _pneu, smtplib
from scripted import Certificate, Server

UNTOUCHED = _pneu.Untouched(smtplib.SMTP, ["mail", "close"])
NEVER = _pneu.Untouched(object, [])


class Line:
    """Takes the place of a socket: what is to be read, or to be raised."""

    def __init__(self, *said: bytes | BaseException,
                 fails: BaseException | None = None) -> None:
        self.said = list(said)
        self.fails = fails
        self.written: list[bytes] = []
        self.limits: list[int] = []

    def sendall(self, octets: bytes) -> None:
        if self.fails:
            raise self.fails
        assert type(octets) is bytes
        self.written.append(octets)

    def recv(self, limit: int) -> bytes:
        self.limits.append(limit)
        said = self.said.pop(0)
        if isinstance(said, BaseException):
            raise said
        return said


class Holder:
    _holder: object = None


def planned(message: Any = MESSAGE, recipients: Any = ("b@x",)
            ) -> _pneu.Delivery:
    delivery = _pneu.plan("a@x", recipients, message, OFFERS, False, True)
    assert delivery is not None
    return delivery


def run(delivery: _pneu.Delivery, line: Any, smtp: Any = None) -> int:
    return delivery.run(smtp or Holder(), line, (line, "recv", 77), NEVER)


@pytest.mark.parametrize("recipients, expected", [
    ("b@x", ["b@x"]), (["b@x", "c@x"], ["b@x", "c@x"]),
    (("b@x", "b@x"), ["b@x", "b@x"]), ("postmaster", ["postmaster"])])
@pytest.mark.parametrize("message", [MESSAGE, MESSAGE.decode("ascii"), "", b"",
                                     "a\nb", b"\xe9"])
def test_usual(recipients: Any, expected: list[str], message: Any) -> None:
    delivery = planned(message, recipients)
    octets = message.encode() if isinstance(message, str) else message
    body = b" BODY=8BITMIME" if not octets.isascii() else b""
    size = len(_pneu.line_ends(octets))
    assert delivery.step(None) == (
        b"MAIL FROM:<a@x> size=%d%s\r\n" % (size, body)
        + b"".join(b"RCPT TO:<%s>\r\n" % each.encode() for each in expected)
        + b"DATA\r\n")
    assert delivery.step(b"250 a\r\n" + b"250 b\r\n" * len(expected)
                         + b"354 c\r\n") == _pneu.content(octets)


class Text(str):
    pass


@pytest.mark.parametrize("sender, recipients, message, features", [
    (Text("a@x"), "b@x", MESSAGE, OFFERS),
    ("a@x", Text("b@x"), MESSAGE, OFFERS),
    ("a@x", [Text("b@x")], MESSAGE, OFFERS),
    ("a@x", iter(["b@x"]), MESSAGE, OFFERS),
    ("a@x", {"b@x"}, MESSAGE, OFFERS),
    ("a@x", [], MESSAGE, OFFERS),
    ("a@x", ["b@x", ""], MESSAGE, OFFERS),
    ("a@x", ["b@x", None], MESSAGE, OFFERS),
    ("a@x", "b@x, c@x", MESSAGE, OFFERS),
    ("A <a@x>", "b@x", MESSAGE, OFFERS),
    ("<a@x>", "b@x", MESSAGE, OFFERS),
    ('"a"@x', "b@x", MESSAGE, OFFERS),
    ("a@[192.0.2.1]", "b@x", MESSAGE, OFFERS),
    ("a@x", '"b"@x', MESSAGE, OFFERS),
    ("a@x", ["b@x", "c@[192.0.2.1]"], MESSAGE, OFFERS),
    ("a@x", "\u00e9@x", MESSAGE, OFFERS),
    ("a@x", "b@\u00e9.example", MESSAGE, OFFERS),
    ("a@x", "b\udc80@x", MESSAGE, OFFERS),
    ("a@x", "b@x\r\nDATA", MESSAGE, OFFERS),
    ("a@x", "b@x\0", MESSAGE, OFFERS),
    (None, "b@x", MESSAGE, OFFERS),
    ("a@x", None, MESSAGE, OFFERS),
    ("a@x", "b@x", bytearray(MESSAGE), OFFERS),
    ("a@x", "b@x", memoryview(MESSAGE), OFFERS),
    ("a@x", "b@x", Text("x"), OFFERS),
    ("a@x", "b@x", "\u00e9", OFFERS),
    ("a@x", "b@x", b"\0", OFFERS),
    ("a@x", "b@x", None, OFFERS),
    ("a@x", "b@x", b"\xe9", {}),
    ("a@x", "b@x", b"\xe9", None),
    ("a@x", "b@x", MESSAGE, {"size": "3"}),
    ("a@x", "b@x", MESSAGE, 3),
])
def test_not_usual(sender: Any, recipients: Any, message: Any, features: Any
                   ) -> None:
    assert _pneu.plan(sender, recipients, message, features, False,
                      True) is None


@pytest.fixture
def smtp() -> Any:
    line, other = socket.socketpair()
    made = smtplib.SMTP()
    made.sock, made.ehlo_resp, made.does_esmtp = line, b"x", True
    made.esmtp_features = dict(OFFERS)
    with line, other:
        yield made


def plan_for(smtp: Any, options: Any = ((), ())) -> Any:
    return _pneu.plan_for(UNTOUCHED, smtp, "a@x", "b@x", MESSAGE, *options)


def test_plan_for(smtp: Any) -> None:
    assert plan_for(smtp).step(None).endswith(b"DATA\r\n")
    assert plan_for(smtp, ([], [])) is not None
    for name, value, group in [
            ("pipelining", False, False), ("_groups_fail", True, False),
            ("esmtp_features", {}, False), ("does_esmtp", False, False),
            ("command_encoding", "utf-8", True), ("debuglevel", 0, True)]:
        changed = copy.copy(smtp)
        setattr(changed, name, value)
        octets = plan_for(changed).step(None)
        assert octets.endswith(b"DATA\r\n") == group, name
    lmtp = copy.copy(smtp)
    lmtp.__class__ = smtplib.LMTP
    delivery = plan_for(lmtp)
    delivery.step(None)
    delivery.step(GO)
    assert delivery.step(b"550 for b\r\n") is None
    with pytest.raises(smtplib.SMTPDataError):
        result_of(delivery)


@pytest.mark.parametrize("change", [
    lambda it: it.set_debuglevel(1),
    lambda it: setattr(it, "debuglevel", True),
    lambda it: setattr(it, "sock", None),
    lambda it: setattr(it, "sock", object()),
    lambda it: setattr(it, "file", object()),
    lambda it: setattr(it, "command_encoding", "latin-1"),
    lambda it: setattr(it, "command_encoding", None),
    lambda it: setattr(it, "esmtp_features", 3),
    lambda it: setattr(it, "mail", it.mail),
    lambda it: it.__dict__.update({"".join(["clo", "se"]): None}),
    lambda it: setattr(it, "_replies", object()),
])
def test_not_for(smtp: Any, change: Callable[[Any], object]) -> None:
    assert plan_for(smtp) is not None
    change(smtp)
    assert plan_for(smtp) is None


def test_not_for_options(smtp: Any) -> None:
    for options in (("X",), ()), ((), ["X"]), (None, ()), ((), "X"):
        assert plan_for(smtp, options) is None


def test_not_for_a_reply_too_many(smtp: Any) -> None:
    smtp._replies = _pneu.Replies()
    assert plan_for(smtp) is not None
    smtp._replies.feed(b"2")
    assert plan_for(smtp) is None


def test_not_for_other_classes(smtp: Any, monkeypatch: pytest.MonkeyPatch
                               ) -> None:
    class Nosy(smtplib.SMTP):
        def __getattribute__(self, name: str) -> Any:
            return super().__getattribute__(name)

    class Own(smtplib.SMTP):
        def mail(self, *words: Any) -> Any:
            return super().mail(*words)

    class Property(smtplib.SMTP):
        @property
        def esmtp_features(self) -> Any:
            raise ArithmeticError

        @esmtp_features.setter
        def esmtp_features(self, value: Any) -> None:
            pass

    for kind in Nosy, Own:
        other = copy.copy(smtp)
        other.__class__ = kind
        assert plan_for(other) is None
    smtp.__class__ = Property
    with pytest.raises(ArithmeticError):
        plan_for(smtp)
    smtp.__class__ = smtplib.SMTP
    monkeypatch.setattr(smtplib.SMTP, "mail", lambda *words: None)
    assert plan_for(smtp) is None
    monkeypatch.undo()
    assert plan_for(smtp) is not None


def test_run() -> None:
    line, smtp = Line(GO, QUEUED), Holder()
    delivery = planned()
    assert not delivery.begun
    assert run(delivery, line, smtp) == 0 and delivery.begun
    assert line.written == [b"MAIL FROM:<a@x> size=21\r\nRCPT TO:<b@x>\r\n"
                            b"DATA\r\n", MESSAGE + b".\r\n"]
    assert line.limits == [77, 77] and smtp._holder is None
    assert result_of(delivery) == {}


def test_run_pauses_where_a_part_has_come() -> None:
    line, smtp = Line(b"250 a\r\n25", b"0 b\r\n", b"354 c\r\n", QUEUED), Holder()
    delivery = planned()
    for left in (3, 2):
        assert run(delivery, line, smtp) == _pneu.GO_ON
        assert len(line.said) == left and smtp._holder is delivery
    assert run(delivery, line, smtp) == 0 and smtp._holder is None


def test_run_writes_long_messages_whole() -> None:
    message = b"x" * 700000 + b"\r\n"
    line = Line(GO, QUEUED)
    assert run(planned(message), line) == 0
    assert b"".join(line.written[1:]) == message + b".\r\n"
    assert [len(each) for each in line.written[1:3]] == [_pneu.OUTPUT_MAX] * 2


@pytest.mark.parametrize("line, kind, words", [
    (Line(b""), smtplib.SMTPServerDisconnected, "unexpectedly closed"),
    (Line(None), smtplib.SMTPServerDisconnected,  # type: ignore[arg-type]
     "unexpectedly closed"),
    (Line(""), smtplib.SMTPServerDisconnected,  # type: ignore[arg-type]
     "unexpectedly closed"),
    (Line(GO, b""), smtplib.SMTPServerDisconnected, "unexpectedly closed"),
    (Line(OSError(104, "gone")), smtplib.SMTPServerDisconnected, "gone"),
    (Line(TimeoutError("late")), smtplib.SMTPServerDisconnected,
     "timed out: late"),
])
def test_run_that_is_cut_off(line: Line, kind: type[Exception], words: str
                             ) -> None:
    delivery, smtp = planned(), Holder()
    assert run(delivery, line, smtp) == _pneu.CLOSE
    assert delivery.done and smtp._holder is delivery
    with pytest.raises(kind, match=words):
        result_of(delivery)


def test_run_that_cannot_write() -> None:
    """RFC 5321 4.2.5: what had arrived is read, by the caller's patience."""
    delivery = planned()
    line = Line(fails=OSError(32, "Broken pipe"))
    assert run(delivery, line) == _pneu.HEAR_OUT
    assert delivery.begun and line.limits == []
    delivery.step(b"554 not you\r\n")
    delivery.step(b"")
    with pytest.raises(smtplib.SMTPSenderRefused):
        result_of(delivery)


@pytest.mark.parametrize("line", [
    Line(ArithmeticError()), Line("text"),  # type: ignore[arg-type]
    Line(fails=ArithmeticError()), Line(KeyboardInterrupt()), None])
def test_run_that_is_interrupted(line: Any) -> None:
    delivery, smtp = planned(), Holder()
    with pytest.raises((ArithmeticError, TypeError, KeyboardInterrupt,
                        AttributeError)):
        run(delivery, line, smtp)
    assert delivery.begun and smtp._holder is delivery


def test_signals_are_heard_between_two_reads() -> None:
    class Busy(Line):
        def recv(self, limit: int) -> bytes:
            signal.raise_signal(signal.SIGUSR1)
            return super().recv(limit)

    def stop(*_: Any) -> None:
        raise InterruptedError("enough")

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        delivery = planned()
        assert run(delivery, Busy(GO, QUEUED)) == _pneu.CLOSE
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("reader, quick", [
    ((), NEVER), (["x", "recv", 7], NEVER), (("x", "recv", 7), None)])
def test_run_called_wrongly(reader: Any, quick: Any) -> None:
    smtp = Holder()
    with pytest.raises(TypeError):
        planned().run(smtp, Line(), reader, quick)
    with pytest.raises(TypeError):
        planned().run(smtp, Line())  # type: ignore[call-arg]
    assert smtp._holder is None


class Quick:
    """Writes a part only."""

    def __init__(self) -> None:
        self.line = Line(GO, QUEUED)
        self.parts: list[bytes] = []

    def send(self, octets: bytes) -> int:
        self.parts.append(octets[:10])
        return 10

    def sendall(self, octets: bytes) -> None:
        self.parts.append(octets)

    def recv(self, limit: int) -> bytes:
        return self.line.recv(limit)


def test_quick_sockets() -> None:
    quick = _pneu.Untouched(Quick, ["sendall"])
    whole = (b"MAIL FROM:<a@x> size=21\r\nRCPT TO:<b@x>\r\nDATA\r\n"
             + MESSAGE + b".\r\n")

    class Sub(Quick):
        pass

    touched = Quick()
    touched.sendall = touched.parts.append  # type: ignore[method-assign]
    for line, parts in (Quick(), 4), (Sub(), 2), (touched, 2):
        delivery = planned()
        assert delivery.run(Holder(), line, (line, "recv", 99), quick) == 0
        assert len(line.parts) == parts and b"".join(line.parts) == whole


def test_hold() -> None:
    line, one, other = Holder(), object(), object()
    assert _pneu.hold(line, one) and line._holder is one
    assert _pneu.hold(line, one) and not _pneu.hold(line, other)
    assert not _pneu.release(line, other) and line._holder is one
    assert _pneu.release(line, one) and line._holder is None
    assert _pneu.release(line, one) and _pneu.hold(line, other)
    delivery = planned()
    assert run(delivery, Line(), line) == _pneu.HELD and not delivery.begun
    with pytest.raises(AttributeError):
        _pneu.hold(3, one)


def test_the_result_alone() -> None:
    """What was not asked can be asked later, and elsewhere."""
    nothing = smtplib.Refused()
    assert (nothing, nothing.reply, nothing.outcomes) == ({}, None, [])
    delivery = planned(recipients=["b@x", "c@x"])
    run(delivery, Line(b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n", QUEUED))
    smtp: Any = smtplib.SMTP()
    smtp.close()
    from pneu._outcome import refused_by
    result = refused_by(delivery)
    for each in (result, pickle.loads(pickle.dumps(result)),
                 copy.copy(result), copy.deepcopy(result)):
        assert type(each) is smtplib.Refused
        assert each == {"c@x": (550, b"c")}
        assert each.reply == (250, b"2.0.0 queued")
        assert [row.outcome for row in each.outcomes] == [
            "accepted", "refused for good"]
        assert each.outcomes is each.outcomes


def test_a_tls_socket_that_is_watched(tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """sendall() is called if a program has replaced it."""
    own = Certificate.make(tmp_path)
    server = Server(certificate=own, implicit=True, pipelining=True)
    seen: list[bytes] = []
    plain = ssl.SSLSocket.sendall

    def watched(sock: ssl.SSLSocket, octets: bytes) -> None:
        if sock is client.sock:
            seen.append(octets)
        plain(sock, octets)

    try:
        with smtplib.SMTP_SSL(*server.address, local_hostname="me.example",
                              context=own.client()) as client:
            client.ehlo()
            client.sendmail("a@x.example", "b@x.example", "one")
            with monkeypatch.context() as patch:
                patch.setattr(ssl.SSLSocket, "sendall", watched)
                client.sendmail("a@x.example", "b@x.example", "two")
            sock: Any = client.sock
            sock.sendall = lambda octets: watched(sock, octets)
            client.sendmail("a@x.example", "b@x.example", "three")
            del sock.sendall
    finally:
        server.stop()
    assert [each.content for each in server.envelopes] == [
        b"one\r\n", b"two\r\n", b"three\r\n"]
    assert [each.startswith(b"MAIL") for each in seen] == [True, False] * 2
