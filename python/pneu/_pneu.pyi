"""The protocol, in C: what pneu.smtplib and pneu.aio are drivers of.

Nothing here knows of sockets: octets that came from the server go in, octets
to write come out, and no call ever waits. Every failure is an exception of
pneu.smtplib, or a built-in one.
"""
from collections.abc import Mapping, Sequence
from typing import Final, Literal, final

from _typeshed import ReadableBuffer as Buffer

_Kind = Literal["accepted", "refused for now", "refused for good", "in doubt",
                "not tried"]

# Why no more octets come.
END_OF_STREAM: Final[int]
END_RESET: Final[int]
END_TIMEOUT: Final[int]

def version() -> str:
    """The version of the library, "0.1.0"."""

def command_line(command: str, argument: str = "") -> str:
    """One command line with its CRLF (RFC 5321 2.3.8).

    Raises ValueError, "command and arguments contain prohibited newline
    characters: ..." with the line, its CR, LF and NUL escaped, and for a line
    past 64 KiB.
    """

def features(reply: bytes, /) -> dict[str, str]:
    """What the text of a reply to EHLO offers, as in SMTP.esmtp_features."""

def content(message: Buffer, /) -> bytes:
    """A message as it follows a 354: CRLF line ends, dots doubled, and the
    final dot (RFC 5321 4.5.2, 4.1.1.4)."""

def quote(data: Buffer, /) -> bytes:
    """CRLF line ends and doubled dots, without the final dot."""

def line_ends(data: Buffer, /) -> bytes:
    """CRLF line ends: CRLF, LF and CR alone each become CRLF."""

def is_ascii(data: Buffer, /) -> bool:
    """True if no octet has its highest bit set."""

@final
class Replies:
    """Octets in at any split, replies out, whatever they are (RFC 5321 4.2).

    A line whose code is no number ends its reply with the code -1, and so does
    a reply whose lines do not have the same code, when it is whole.
    """

    keep_lines: bool  # for lines(); False at first

    def feed(self, data: Buffer, /) -> None:
        """Octets from the server. Raises MemoryError."""

    def end(self) -> None:
        """No more octets come: what there is of a last line is a line."""

    def next(self) -> tuple[int, bytes] | None:
        """The next whole reply: its code, and its text with LF between lines.

        None if more octets are needed. Raises SMTPResponseException(500,
        "Line too long.") for a line of more than 8,192 octets, and
        SMTPResponseException(500, "Reply too long.") for a reply of more than
        128 KiB or 1,024 lines; nothing can be read after that.
        """

    def lines(self) -> list[bytes]:
        """The lines read since the last call, as they came, for next() or on
        the way to it. Empty unless keep_lines."""

    @property
    def pending(self) -> bool:
        """True if octets were fed that no reply given out has used up."""

@final
class Untouched:
    """Tells whether an object still has the methods of a class as they were
    when this was made, none replaced in a subclass or on the instance."""

    def __init__(self, cls: type, names: Sequence[str]) -> None: ...
    def __call__(self, instance: object) -> bool: ...

@final
class Delivery:
    """One message to n recipients, and what became of each.

    features: the server's, as in SMTP.esmtp_features; None after HELO. sender
    and recipients: bare addresses in ASCII. mail_options and rcpt_options go
    out as they are (none after HELO); size= comes before them where SIZE is
    offered, and BODY=8BITMIME behind them for a message that is not ASCII,
    unless stated. The message is borrowed, not copied, until the delivery is
    over.

    Raises, with nothing sent: SMTPSenderRefused(552, text, sender) for a
    message past the server's SIZE; SMTPNotSupportedError for one that is not
    ASCII where 8BITMIME is not offered; ValueError for a NUL in it, CR, LF or
    NUL in an option, no recipient, and addresses that cannot stand between
    angle brackets as they are: it is for those that is_plain_address() is true
    for, and a recipient may not be "".
    """

    def __init__(self, sender: str, recipients: Sequence[str],
                 message: Buffer, features: Mapping[str, str] | None,
                 mail_options: Sequence[str], rcpt_options: Sequence[str],
                 lmtp: bool, pipelining: bool) -> None: ...

    def output(self) -> bytes | memoryview | None:
        """What is to be written now, and counts as sent from here on; None:
        nothing until more was read. At most 100 commands without an answer
        are out at once."""

    def output_failed(self, reason: str, /) -> None:
        """Nothing more can be written; read to the end nevertheless."""

    def input(self, data: Buffer, /) -> None:
        """Octets from the server."""

    def input_end(self, why: int, reason: str = "") -> None:
        """No more octets come: END_OF_STREAM, END_RESET or END_TIMEOUT, and
        the machine's words for it."""

    @property
    def done(self) -> bool:
        """True if there is nothing left to write or to read."""

    @property
    def leaving(self) -> bool:
        """True if what still comes (after a 421, or a write that failed) is
        worth a short wait only."""

    @property
    def must_close(self) -> bool:
        """True if the connection is of no use any more."""

    @property
    def must_reset(self) -> bool:
        """True if RSET is to be sent before anything else: a transaction may
        be open, or nobody has the message, as smtplib says RSET after every
        refusal."""

    @property
    def may_retry(self) -> bool:
        """True if nobody can have the message, and the server did not
        understand a group of commands: after a RSET that was answered 250,
        it may be sent again, one command at a time."""

    def result(self) -> dict[str, tuple[int, bytes]]:
        """When done: who was refused, by address, with code and text.

        Raises what sendmail() of smtplib raises if nobody has the message:
        SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError,
        SMTPServerDisconnected.
        """

    @property
    def reply(self) -> tuple[int, bytes] | None:
        """The last reply to the end of the message, None if there was none."""

    def outcomes(self) -> list[tuple[str, _Kind, str, int, str, bytes]]:
        """For each recipient, in their order: address; "accepted", "refused
        for now", "refused for good", "in doubt" or "not tried"; the command
        that it was decided by ("RCPT"); the server's code, 0 if it said
        nothing; its enhanced code ("5.1.1") or ""; its words, or why it said
        nothing."""

def is_plain_address(address: str, /) -> bool:
    """True for an address in ASCII that goes between angle brackets as it is,
    and that email.utils.parseaddr() would give back unchanged; for a name
    without a domain too, and for ""."""

@final
class Exchange:
    """One SASL exchange (RFC 4422), from the client's side.

    mechanism: "SCRAM-SHA-256", "CRAM-MD5", "PLAIN"...; binding: the TLS
    channel's tls-unique data (RFC 5929) for a mechanism that ends in -PLUS.
    user and password go in UTF-8. Raises SMTPNotSupportedError for a mechanism
    that is not known here, ValueError for credentials that it cannot carry.
    """

    def __init__(self, mechanism: str, user: str, password: str,
                 host: str = "", binding: bytes | None = None) -> None: ...

    def step(self, challenge: bytes | None = None) -> bytes | None:
        """The answer to a challenge, neither one encoded. None asks for the
        first word, and gives None if the server must begin. Raises
        SMTPException if the server's words are wrong."""

    @property
    def complete(self) -> bool:
        """True when the server has proved itself, or has nothing to prove:
        only then may its success be believed (RFC 5802 3)."""

def mechanisms(offered: str, binding: bool = False) -> list[str]:
    """Those of the mechanisms offered (names with blanks between, in any case)
    that need a user and a password and that can be used here, strongest
    first: SCRAM-SHA-256-PLUS (with binding), SCRAM-SHA-256..., CRAM-MD5,
    PLAIN, LOGIN."""
