"""Addresses and messages as they stand on the wire: smtplib's helpers."""
from __future__ import annotations

import email.utils

from pneu import _pneu


def quoteaddr(addrstring: str) -> str:
    """An address in angle brackets, without its display name, as it stands in
    MAIL and RCPT: "Ann <ann@x.example>" gives "<ann@x.example>", "" gives
    "<>"."""
    if _pneu.is_plain_address(addrstring):
        return f"<{addrstring}>"
    name, address = email.utils.parseaddr(addrstring)
    if (name, address) != ("", ""):
        return f"<{address}>"
    return (addrstring if addrstring.strip().startswith("<")
            else f"<{addrstring}>")


def addr_only(addrstring: str) -> str:
    """An address without display name and angle brackets."""
    if _pneu.is_plain_address(addrstring):
        return addrstring
    name, address = email.utils.parseaddr(addrstring)
    return addrstring if (name, address) == ("", "") else address


def plain(address: str) -> str | None:
    """The address alone if _pneu.is_plain_address() is true for what stands
    between the brackets, else None."""
    if _pneu.is_plain_address(address):
        return address
    quoted = quoteaddr(address)
    bare = quoted[1:-1]
    is_plain = quoted == f"<{bare}>" and _pneu.is_plain_address(bare)
    return bare if is_plain else None


def quotedata(data: str) -> str:
    """CRLF line ends, and dots at the beginning of lines doubled."""
    return _as_text(_pneu.quote(_as_octets(data)))


def fix_eols(data: str) -> str:
    """CRLF line ends."""
    return _as_text(_pneu.line_ends(_as_octets(data)))


def quote_periods(bindata: bytes) -> bytes:
    """Dots at the beginning of lines doubled."""
    return (b"\n" + bindata).replace(b"\n.", b"\n..")[1:]


def _as_octets(data: str) -> bytes:
    return data.encode("utf-8", "surrogatepass")


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
