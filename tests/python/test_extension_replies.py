"""pneu._pneu.Replies and Untouched, in tables."""

from __future__ import annotations

from typing import Any

import pytest

from extension import SAID, Base, take_all
from pneu import _pneu, smtplib


@pytest.mark.parametrize("octets, expected", SAID)
@pytest.mark.parametrize("step", [1, 2, 5, 1000])
def test_replies(octets: bytes, expected: list[tuple[int, bytes]], step: int
                 ) -> None:
    """RFC 5321 4.2, at any split."""
    replies = _pneu.Replies()
    replies.keep_lines = True
    found, lines = [], []
    for at in range(0, len(octets), step):
        replies.feed(octets[at:at + step])
        found += take_all(replies)
        lines += replies.lines()
    whole = octets[:octets.rfind(b"\n") + 1]
    assert found == expected
    assert lines == whole.splitlines(keepends=True)
    used_up = octets == whole and not octets.startswith(b"250-a\r\n") or found
    assert replies.pending == (not used_up)


@pytest.mark.parametrize("octets, expected, line", [
    (b"250 a", (250, b"a"), [b"250 a"]),
    (b"2", (-1, b""), [b"2"]),
    (b"250-a\r\n250 b\r", (250, b"a\nb"), [b"250-a\r\n", b"250 b\r"]),
    (b"250-a", None, []),
    (b"", None, []),
])
@pytest.mark.parametrize("asked", [False, True])
def test_replies_end(octets: bytes, expected: tuple[int, bytes] | None,
                     line: list[bytes], asked: bool) -> None:
    replies = _pneu.Replies()
    replies.keep_lines = True
    replies.feed(octets)
    if asked:
        assert replies.next() is None
    replies.end()
    replies.end()
    assert replies.next() == expected
    assert replies.next() is None
    assert expected is None or replies.lines() == line
    assert replies.pending == (expected is None and bool(octets))


@pytest.mark.parametrize("octets, text", [
    (b"250 " + b"x" * 8187 + b"\n", None),
    (b"250 " + b"x" * 8188 + b"\n", "Line too long."),
    (b"x" * 9000, "Line too long."),
    (b"250-x\r\n" * 1023 + b"250 x\r\n", None),
    (b"250-x\r\n" * 1025, "Reply too long."),
    ((b"250-" + b"x" * 8000 + b"\r\n") * 17, "Reply too long."),
])
def test_replies_are_bounded(octets: bytes, text: str | None) -> None:
    replies = _pneu.Replies()
    for at in range(0, len(octets), 1000):
        replies.feed(octets[at:at + 1000])
    if text is None:
        code, _ = replies.next() or (0, b"")
        assert code == 250
        return
    for _ in range(2):
        with pytest.raises(smtplib.SMTPResponseException) as caught:
            while replies.next() is None:
                replies.feed(b"250-x\r\n")
        assert caught.value.args == (500, text)
        replies.feed(b"250 ok\r\n")
        replies.end()


def test_keep_lines() -> None:
    replies = _pneu.Replies()
    assert replies.keep_lines is False
    replies.feed(b"250 a\r\n250 b\r\n250 c\r\n")
    replies.next()
    assert replies.lines() == []
    replies.keep_lines = True
    replies.next()
    assert replies.lines() == [b"250 b\r\n"]
    assert replies.lines() == []
    with pytest.raises(AttributeError):
        del replies.keep_lines


def test_untouched() -> None:
    untouched = _pneu.Untouched(Base, ["one", "two"])
    base = Base()
    assert untouched(base)
    base.one = lambda: 7
    assert not untouched(base)
    del base.one
    base.three = 3
    assert untouched(instance=base)

    class Same(Base):
        def three(self) -> int:
            return 3

    class Other(Base):
        two = Base.one

    assert untouched(Same())
    assert not untouched(Other())
    assert not untouched(object())
    assert not untouched(3)
    assert not untouched(None)


def test_untouched_sees_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    untouched = _pneu.Untouched(Base, ("one",))
    base = Base()
    monkeypatch.setattr(Base, "one", lambda self: 8)
    assert not untouched(base)
    monkeypatch.undo()
    assert untouched(base)
    monkeypatch.delattr(Base, "one")
    assert not untouched(base)


def test_untouched_slots_and_metaclasses() -> None:
    class Slotted:
        __slots__ = ()

        def one(self) -> None:
            pass

    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            if name == "one" and Meta.fails:
                raise LookupError
            return super().__getattribute__(name)

        fails = False

    class Made(metaclass=Meta):
        def one(self) -> None:
            pass

    assert _pneu.Untouched(Slotted, ["one"])(Slotted())
    untouched = _pneu.Untouched(Made, ["one"])
    assert untouched(Made())
    Meta.fails = True
    with pytest.raises(LookupError):
        untouched(Made())
    with pytest.raises(AttributeError):
        _pneu.Untouched(Base, ["one", "none"])
