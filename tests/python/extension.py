"""What the tests of pneu._pneu share: a delivery and who talks to it, and the
tables of what servers say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pneu import _pneu, smtplib

OFFERS = {"pipelining": "", "size": "1000000", "8bitmime": "", "help": ""}
MESSAGE = b"Subject: x\r\n\r\nhello\r\n"
GO = b"250 sender\r\n250 recipient\r\n354 go\r\n"
QUEUED = b"250 2.0.0 queued\r\n"

OFFERED = [
    (b"host", {}),
    (b"", {}),
    (b"SIZE 1\nSIZE 2", {"size": "2"}),
    (b"h\nSIZE 1\nSIZE 2", {"size": "2"}),
    (b"h\nSIZE=1000\nHELP", {"size": "=1000", "help": ""}),
    (b"h\nAUTH PLAIN  LOGIN ", {"auth": " PLAIN  LOGIN"}),
    (b"h\nauth=LOGIN\nAuth CRAM-MD5", {"auth": " LOGIN CRAM-MD5"}),
    (b"h\n-x\n_y\n 8BITMIME\n\n\xe9X", {}),
    (b"h\nX-Foo_bar baz", {"x-foo": "_bar baz"}),
    (b"h\nXA \xe9\xa0", {"xa": "\u00e9"}),
    (b"h\nAUTHX y\nAUTH", {"authx": "y", "auth": " "}),
]

SAID = [
    (b"250 ok\r\n", [(250, b"ok")]),
    (b"250-a\r\n250- b \r\n250\tc\t\r\n", [(250, b"a\nb\nc")]),
    (b"250-a\n250 b\n354 go\n", [(250, b"a\nb"), (354, b"go")]),
    (b"250\r\n", [(250, b"")]),
    (b"250abc\r\n", [(250, b"bc")]),
    (b"hello\r\n250 x\r\n", [(-1, b"o"), (250, b"x")]),
    (b"250-a\r\nnonsense\r\n", [(-1, b"a\nense")]),
    (b"250-a\r\n251 b\r\n", [(-1, b"a\nb")]),
    (b"\r\n", [(-1, b"")]),
    (b"999 x\r\n000 y\r\n", [(999, b"x"), (0, b"y")]),
    (b"250 \xe9\0\x1b\r\n", [(250, b"\xe9\0\x1b")]),
    (b"25", []),
    (b"250 a", []),
    (b"250-a\r\n", []),
]

LOST = "Connection unexpectedly closed"

# recipients, what the server says (b"" is the end), result
ENDINGS: list[tuple[int, list[bytes], Any]] = [
    (1, [GO, QUEUED], {}),
    (2, [b"250 a\r\n550-no \r\n550 5.1.1\tno\r\n250 c\r\n354 d\r\n", QUEUED],
     {"r0@x": (550, b"no\n5.1.1\tno")}),
    (2, [b"250 a\r\n252 maybe\r\n251 far\r\n354 d\r\n", QUEUED],
     {"r0@x": (252, b"maybe")}),
    (1, [b"250 a\r\n252 maybe\r\n354 d\r\n", b"299 fine\r\n"],
     {"r0@x": (252, b"maybe")}),
    (1, [b"550 no\r\n503 b\r\n503 c\r\n"],
     smtplib.SMTPSenderRefused(550, b"no", "a@x")),
    (1, [b"421 bye\r\n"], smtplib.SMTPSenderRefused(421, b"bye", "a@x")),
    (2, [b"250 a\r\n550 b\r\n450 c\r\n554 d\r\n"],
     smtplib.SMTPRecipientsRefused({"r0@x": (550, b"b"),
                                    "r1@x": (450, b"c")})),
    (1, [b"250 a\r\n550 b\r\n354 d\r\n", b"554 none\r\n"],
     smtplib.SMTPRecipientsRefused({"r0@x": (550, b"b")})),
    (3, [b"250 a\r\n250 b\r\n421 c\r\n", b""],
     smtplib.SMTPRecipientsRefused({"r1@x": (421, b"c")})),
    (1, [b"250 a\r\n250 b\r\n451 c\r\n"], smtplib.SMTPDataError(451, b"c")),
    (1, [b"250 a\r\n250 b\r\n421 c\r\n"], smtplib.SMTPDataError(421, b"c")),
    (2, [b"250 a\r\n250 b\r\n550 c\r\n354 d\r\n", b"554 e\r\n"],
     smtplib.SMTPDataError(554, b"e")),
    (1, [b""], smtplib.SMTPServerDisconnected(LOST)),
    (1, [b"250 a\r\n250 b\r\n", b""], smtplib.SMTPServerDisconnected(LOST)),
    (1, [GO, b""], smtplib.SMTPServerDisconnected(LOST)),
    (1, [b"250-a\r\n251 b\r\n"],
     smtplib.SMTPSenderRefused(-1, b"a\nb", "a@x")),
    (3, [b"250 a\r\n550 b\r\n250-a\r\n251 b\r\n"],
     smtplib.SMTPRecipientsRefused({"r0@x": (550, b"b"),
                                    "r1@x": (-1, b"a\nb")})),
    (1, [b"250 a\r\n250 b\r\n250-a\r\n251 b\r\n"],
     smtplib.SMTPDataError(-1, b"a\nb")),
    (1, [GO, b"250-a\r\n251 b\r\n"], smtplib.SMTPDataError(-1, b"a\nb")),
    (1, [GO, b"550-a\r\n550-b\r\n250-c\r\n550 d\r\n"],
     smtplib.SMTPDataError(-1, b"a\nb\nc\nd")),
    (1, [GO, b"who knows\r\n"], smtplib.SMTPDataError(-1, b"knows")),
    (1, [GO, b"999 nine\r\n"], smtplib.SMTPDataError(999, b"nine")),
    (1, [GO, b"550abc\r\n"], smtplib.SMTPDataError(550, b"bc")),
    (1, [GO, b"250abc\r\n"], smtplib.SMTPDataError(
        -1, b'a reply code is followed by neither blank nor hyphen: '
        b'"250abc"')),
    (1, [b"354 a\r\n"], smtplib.SMTPSenderRefused(354, b"a", "a@x")),
    (2, [b"250 a\r\n250 b\r\n354 c\r\n"],
     smtplib.SMTPRecipientsRefused({"r1@x": (354, b"c")})),
    (1, [b"250 a\r\n250 b\r\n250 c\r\n"], smtplib.SMTPDataError(250, b"c")),
    (1, [b"250-" + b"x" * 9000],
     smtplib.SMTPResponseException(500, "Line too long.")),
    (1, [b"250-x\r\n" * 1025],
     smtplib.SMTPResponseException(500, "Reply too long.")),
]


class Base:
    def one(self) -> int:
        return 1

    def two(self) -> int:
        return 2


def begin(recipients: Sequence[str] = ("b@x",), message: Any = MESSAGE,
          features: Any = OFFERS, sender: str = "a@x",
          mail: Sequence[str] = (), rcpt: Sequence[str] = (),
          lmtp: bool = False, pipelining: bool = True) -> _pneu.Delivery:
    return _pneu.Delivery(sender, recipients, message, features, mail, rcpt,
                          lmtp, pipelining)


def told(delivery: _pneu.Delivery, said: bytes | None) -> bytes:
    """All that is to be written upon what the server said; None: nothing."""
    parts = [delivery.step(said)]
    while parts[-1] and len(parts[-1]) == _pneu.OUTPUT_MAX:
        parts.append(delivery.step(None))
    return b"".join(part or b"" for part in parts)


def written(delivery: _pneu.Delivery) -> bytes:
    return told(delivery, None)


def talk(delivery: _pneu.Delivery, said: Iterable[bytes]) -> list[bytes]:
    """Feeds what the server says, b"" for its end, and tells what was written
    before each."""
    return [written(delivery), *(told(delivery, octets) for octets in said)]


def result_of(delivery: _pneu.Delivery) -> dict[str, tuple[int, bytes]]:
    refused: dict[str, tuple[int, bytes]] = {}
    delivery.result(refused)
    return refused


def take_all(replies: _pneu.Replies) -> list[tuple[int, bytes]]:
    return list(iter(replies.next, None))
