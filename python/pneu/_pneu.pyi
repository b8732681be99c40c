"""The protocol, in C: what pneu.smtplib and pneu.aio are drivers of.

Octets that came from the server go in, octets to write come out, and no call
ever waits, but for Delivery.run(). Every failure is an exception of
pneu.smtplib, or a built-in one.
"""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, final

from _typeshed import ReadableBuffer as Buffer

_Kind = Literal["accepted", "refused for now", "refused for good", "in doubt",
                "not tried"]

# Why no more octets come.
END_OF_STREAM: Final[int]
END_RESET: Final[int]
END_TIMEOUT: Final[int]

# What a connection needs after a delivery.
CLOSE: Final[int]  # it is of no use any more
RESET: Final[int]  # RSET before anything else
RETRY: Final[int]  # and then the message again, one command at a time
HEAR_OUT: Final[int]  # it is not over: a short wait for what still comes
GO_ON: Final[int]  # it is not over: reading
HELD: Final[int]  # it is somebody else's

OUTPUT_MAX: Final[int]  # octets that are to be written at once

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
    and recipients: bare addresses in ASCII. message: octets, or a str in ASCII.
    mail_options and rcpt_options go out as they are (none after HELO); size=
    comes before them where SIZE is offered, and BODY=8BITMIME behind them for a
    message that is not ASCII, unless stated. The message is borrowed, not
    copied, until the delivery is over.

    Raises, with nothing sent: SMTPSenderRefused(552, text, sender) for a
    message past the server's SIZE; SMTPNotSupportedError for one that is not
    ASCII where 8BITMIME is not offered; ValueError for a NUL in it, CR, LF or
    NUL in an option, no recipient, and addresses that cannot stand between
    angle brackets as they are: it is for those that is_plain_address() is true
    for, and a recipient may not be "".
    """

    def __init__(self, sender: str, recipients: Sequence[str],
                 message: str | Buffer, features: Mapping[str, str] | None,
                 mail_options: Sequence[str], rcpt_options: Sequence[str],
                 lmtp: bool, pipelining: bool) -> None: ...

    def step(self, received: Buffer | None, /) -> bytes | None:
        """Takes what was read, b"" at the end of the stream, or None if
        nothing was; and gives what is to be written now, which counts as sent
        from here on: b"" if nothing is until more was read, None if that will
        not change, since the delivery is done, or the server is leaving.

        So many octets as OUTPUT_MAX are not all of it: more come from
        step(None), before anything is read. At most 100 commands without an
        answer are out at once."""

    def run(self, smtp: object, sock: Any, reader: tuple[Any, str, int],
            quick: Untouched, /) -> int:
        """Holds the connection of smtp, writes to sock by sendall(), with the
        audit event smtplib.send, and reads from another object, by the method
        of this name and so many octets at once, until step() has given None.
        quick is of a class (not its subclasses) whose send() does all that
        sendall() does, or says how much it did.

        Gives what ending() does, and the connection is released if that is 0;
        or GO_ON if of the replies to a group only a part was there: the next
        call goes on; or HELD, and nothing was done. An OSError in writing or
        reading is the delivery's business, and all others are raised."""

    @property
    def begun(self) -> bool:
        """True if run() has let go of any octet."""

    def output_failed(self, reason: str, /) -> None:
        """Nothing more can be written; read to the end nevertheless."""

    def input_end(self, why: int, reason: str = "") -> None:
        """No more octets come: END_OF_STREAM, END_RESET or END_TIMEOUT, and
        the machine's words for it."""

    @property
    def done(self) -> bool:
        """True if there is nothing left to write or to read."""

    def ending(self) -> int:
        """What the connection needs now: if it is not done GO_ON or, when
        step() has given None, HEAR_OUT: what still comes (after a 421, or a
        write that failed) is worth a short wait only; or else 0, nothing;
        CLOSE; or RESET: a transaction may be open, or nobody has the message, as smtplib says
        RSET after every refusal. With RESET there may be RETRY: nobody can have
        the message, and the server did not understand a group of commands;
        after a RSET that was answered 250 it may be sent again, one command at
        a time."""

    def result(self, refused: dict[str, tuple[int, bytes]], /) -> None:
        """When done: adds who was refused, by address, with code and text.

        Raises what sendmail() of smtplib raises if nobody has the message:
        SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError,
        SMTPServerDisconnected. If it does not, reply and outcomes() are all
        that is left of the delivery.
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

def plan(sender: str, recipients: str | Iterable[str], message: str | Buffer,
         features: Mapping[str, str] | None, lmtp: bool, pipelining: bool, /
         ) -> Delivery | None:
    """A delivery of a usual message: to a str or a list or tuple of them, all
    addresses as is_plain_address() has them, no options. None if it is not
    usual, or cannot be sent: whoever goes another way finds out why."""

def plan_for(untouched: Untouched, smtp: object, sender: str,
             recipients: str | Iterable[str], message: str | Buffer,
             mail_options: Sequence[str], rcpt_options: Sequence[str], /
             ) -> Delivery | None:
    """The same for an SMTP object, if nobody can tell whether its methods are
    called: they are untouched, its socket is one of Python's, nobody watches,
    and there are no options. None otherwise, or if plan() gives None."""

def hold(line: object, holder: object, /) -> bool:
    """Sets the attribute _holder, unless it is set: True if it is this holder
    now. One step, which no other thread can come between."""

def release(line: object, holder: object, /) -> bool:
    """Sets the attribute _holder to None if it is this holder: True if it is
    None now."""

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
