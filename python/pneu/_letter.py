"""From a message of the email package to an envelope and octets; and octets
that one server takes made of those that it does not."""
from __future__ import annotations

import base64
import binascii
import copy
import email
import email.generator
import email.policy
import email.utils
import io
from collections.abc import Iterable, Sequence
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, Any, Union

from pneu import _pneu
from pneu._exceptions import SMTPNotSupportedError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

AnyMessage = Union[Message, EmailMessage]

_SEALED_TYPES = ("multipart/signed", "multipart/encrypted",
                 "application/pkcs7-mime", "application/x-pkcs7-mime")
_SEVEN_BIT = email.policy.SMTP.clone(cte_type="7bit", refold_source="none",
                                     mangle_from_=False)


def recipient_list(to_addrs: str | Iterable[str]) -> Sequence[str]:
    """The recipients one by one: a str is one of them.

    Raises ValueError for a str that holds several.
    """
    if not isinstance(to_addrs, str):
        if isinstance(to_addrs, (list, tuple)):
            return to_addrs
        return list(to_addrs)
    if "," in to_addrs and not _pneu.is_plain_address(to_addrs):
        several = [address for _, address in email.utils.getaddresses(
            [to_addrs])]
        if len(several) > 1:
            raise ValueError(
                f"to_addrs is one string with {len(several)} addresses, and a "
                f"string is one recipient: give a list, {several!r}")
    return [to_addrs]


def octets(message: str | ReadableBuffer) -> ReadableBuffer:
    """A message as octets; of a str every line end becomes CRLF.

    Raises UnicodeEncodeError for a str that is not ASCII.
    """
    if isinstance(message, str):
        return _pneu.line_ends(message.encode("ascii"))
    return message


def refuse_nul(message: bytes) -> None:
    """Raises ValueError if there is a NUL in it."""
    if b"\0" in message:
        raise ValueError("the message holds a NUL octet, which SMTP cannot "
                         "carry: encode that part (base64)")


def states(options: Iterable[str], name: str) -> bool:
    """Is there an option of this name, with a value or without?"""
    return any(option.upper().partition("=")[0] == name for option in options)


def _addresses(values: Sequence[Any]) -> list[str]:
    return [address for _, address in email.utils.getaddresses(
        [str(value) for value in values])]


def _prefix(message: AnyMessage) -> str:
    """That of the headers that count (RFC 5322 3.6.6)."""
    resent = message.get_all("Resent-Date")
    if resent is not None and len(resent) > 1:
        raise ValueError("message has more than one 'Resent-' header block")
    return "" if resent is None else "Resent-"


def _sender(message: AnyMessage, prefix: str) -> str:
    """RFC 5322 3.6.2: Sender tells who sends, if there is one."""
    for name in (f"{prefix}Sender", f"{prefix}From"):
        if name in message:
            found = _addresses([message[name]])
            if found:
                return found[0]
    raise ValueError(f"the message has neither a {prefix}From nor a "
                     f"{prefix}Sender header with an address, and from_addr "
                     "was not given")


def _recipients(message: AnyMessage, prefix: str) -> list[str]:
    values = [message[prefix + name] for name in ("To", "Bcc", "Cc")]
    # A group without members ("undisclosed-recipients:;") has no address.
    return [address for address in _addresses(
        [value for value in values
         if value is not None and str(value).strip()]) if address]


def envelope(message: AnyMessage, from_addr: str | None,
             to_addrs: str | Iterable[str] | None
             ) -> tuple[str, str | Sequence[str]]:
    """The sender and the recipients of a message: those given, or else those
    of its headers.

    Raises ValueError for more than one Resent-Date header, and if there is no
    sender.
    """
    prefix = _prefix(message)
    if from_addr is None:
        from_addr = _sender(message, prefix)
    if to_addrs is None:
        to_addrs = _recipients(message, prefix)
    elif not isinstance(to_addrs, (str, list, tuple)):
        to_addrs = list(to_addrs)
    return from_addr, to_addrs


def is_international(from_addr: str, to_addrs: str | Iterable[str]) -> bool:
    """Is there an address that only SMTPUTF8 can carry (RFC 6531)?"""
    return not "".join([from_addr, *to_addrs]).isascii()


def _policy(message: AnyMessage, utf8: bool) -> Any:
    if not utf8:
        return message.policy
    if hasattr(message.policy, "utf8"):
        return message.policy.clone(utf8=True)
    return email.policy.SMTPUTF8  # the old policy, compat32, cannot do it


def serialise(message: AnyMessage, utf8: bool) -> bytes:
    """A message as it goes out: CRLF line ends, without Bcc and Resent-Bcc,
    and a "From " at the beginning of a line as it is.

    utf8: its headers may be UTF-8 (RFC 6532). The message is not changed.
    """
    sent = copy.copy(message)
    del sent["Bcc"]
    del sent["Resent-Bcc"]
    with io.BytesIO() as out:
        generator = email.generator.BytesGenerator(
            out, mangle_from_=False, policy=_policy(message, utf8))
        generator.flatten(sent, linesep="\r\n")
        return out.getvalue()


def seven_bit(message: ReadableBuffer) -> bytes:
    """The same message in ASCII: its headers in encoded words (RFC 2047), its
    8-bit parts in quoted-printable or base64 (RFC 2045).

    Raises SMTPNotSupportedError for one that would not be the same: signed or
    encrypted.
    """
    parsed = email.message_from_bytes(bytes(message), policy=_SEVEN_BIT)
    parts = list(parsed.walk())
    if "DKIM-Signature" in parsed or any(
            part.get_content_type() in _SEALED_TYPES for part in parts):
        raise SMTPNotSupportedError(
            "the message has 8-bit octets, the server does not offer "
            "8BITMIME, and since the message is signed or encrypted it cannot "
            "be re-encoded")
    for part in parts:
        _encode_headers(part)
        _encode_body(part)
    if "MIME-Version" not in parsed:
        parsed["MIME-Version"] = "1.0"
    return _flatten(parsed)


def _flatten(parsed: AnyMessage) -> bytes:
    with io.BytesIO() as out:
        email.generator.BytesGenerator(out, policy=_SEVEN_BIT).flatten(
            parsed, linesep="\r\n")
        made = out.getvalue()
    if not made.isascii():
        raise _cannot_be_encoded()
    return made


def _cannot_be_encoded() -> SMTPNotSupportedError:
    return SMTPNotSupportedError(
        "the message has 8-bit octets where they cannot be re-encoded, and "
        "the server does not offer 8BITMIME")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _encode_headers(part: AnyMessage) -> None:
    """Those in raw UTF-8 are made known as such, for the generator to encode;
    what is in no known charset it marks so by itself."""
    headers = list(part.raw_items())
    for name, _ in headers:
        del part[name]
    for name, value in headers:
        raw = "".join(value.splitlines()).encode("ascii", "surrogateescape")
        if not raw.isascii() and _is_utf8(raw):
            # Not part[name] = ...: it refuses a second Subject.
            part.set_raw(*part.policy.header_store_parse(
                name, raw.decode("utf-8")))
        else:
            part.set_raw(name, value)


def _encode_body(part: AnyMessage) -> None:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if part.is_multipart():
        if encoding in ("8bit", "binary"):
            part.replace_header("Content-Transfer-Encoding", "7bit")
        return
    if encoding in ("quoted-printable", "base64"):
        if not str(part.get_payload()).isascii():
            raise _cannot_be_encoded()
        return
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes) or raw.isascii():
        return
    if "Content-Type" not in part:
        charset = "utf-8" if _is_utf8(raw) else "unknown-8bit"
        part["Content-Type"] = f'text/plain; charset="{charset}"'
    _set_encoded(part, raw, part.get_content_maintype() == "text")


def _set_encoded(part: AnyMessage, raw: bytes, is_text: bool) -> None:
    if is_text:
        encoded = binascii.b2a_qp(raw, istext=True)
    else:
        encoded = base64.encodebytes(raw)
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = (
        "quoted-printable" if is_text else "base64")
    part.set_payload(encoded.decode("ascii"))
