"""pneu._pneu.Delivery: what is written, and what each answer comes to."""

from __future__ import annotations

import sys
from collections import OrderedDict, UserDict
from typing import Any

import pytest

from extension import (ENDINGS, GO, LOST, MESSAGE, OFFERS, QUEUED, begin,
                       result_of, talk, told, written)
from pneu import _pneu, smtplib


def test_groups() -> None:
    """RFC 2920 3.1: the group ends with DATA."""
    delivery = begin(["b@x", "c@x"])
    said = [b"250 a\r\n250 b\r\n250 c\r\n354 go\r\n", QUEUED]
    assert talk(delivery, said) == [
        b"MAIL FROM:<a@x> size=21\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n"
        b"DATA\r\n", MESSAGE + b".\r\n", b""]
    assert delivery.done and delivery.ending() == 0
    assert result_of(delivery) == {}
    assert delivery.reply == (250, b"2.0.0 queued")
    assert delivery.outcomes() == [
        (each, "accepted", "end of message", 250, "2.0.0", b"2.0.0 queued")
        for each in ("b@x", "c@x")]


@pytest.mark.parametrize("features, pipelining, mail", [
    (None, True, b"MAIL FROM:<a@x>\r\n"),
    ({}, True, b"MAIL FROM:<a@x> X=1\r\n"),
    ({"size": ""}, True, b"MAIL FROM:<a@x> size=21 X=1\r\n"),
    (OFFERS, False, b"MAIL FROM:<a@x> size=21 X=1\r\n"),
])
def test_one_at_a_time(features: Any, pipelining: bool, mail: bytes) -> None:
    delivery = begin(features=features, pipelining=pipelining, mail=["X=1"],
                     rcpt=["NOTIFY=NEVER"])
    option = b"" if features is None else b" NOTIFY=NEVER"
    assert talk(delivery, [b"250 a\r\n", b"250 b\r\n", b"354 go\r\n",
                           QUEUED]) == [
        mail, b"RCPT TO:<b@x>" + option + b"\r\n", b"DATA\r\n",
        MESSAGE + b".\r\n", b""]
    assert result_of(delivery) == {}


def test_any_split() -> None:
    delivery = begin()
    assert written(delivery)
    for octet in GO[:-1]:
        assert delivery.step(bytes([octet])) == b"" and not delivery.done
    assert delivery.step(GO[-1:]) == MESSAGE + b".\r\n"
    for octet in QUEUED[:-1]:
        assert delivery.step(bytes([octet])) == b"" and not delivery.done
    assert delivery.step(QUEUED[-1:]) is None
    assert delivery.done and result_of(delivery) == {}


STATED = [
    (b"a", OFFERS, [], b" size=1"),
    (b"a\n", OFFERS, [], b" size=3"),
    (b"a\r", OFFERS, [], b" size=3"),
    (b"a\nb\r\n.c", OFFERS, [], b" size=8"),
    (b"", OFFERS, [], b" size=0"),
    (b"a", OFFERS, ["A", "B=c"], b" size=1 A B=c"),
    (b"a", OFFERS, ["SIZE=9"], b" SIZE=9"),
    (b"\xe9", OFFERS, [], b" size=1 BODY=8BITMIME"),
    (b"\xe9", OFFERS, ["A"], b" size=1 A BODY=8BITMIME"),
    (b"\xe9", OFFERS, ["body=8bitmime"], b" size=1 body=8bitmime"),
    (b"\xe9", {"8bitmime": ""}, [], b" BODY=8BITMIME"),
    (b"a", {"size": "=7"}, [], b" size=1"),
    (b"a", {"size": "\udc80\n"}, [], b" size=1"),
    (b"a", {"size": None, 3: 4, "8bitmime": b""}, [], b" size=1"),
    (b"a", UserDict(size="9"), [], b" size=1"),
    (b"a", OrderedDict(size="9"), [], b" size=1"),
    (b"a", {}, [], b""),
]


@pytest.mark.parametrize("message, features, mail, stated", STATED)
def test_stated(message: bytes, features: Any, mail: list[str], stated: bytes
                ) -> None:
    """RFC 1870 6.1, RFC 6152 3; in smtplib's order and counting."""
    first = written(begin(message=message, features=features, mail=mail))
    assert first.split(b"\r\n")[0] == b"MAIL FROM:<a@x>" + stated


REFUSED_AT_ONCE = [
    ({"message": b"a\0b"}, ValueError, "NUL"),
    ({"message": b"\xe9", "features": {}}, smtplib.SMTPNotSupportedError,
     "8BITMIME"),
    ({"message": b"\xe9", "features": None}, smtplib.SMTPNotSupportedError,
     "8BITMIME"),
    ({"message": b"abcd", "features": {"size": "3"}},
     smtplib.SMTPSenderRefused, "not asked"),
    ({"mail": ["A\r\nB"]}, ValueError, r"newline characters: A\r\nB"),
    ({"mail": ["A\0"]}, ValueError, r"newline characters: A\0"),
    ({"rcpt": ["X", "A\nB"]}, ValueError, r"newline characters: X A\nB"),
    ({"rcpt": ["A\0"]}, ValueError, r"newline characters: A\0"),
    ({"mail": ["\u00e9"]}, UnicodeEncodeError, "ascii"),
    ({"mail": ["A" * 5000]}, ValueError, "4096"),
    ({"mail": [1]}, TypeError, "str"),
    ({"mail": None}, TypeError, "len"),
    ({"sender": "a\0@x"}, ValueError, "sender"),
    ({"sender": "<a@x>"}, ValueError, "bare address"),
    ({"sender": None}, TypeError, "sender"),
    ({"recipients": []}, ValueError, "no recipient"),
    ({"recipients": ["b@x", ""]}, ValueError, "empty"),
    ({"recipients": ["b@x\r\nDATA"]}, ValueError, "CR, LF"),
    ({"recipients": ["b\0"]}, ValueError, "a recipient"),
    ({"recipients": ["b> X=<"]}, ValueError, "not valid"),
    ({"recipients": ["\udc80@x"]}, UnicodeEncodeError, "surrogates"),
    ({"recipients": "b@x"}, TypeError, "sequence"),
    ({"recipients": b"b@x"}, TypeError, "sequence"),
    ({"recipients": [b"b@x"]}, TypeError, "a recipient"),
    ({"recipients": None}, TypeError, "iterable"),
    ({"message": 3}, TypeError, "bytes-like"),
    ({"message": "\u00e9"}, ValueError, "ASCII"),
    ({"message": "\udc80"}, UnicodeEncodeError, "surrogates"),
    ({"message": memoryview(b"abcd")[::2]}, BufferError, "contiguous"),
    ({"features": "size"}, TypeError, "mapping"),
    ({"features": 1}, TypeError, "mapping"),
]


@pytest.mark.parametrize("arguments, kind, words", REFUSED_AT_ONCE)
def test_refused_at_once(arguments: dict[str, Any], kind: type[Exception],
                         words: str) -> None:
    with pytest.raises(kind) as caught:
        begin(**arguments)
    assert type(caught.value) is kind and words in str(caught.value)


def test_size_is_refused_as_the_server_would() -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        begin(message=b"abcd\n", features={"size": "5"})
    assert caught.value.smtp_code == 552 and caught.value.sender == "a@x"
    begin(message=b"abcd\n", features={"size": "6"})
    begin(message=b"abcd", features={"size": "4"})  # as MAIL would state it
    begin(message=b"abcd\n", features={"size": "0"})


@pytest.mark.parametrize("count, said, expected", ENDINGS)
def test_endings(count: int, said: list[bytes], expected: Any) -> None:
    delivery = begin([f"r{i}@x" for i in range(count)])
    talk(delivery, said)
    if not delivery.done:
        assert delivery.step(None) is None
        assert delivery.ending() == _pneu.HEAR_OUT
        delivery.input_end(_pneu.END_TIMEOUT, "timed out")
    if isinstance(expected, dict):
        assert delivery.ending() == 0
        told_once(delivery, expected)
    else:
        assert delivery.ending() in (_pneu.CLOSE, _pneu.RESET)
        told_again_and_again(delivery, expected)
    assert len(delivery.outcomes()) == count


def told_once(delivery: _pneu.Delivery, expected: dict[str, Any]) -> None:
    """What is left then are the outcomes, and the last reply."""
    before = delivery.outcomes()
    assert result_of(delivery) == expected
    with pytest.raises(RuntimeError):
        result_of(delivery)
    assert delivery.done and delivery.outcomes() == before
    assert delivery.outcomes() is not delivery.outcomes()


def told_again_and_again(delivery: _pneu.Delivery, expected: Any) -> None:
    for _ in range(2):
        with pytest.raises(type(expected)) as caught:
            result_of(delivery)
        assert type(caught.value) is type(expected)
        assert caught.value.args == expected.args


LMTP_GO = b"250 a\r\n250 b\r\n550 c\r\n250 d\r\n354 e\r\n"
LMTP_ENDINGS: list[tuple[list[bytes], Any, list[str]]] = [
    ([b"250 1\r\n250 2\r\n"], {"r1@x": (550, b"c")},
     ["accepted", "refused for good", "accepted"]),
    ([b"250 1\r\n", b"452 2\r\n"],
     {"r1@x": (550, b"c"), "r2@x": (452, b"2")},
     ["accepted", "refused for good", "refused for now"]),
    ([b"552 1\r\n", b"250 2\r\n"],
     {"r0@x": (552, b"1"), "r1@x": (550, b"c")},
     ["refused for good", "refused for good", "accepted"]),
    ([b"552 1\r\n452 2\r\n"], smtplib.SMTPDataError(552, b"1"),
     ["refused for good", "refused for good", "refused for now"]),
    ([b""], smtplib.SMTPServerDisconnected(LOST),
     ["in doubt", "refused for good", "in doubt"]),
]


@pytest.mark.parametrize("end, expected, kinds", LMTP_ENDINGS)
def test_lmtp(end: list[bytes], expected: Any, kinds: list[str]) -> None:
    """RFC 2033 4.2: a reply for each recipient that was accepted."""
    delivery = begin(["r0@x", "r1@x", "r2@x"], lmtp=True)
    talk(delivery, [LMTP_GO, *end])
    assert [row[1] for row in delivery.outcomes()] == kinds
    if isinstance(expected, dict):
        assert result_of(delivery) == expected
    else:
        with pytest.raises(type(expected)) as caught:
            result_of(delivery)
        assert caught.value.args == expected.args


def test_lmtp_lost_midway() -> None:
    """Somebody has it, so the others are told, and nothing is raised."""
    delivery = begin(["r0@x", "r1@x", "r2@x"], lmtp=True)
    talk(delivery, [LMTP_GO, b"250 1\r\n"])
    delivery.input_end(_pneu.END_RESET, "[Errno 104] gone")
    refused = result_of(delivery)
    assert list(refused) == ["r1@x", "r2@x"] and refused["r2@x"][0] == -1
    assert refused["r2@x"][1].endswith(b"[Errno 104] gone")
    assert delivery.outcomes()[2][1] == "in doubt"


@pytest.mark.parametrize("why, reason, words", [
    (_pneu.END_OF_STREAM, "", LOST),
    (_pneu.END_RESET, "", LOST),
    (_pneu.END_RESET, "[Errno 104] gone", f"{LOST}: [Errno 104] gone"),
    (_pneu.END_TIMEOUT, "timed out", f"{LOST}: timed out"),
    (_pneu.END_TIMEOUT, "", f"{LOST}: timed out"),
    (_pneu.END_TIMEOUT, "too late", f"{LOST}: timed out: too late"),
])
def test_why_it_ended(why: int, reason: str, words: str) -> None:
    delivery = begin()
    written(delivery)
    delivery.input_end(why, reason=reason)
    assert delivery.done and delivery.ending() == _pneu.CLOSE
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        result_of(delivery)
    assert str(caught.value) == words


def test_output_failed() -> None:
    """RFC 5321 4.2.5: what had arrived is read, and it says why."""
    delivery = begin()
    written(delivery)
    delivery.output_failed("[Errno 32] Broken pipe")
    assert delivery.ending() == _pneu.HEAR_OUT and not delivery.done
    assert delivery.step(None) is None
    assert delivery.step(b"554 5.7.1 not you\r\n") is None
    delivery.input_end(_pneu.END_OF_STREAM)
    assert delivery.done
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        result_of(delivery)
    assert caught.value.args == (554, b"5.7.1 not you", "a@x")


def test_output_failed_and_nothing_said() -> None:
    delivery = begin()
    written(delivery)
    delivery.output_failed("[Errno 32] Broken pipe")
    delivery.input_end(_pneu.END_TIMEOUT, "timed out")
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        result_of(delivery)
    assert str(caught.value) == f"{LOST}: [Errno 32] Broken pipe"


@pytest.mark.parametrize("replies, may_retry", [
    (b"250 a\r\n250 b\r\n250 c\r\n500 d\r\n", True),
    (b"250 a\r\n250 b\r\n500 c\r\n502 d\r\n", True),
    (b"250 a\r\n250 b\r\n550 c\r\n503 d\r\n", True),
    (b"250 a\r\n500 b\r\n502 c\r\n503 d\r\n", True),
    (b"250 a\r\n500 b\r\n550 c\r\n503 d\r\n", False),
    (b"250 a\r\n550 b\r\n550 c\r\n503 d\r\n", False),
    (b"250 a\r\n250 b\r\n250 c\r\n554 d\r\n", False),
    (b"500 a\r\n503 b\r\n503 c\r\n503 d\r\n", False),
    (b"250 a\r\n500 b\r\n500 c\r\n421 d\r\n", False),
])
def test_may_retry(replies: bytes, may_retry: bool) -> None:
    """RFC 5321 4.2.4: 500 to a command that came in a group."""
    delivery = begin(["b@x", "c@x"])
    talk(delivery, [replies])
    if not delivery.done:
        delivery.input_end(_pneu.END_OF_STREAM)
    assert delivery.done
    assert bool(delivery.ending() & _pneu.RETRY) == may_retry
    with pytest.raises(smtplib.SMTPException):
        result_of(delivery)
    assert all(row[1] != "accepted" for row in delivery.outcomes())


def test_no_retry_without_a_group() -> None:
    delivery = begin(pipelining=False)
    talk(delivery, [b"250 a\r\n", b"250 b\r\n", b"500 c\r\n"])
    assert delivery.done and not delivery.ending() & _pneu.RETRY
    assert delivery.outcomes()[0][1:4] == ("refused for good", "DATA", 500)


def test_unknown_to_one_is_an_answer() -> None:
    delivery = begin(["b@x", "c@x"])
    talk(delivery, [b"250 a\r\n250 b\r\n500 c\r\n354 d\r\n", QUEUED])
    assert delivery.ending() == 0
    assert result_of(delivery) == {"c@x": (500, b"c")}


@pytest.mark.parametrize("more", [b"2", b"421 bye\r\n", b"250 what\r\n"])
def test_octets_behind_the_end(more: bytes) -> None:
    """The count is not sure any more; the message was accepted."""
    delivery = begin()
    talk(delivery, [GO, QUEUED + more])
    assert delivery.done and delivery.ending() == _pneu.CLOSE
    assert result_of(delivery) == {}


def test_message_that_is_changed_meanwhile() -> None:
    """RFC 5321 4.5.2: it may be nonsense, but it does not end before its end."""
    message = bytearray(b"Subject: x\r\n\r\nxyz\r\n")
    delivery = begin(message=message)
    written(delivery)
    message[14:19] = b"\r\n.\r\n"[:5]
    assert told(delivery, GO).endswith(b"\r\n..\r\n.\r\n")


def test_unanswered_are_bounded() -> None:
    """Nothing is read while a group is written."""
    count = 250
    delivery = begin([f"r{i}@x" for i in range(count)])
    groups = []
    octets = written(delivery)
    while not delivery.done:
        commands = octets.split(b"\r\n")[:-1]
        groups.append(len(commands))
        if octets.startswith(b"Subject"):
            octets = told(delivery, QUEUED)
        else:
            octets = told(delivery, b"".join(
                b"354 go\r\n" if line == b"DATA" else b"250 ok\r\n"
                for line in commands))
    assert max(groups) <= 100 and groups[:2] == [100, 100]
    assert result_of(delivery) == {} and len(delivery.outcomes()) == count


def test_one_transaction_for_all() -> None:
    """452 is a refusal for now, as in smtplib; RFC 9422 4.2 alone splits."""
    names = [f"r{i}@x" for i in range(1500)]
    delivery = begin(names)
    mails = 0
    octets = written(delivery)
    while not delivery.done:
        lines = octets.split(b"\r\n")[:-1]
        mails += octets.count(b"MAIL FROM")
        octets = told(
            delivery, QUEUED if octets.startswith(b"Subject") else b"".join(
                b"354 go\r\n" if line == b"DATA" else
                b"452 full\r\n" if b"<r7@" in line else b"250 ok\r\n"
                for line in lines))
    assert mails == 1
    assert result_of(delivery) == {"r7@x": (452, b"full")}

    delivery = begin(["b@x", "c@x"], features={"limits": "RCPTMAX=1"})
    heard = talk(delivery, [b"250 a\r\n", b"250 b\r\n", b"354 c\r\n", QUEUED,
                            b"250 a\r\n", b"550 b\r\n"])
    assert [b"MAIL" in octets for octets in heard].count(True) == 2
    assert result_of(delivery) == {"c@x": (550, b"b")}


def test_same_address_twice() -> None:
    """Counted by recipient, not by key."""
    delivery = begin(["b@x", "b@x", "c@x"])
    talk(delivery, [b"250 a\r\n550 b\r\n550 c\r\n250 d\r\n354 e\r\n", QUEUED])
    assert result_of(delivery) == {"b@x": (550, b"c")}
    delivery = begin(["b@x", "b@x"])
    talk(delivery, [b"250 a\r\n550 b\r\n551 c\r\n554 e\r\n"])
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        result_of(delivery)
    assert caught.value.recipients == {"b@x": (551, b"c")}


def test_doubt_goes_before_a_refusal() -> None:
    """RFC 5321 3.8: behind a 421 nobody knows what a 250 is for."""
    delivery = begin(["b@x", "c@x"], lmtp=True)
    talk(delivery, [b"250 a\r\n250 b\r\n250 c\r\n354 d\r\n",
                    b"421 bye\r\n250 fine\r\n"])
    if not delivery.done:
        delivery.input_end(_pneu.END_OF_STREAM)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        result_of(delivery)
    assert "in doubt" in [row[1] for row in delivery.outcomes()]


def test_features_keep_nothing_but_text() -> None:
    inner = begin()
    references = sys.getrefcount(inner)
    features: Any = {"pipelining": inner, "size": inner}
    outer = begin(features=features)
    features.clear()
    assert sys.getrefcount(inner) == references
    assert outer.step(None) == (b"MAIL FROM:<a@x> size=21\r\n"
                                b"RCPT TO:<b@x>\r\nDATA\r\n")


def test_untouched_is_no_method() -> None:
    class Odd:
        check = _pneu.Untouched(int, [])

    with pytest.raises(TypeError, match="no method"):
        _pneu.Untouched(Odd, ["check"])


def test_no_retry_for_what_was_accepted() -> None:
    """RFC 9422 4.2: in the second transaction nobody speaks of the first."""
    delivery = begin(["b@x", "c@x"], features={"pipelining": "",
                                               "limits": "RCPTMAX=1"})
    talk(delivery, [GO, QUEUED, b"250 a\r\n250 b\r\n502 d\r\n"])
    assert delivery.done and not delivery.ending() & _pneu.RETRY
    assert result_of(delivery) == {"c@x": (502, b"d")}


def test_no_retry_for_an_end() -> None:
    """RFC 2033 4.2: 500 was said of the message, and not of a command."""
    delivery = begin(["b@x", "c@x"], lmtp=True)
    talk(delivery, [b"250 a\r\n250 b\r\n250 c\r\n354 d\r\n",
                    b"500 no\r\n500 no\r\n"])
    assert delivery.done and not delivery.ending() & _pneu.RETRY
    with pytest.raises(smtplib.SMTPDataError):
        result_of(delivery)
