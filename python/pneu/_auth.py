"""AUTH (RFC 4954): login(), and an exchange of challenges and answers.

The mechanisms themselves are computed in C.
"""
from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from email.base64mime import body_encode as encode_base64
from typing import Any, Union

from pneu import _pneu
from pneu._exceptions import (SMTPAuthenticationError, SMTPException,
                              SMTPNotSupportedError)
from pneu._line import Line, encoded

MAXCHALLENGE = 5  # of one exchange; the initial response counts as one

Answer = Union[str, bytes, None]
AuthObject = Callable[..., Answer]


def tls_binding(line: Any) -> bytes | None:
    """tls-unique (RFC 5929 3), which TLS 1.3 does not have (RFC 9266)."""
    version = getattr(line, "version", None)
    if version is None or version() not in ("TLSv1", "TLSv1.1", "TLSv1.2"):
        return None
    found: bytes | None = line.get_channel_binding("tls-unique")
    return found


def method_name(mechanism: str) -> str:
    # One object for all calls: a type remembers each that it was asked for.
    return sys.intern("auth_" + mechanism.lower().replace("-", "_"))


def encoded_answer(answer: str | bytes) -> str:
    octets = (encoded(answer, "utf-8", True) if isinstance(answer, str)
              else answer)
    return encode_base64(octets, eol="")


class Mechanisms:
    """The authobjects of SMTP: methods that are asked for an initial response
    (None) or the answer to a challenge, and give None if there is no initial
    response. They read self.user and self.password."""

    user: str
    password: str
    _auth_challenge_count: int = 0  # of the exchange under way
    _exchange: _pneu.Exchange | None = None  # if it must be proved

    def _channel_binding(self) -> bytes | None:
        """What a mechanism whose name ends in -PLUS is bound to."""
        raise NotImplementedError

    def auth_cram_md5(self, challenge: bytes | None = None) -> str | None:
        """An authobject: CRAM-MD5 (RFC 2195), of self.user and self.password;
        there is no initial response."""
        if challenge is None:
            return None
        exchange = _pneu.Exchange("CRAM-MD5", self.user, self.password)
        return (exchange.step(challenge) or b"").decode("utf-8")

    def auth_plain(self, challenge: bytes | None = None) -> str:
        """An authobject: PLAIN (RFC 4616), of self.user and self.password."""
        exchange = _pneu.Exchange("PLAIN", self.user, self.password)
        return (exchange.step() or b"").decode("utf-8")

    def auth_login(self, challenge: bytes | None = None) -> str:
        """An authobject: LOGIN, self.user first and then self.password,
        whatever the server asks for."""
        if challenge is None or self._auth_challenge_count < 2:
            return self.user
        return self.password

    def auth_scram_sha_1(self, challenge: bytes | None = None
                         ) -> bytes | None:
        """An authobject: SCRAM-SHA-1 (RFC 5802). Not in smtplib."""
        return self._scram("SCRAM-SHA-1", challenge)

    def auth_scram_sha_1_plus(self, challenge: bytes | None = None
                              ) -> bytes | None:
        """An authobject: SCRAM-SHA-1, bound to the TLS channel (TLS 1.2 and
        older). Not in smtplib."""
        return self._scram("SCRAM-SHA-1-PLUS", challenge)

    def auth_scram_sha_256(self, challenge: bytes | None = None
                           ) -> bytes | None:
        """An authobject: SCRAM-SHA-256 (RFC 7677). Not in smtplib."""
        return self._scram("SCRAM-SHA-256", challenge)

    def auth_scram_sha_256_plus(self, challenge: bytes | None = None
                                ) -> bytes | None:
        """An authobject: SCRAM-SHA-256, bound to the TLS channel (TLS 1.2 and
        older). Not in smtplib."""
        return self._scram("SCRAM-SHA-256-PLUS", challenge)

    def _scram(self, mechanism: str, challenge: bytes | None) -> bytes | None:
        """The first call begins: for the initial response, or with the empty
        challenge of a server that got none."""
        is_first = challenge is None or self._auth_challenge_count < 2
        if self._exchange is None or is_first:
            is_bound = mechanism.endswith("-PLUS")
            self._exchange = _pneu.Exchange(
                mechanism, self.user, self.password,
                binding=self._channel_binding() if is_bound else None)
            return self._exchange.step()
        return self._exchange.step(challenge)


class Login(Mechanisms, Line):
    """auth() and login() of SMTP."""

    esmtp_features: dict[str, str]

    def ehlo_or_helo_if_needed(self) -> None:
        raise NotImplementedError

    def has_extn(self, opt: str) -> bool:
        raise NotImplementedError

    def _channel_binding(self) -> bytes | None:
        return tls_binding(self.sock)

    def auth(self, mechanism: str, authobject: AuthObject, *,
             initial_response_ok: bool = True) -> tuple[int, bytes]:
        """Runs one AUTH exchange, and returns the reply that ended it with
        success: 235, or 503 (somebody is logged in already).

        authobject is called with each challenge (bytes) and returns the
        answer, str or bytes; with initial_response_ok, first without an
        argument for an initial response, where None means that there is none.

        Raises SMTPAuthenticationError if the server refuses, or says yes
        before it has proved itself (SCRAM; the connection is then closed);
        SMTPException for more than five challenges, and, with nothing sent,
        over a line that is not private (see allow_cleartext_auth). smtplib
        sends credentials over any line, and takes no bytes.
        """
        self._refuse_cleartext()
        mechanism = mechanism.upper()
        self._exchange = None
        initial = authobject() if initial_response_ok else None
        self._auth_challenge_count = 0 if initial is None else 1
        line = mechanism
        if initial is not None:
            line += " " + encoded_answer(initial)
        code, text = self.docmd("AUTH", line)
        while code == 334:
            code, text = self._answer(authobject, text)
        self._check_proof(code)
        if code in (235, 503):
            return code, text
        raise SMTPAuthenticationError(code, text)

    def _answer(self, authobject: AuthObject, text: bytes
                ) -> tuple[int, bytes]:
        """Answers one challenge."""
        self._auth_challenge_count += 1
        answer = authobject(base64.decodebytes(text))
        if answer is None:
            raise TypeError("the authobject has no answer to a challenge: "
                            "it returned None, not str or bytes")
        reply = self.docmd(encoded_answer(answer))
        if self._auth_challenge_count > MAXCHALLENGE:
            raise SMTPException("Server AUTH mechanism infinite loop. Last "
                                f"response: {reply!r}")
        return reply

    def _check_proof(self, code: int) -> None:
        """RFC 5802 3: a success counts if the server knows the password."""
        exchange, self._exchange = self._exchange, None
        if code == 235 and exchange is not None and not exchange.complete:
            self.close()
            raise SMTPAuthenticationError(
                code, b"the server says that the login succeeded, but has not "
                b"proved that it knows the password: connection closed")

    def login(self, user: str, password: str, *,
              initial_response_ok: bool = True) -> tuple[int, bytes]:
        """Logs in with the strongest mechanism of both sides, greeting the
        server first if that was not done; returns the reply of success.

        In this order: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, SCRAM-SHA-1-PLUS,
        SCRAM-SHA-1, CRAM-MD5, PLAIN, LOGIN; after a refusal the next is tried,
        as in smtplib, which knows the last three. User and password may be any
        text, and go in UTF-8.

        Raises SMTPNotSupportedError if the server offers no AUTH, SMTPException
        if it offers none of these mechanisms, SMTPAuthenticationError (that
        of the last attempt) if it refuses, SMTPHeloError; and what auth()
        raises.
        """
        self._refuse_cleartext()
        self.ehlo_or_helo_if_needed()
        names = self._mechanisms()
        self.user, self.password = user, password
        connected = self.sock is not None
        for name in names:
            try:
                return self.auth(name, getattr(self, method_name(name)),
                                 initial_response_ok=initial_response_ok)
            except SMTPAuthenticationError as error:
                if connected and self.sock is None:
                    raise
                last = error
        raise last

    def _mechanisms(self) -> list[str]:
        """Those that can be used here, strongest first."""
        if not self.has_extn("auth"):
            raise SMTPNotSupportedError(
                "SMTP AUTH extension not supported by server.")
        offered = self.esmtp_features["auth"]
        names = [name for name in _pneu.mechanisms(
                     offered, self._channel_binding() is not None)
                 if hasattr(self, method_name(name))]
        if not names:
            raise SMTPException(
                "No suitable authentication method found. The server offers "
                f"{offered.strip() or 'none'}.")
        return names
