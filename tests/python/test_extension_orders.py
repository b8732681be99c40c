"""pneu._pneu called wrongly, too early, too late, from within and at random;
and whose the message is."""

from __future__ import annotations

import array
import copy
import gc
import pickle
import random
from collections import UserDict
from collections.abc import Callable
from typing import Any

import pytest

from extension import (GO, MESSAGE, QUEUED, Base, begin, result_of, talk, told,
                       written)
from pneu import _pneu, smtplib

WRONG = [
    lambda: _pneu.command_line(b"x"),
    lambda: _pneu.command_line("x", 1),
    lambda: _pneu.command_line(),
    lambda: _pneu.command_line("x", "y", "z"),
    lambda: _pneu.command_line("x", command="y"),
    lambda: _pneu.command_line("x", arguments="y"),
    lambda: _pneu.features("x"),
    lambda: _pneu.content("x"),
    lambda: _pneu.quote(None),
    lambda: _pneu.line_ends(1),
    lambda: _pneu.is_ascii("x"),
    lambda: _pneu.is_plain_address(b"a@b"),
    lambda: _pneu.mechanisms(None),
    lambda: _pneu.Replies(1),
    lambda: _pneu.Replies().feed("x"),
    lambda: _pneu.Untouched(),
    lambda: _pneu.Untouched("x", []),
    lambda: _pneu.Untouched(str, [1]),
    lambda: _pneu.Untouched(str, 1),
    lambda: _pneu.Untouched(str, ["upper"])(),
    lambda: _pneu.Untouched(str, ["upper"])("x", "y"),
    lambda: _pneu.Exchange("PLAIN", "u"),
    lambda: _pneu.Exchange("PLAIN", b"u", "p"),
    lambda: _pneu.Exchange("PLAIN", "u", "p", "h", "binding"),
    lambda: _pneu.Exchange("PLAIN", "u", "p").step("x"),
    lambda: _pneu.Delivery(),
    lambda: _pneu.Delivery("a", ["b"], b""),
    lambda: begin().step("x"),
    lambda: begin().step(),
    lambda: begin().result(None),
    lambda: _pneu.plan("a", "b", b""),
    lambda: _pneu.plan_for(None, None, "a", "b", b"", (), ()),
    lambda: _pneu.plan_for(),
    lambda: _pneu.hold(None),
    lambda: _pneu.release(None, None, None),
    lambda: begin().input_end("x"),
    lambda: begin().input_end(0, b"x"),
    lambda: begin().input_end(),
    lambda: begin().output_failed(None),
]


@pytest.mark.parametrize("call", WRONG)
def test_wrong_types(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        call()


def all_parts(delivery: _pneu.Delivery, said: bytes) -> list[bytes]:
    parts = [delivery.step(said)]
    while len(parts[-1] or b"") == _pneu.OUTPUT_MAX:
        parts.append(delivery.step(None))
    return [part or b"" for part in parts]


@pytest.mark.parametrize("make", [
    bytes, bytearray, memoryview, lambda text: text.decode("ascii"),
    lambda text: memoryview(array.array("i", text)),
    lambda text: memoryview(text).cast("B", (len(text) // 4, 4))])
@pytest.mark.parametrize("length", [
    720004, _pneu.OUTPUT_MAX + 4, _pneu.OUTPUT_MAX, _pneu.OUTPUT_MAX - 4])
def test_long_runs(make: Callable[[bytes], Any], length: int) -> None:
    text = (b"x" * 70 + b"\r\n") * (length // 72)
    text += b"y" * (length - len(text) - 2) + b"\r\n"
    delivery = begin(message=make(text))
    written(delivery)
    parts = all_parts(delivery, GO)
    assert b"".join(parts) == text + b".\r\n"
    assert all(type(part) is bytes for part in parts)
    assert [len(part) for part in parts[:-1]] == [_pneu.OUTPUT_MAX] * (
        len(parts) - 1)
    assert delivery.step(QUEUED) is None and delivery.done


@pytest.mark.parametrize("line", [b"a\n", b".\r\n", b"." * 999 + b"\n",
                                  b"\r", b"abc.\r\n"])
def test_long_messages(line: bytes) -> None:
    text = line * (700000 // len(line)) + b"end"
    delivery = begin(message=text, features={})
    talk(delivery, [b"250 a\r\n", b"250 b\r\n"])
    parts = all_parts(delivery, b"354 go\r\n")
    assert b"".join(parts) == _pneu.content(text)
    assert [len(part) for part in parts[:-1]] == [_pneu.OUTPUT_MAX] * (
        len(parts) - 1)


def test_message_is_held_until_the_end() -> None:
    message = bytearray(MESSAGE)
    delivery = begin(message=message)
    written(delivery)
    with pytest.raises(BufferError):
        message.append(1)
    assert told(delivery, GO)
    assert delivery.step(QUEUED) is None
    message.append(1)
    assert delivery.done and delivery.step(None) is None
    message = bytearray(MESSAGE)
    delivery = begin(message=message)
    del delivery
    message.append(1)
    with pytest.raises(ValueError):
        begin(message=message, recipients=["a b"])
    message.append(1)


def test_too_early_and_too_late() -> None:
    delivery = begin()
    with pytest.raises(RuntimeError, match="not done"):
        result_of(delivery)
    with pytest.raises(ValueError, match="END_"):
        delivery.input_end(77)
    assert delivery.reply is None
    assert [row[1] for row in delivery.outcomes()] == ["not tried"]
    delivery.input_end(_pneu.END_OF_STREAM)
    delivery.input_end(_pneu.END_RESET, "again")
    assert delivery.step(b"") is None
    assert delivery.step(b"250 late\r\n") is None
    delivery.output_failed("late")
    assert delivery.step(None) is None and delivery.done


@pytest.mark.parametrize("make", [
    begin, _pneu.Replies, lambda: _pneu.Untouched(Base, ["one"]),
    lambda: _pneu.Exchange("PLAIN", "u", "p")])
def test_types_are_closed(make: Callable[[], Any]) -> None:
    it = make()
    kind = type(it)
    kind.__init__(it, 1, 2, x=3)
    with pytest.raises(TypeError):
        kind.__new__(kind, *range(20))
    with pytest.raises(TypeError):
        type("Sub", (kind,), {})
    with pytest.raises(TypeError):
        kind.step = None
    with pytest.raises(AttributeError):
        it.new = 1
    with pytest.raises(TypeError):
        copy.copy(it)
    with pytest.raises(TypeError):
        pickle.dumps(it)


def test_methods_of_other_objects() -> None:
    for kind in (_pneu.Delivery, _pneu.Replies, _pneu.Exchange):
        for name, method in vars(kind).items():
            if callable(method) and not name.startswith("__"):
                with pytest.raises(TypeError):
                    method(object())
                with pytest.raises(TypeError):
                    method()


class Nosy(str):
    """An address that uses the delivery when it is looked at."""

    delivery: _pneu.Delivery | None = None
    caught: list[str] = []

    def __hash__(self) -> int:
        for call in (lambda it: it.result({}), lambda it: it.step(None),
                     lambda it: it.outcomes(),
                     lambda it: it.step(b"250 x\r\n"),
                     lambda it: it.input_end(0),
                     lambda it: it.output_failed("x")):
            if self.delivery is not None:
                with pytest.raises(RuntimeError, match="in use"):
                    call(self.delivery)
                self.caught.append("busy")
        return super().__hash__()

    __eq__ = str.__eq__


def test_delivery_within_delivery() -> None:
    nosy = Nosy("b@x")
    delivery = begin([nosy, "c@x"])
    talk(delivery, [b"250 a\r\n550 b\r\n250 c\r\n354 d\r\n", QUEUED])
    nosy.delivery = delivery
    assert list(result_of(delivery)) == ["b@x"]
    assert len(nosy.caught) == 6
    nosy.delivery = None


def test_owner_of_the_message_dies_within() -> None:
    """Its finalizer runs when the message is given back."""
    seen = []

    class Owned(bytearray):
        def __del__(self) -> None:
            seen.append(delivery.done)
            assert delivery.step(None) is None

    delivery = begin(message=Owned(MESSAGE))
    talk(delivery, [GO, QUEUED])
    gc.collect()
    assert seen == [True]


def test_features_that_fail() -> None:
    class Failing(UserDict):
        def __getitem__(self, key: str) -> str:
            raise LookupError(key)

    with pytest.raises(LookupError):
        begin(features=Failing())

    class Doubtful:
        def __bool__(self) -> bool:
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        begin(pipelining=Doubtful())  # type: ignore[arg-type]
    with pytest.raises(ArithmeticError):
        _pneu.Replies().keep_lines = Doubtful()  # type: ignore[assignment]


def test_calls_at_random() -> None:
    """No order of calls does more than raise what the stub names."""
    chance = random.Random(4)
    words = [b"250 ok\r\n", b"354 go\r\n", b"550 no\r\n", b"421 x\r\n", b"2",
             b"250-a\r\n", b"\r\n", b"500 x\r\n", b"452 y\r\n", b"x" * 9000]
    calls: list[Callable[[Any], object]] = [
        *[lambda it: it.step(chance.choice(words))] * 12,
        *[lambda it: it.step(None)] * 6,
        lambda it: it.input_end(chance.randrange(4)),
        lambda it: it.output_failed("x"),
        result_of, lambda it: it.outcomes(),
        lambda it: (it.done, it.ending(), it.reply)]
    allowed = (smtplib.SMTPException, RuntimeError, ValueError)
    ends = 0
    for _ in range(3000):
        delivery = begin([f"r{i}@x" for i in range(chance.randrange(1, 4))],
                         message=bytearray(MESSAGE * chance.randrange(3)),
                         lmtp=chance.random() < 0.3,
                         pipelining=chance.random() < 0.7)
        for _ in range(chance.randrange(40)):
            try:
                chance.choice(calls)(delivery)
            except allowed:
                pass
        if not delivery.done:
            delivery.input_end(_pneu.END_OF_STREAM)
        assert delivery.done
        ends += delivery.ending() == _pneu.CLOSE
        assert all(row[1] for row in delivery.outcomes())
    assert ends > 1000


@pytest.mark.parametrize("ends_in", ["sendall", "recv"])
def test_delivery_is_carried_to_its_end_within(ends_in: str) -> None:
    """By the socket that it writes to or reads from."""
    class Connection:
        pass

    class Socket:
        def __init__(self) -> None:
            self.delivery = begin()

        def end(self) -> None:
            self.delivery.step(GO)
            self.delivery.step(QUEUED)
            assert result_of(self.delivery) == {}

        def sendall(self, octets: bytes) -> None:
            if ends_in == "sendall":
                self.end()

        def recv(self, limit: int) -> bytes:
            self.end()
            return QUEUED

    sock = Socket()
    with pytest.raises(RuntimeError, match="in use, or was given up"):
        sock.delivery.run(Connection(), sock, (sock, "recv", 65536),
                          _pneu.Untouched(object, []))
    assert sock.delivery.done
