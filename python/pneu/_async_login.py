"""AUTH (RFC 4954) for asyncio: login(), and an exchange of challenges and
answers. What to answer is computed by pneu._auth, and in C."""
from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

from pneu._async_line import AsyncLine, in_turn
from pneu._auth import (MAXCHALLENGE, Answer, AuthObject, Login, Mechanisms,
                        encoded_answer, method_name, tls_binding)
from pneu._exceptions import SMTPAuthenticationError, SMTPException
from pneu._outcome import Reply

_SCRAM = (Mechanisms.auth_scram_sha_1, Mechanisms.auth_scram_sha_1_plus,
          Mechanisms.auth_scram_sha_256, Mechanisms.auth_scram_sha_256_plus)


class AsyncLogin(Mechanisms, AsyncLine):
    """auth() and login() of pneu.aio.SMTP."""

    esmtp_features: dict[str, str]

    # They compute, and wait for nobody: the same for both.
    _mechanisms: Callable[..., list[str]] = Login._mechanisms
    _check_proof: Callable[..., None] = Login._check_proof

    def _channel_binding(self) -> bytes | None:
        return tls_binding(self.sock)

    async def ehlo_or_helo_if_needed(self) -> None:
        raise NotImplementedError

    def has_extn(self, opt: str) -> bool:
        raise NotImplementedError

    @in_turn
    async def auth(self, mechanism: str, authobject: AuthObject, *,
                   initial_response_ok: bool = True) -> Reply:
        """Runs one AUTH exchange, and returns the reply that ended it with
        success: 235, or 503 (somebody is logged in already).

        authobject, no coroutine, is called with each challenge (bytes) and
        returns the answer, str or bytes; with initial_response_ok, first
        without an argument for an initial response, where None means that
        there is none.

        Raises SMTPAuthenticationError if the server refuses, or says yes
        before it has proved itself (SCRAM; the connection is then closed);
        SMTPException for more than five challenges, and, with nothing sent,
        over a line that is not private (see allow_cleartext_auth). What
        authobject raises ends the exchange, and passes on.
        """
        self._refuse_cleartext()
        self._exchange = None
        initial = authobject() if initial_response_ok else None
        self._auth_challenge_count = 0 if initial is None else 1
        line = mechanism.upper()
        if initial is not None:
            line += " " + encoded_answer(initial)
        code, text = await self.docmd("AUTH", line)
        while code == 334:
            code, text = await self._answer(authobject, text)
        self._check_proof(code)
        if code in (235, 503):
            return code, text
        raise SMTPAuthenticationError(code, text)

    async def _answer(self, authobject: AuthObject, text: bytes) -> Reply:
        """Answers one challenge, or if it cannot be answered ends the exchange
        (RFC 4954 4)."""
        try:
            if self._auth_challenge_count > MAXCHALLENGE:
                raise SMTPException("Server AUTH mechanism infinite loop. "
                                    f"Last response: {(334, text)!r}")
            self._auth_challenge_count += 1
            answer = await self._computed(authobject,
                                          base64.decodebytes(text))
            if answer is None:
                raise TypeError("the authobject has no answer to a challenge: "
                                "it returned None, not str or bytes")
        except Exception:
            await self.docmd("*")
            raise
        return await self.docmd(encoded_answer(answer))

    async def _computed(self, authobject: AuthObject, challenge: bytes
                        ) -> Answer:
        """What it answers. SCRAM may be asked for 1,000,000 iterations, which
        are seconds of computing: the loop goes on meanwhile. A program's own
        authobject is called in the loop's thread."""
        if (self._exchange is None
                or getattr(authobject, "__func__", None) not in _SCRAM):
            return authobject(challenge)
        with self._or_close():  # an answer is due, and would not come
            return await asyncio.to_thread(authobject, challenge)

    @in_turn
    async def login(self, user: str, password: str, *,
                    initial_response_ok: bool = True) -> Reply:
        """Logs in with the strongest mechanism of both sides, greeting the
        server first if that was not done; returns the reply of success.

        The mechanisms, and the exceptions, are those of login() of
        pneu.smtplib.
        """
        self._refuse_cleartext()
        await self.ehlo_or_helo_if_needed()
        names = self._mechanisms()
        self.user, self.password = user, password
        for name in names:
            try:
                return await self.auth(
                    name, getattr(self, method_name(name)),
                    initial_response_ok=initial_response_ok)
            except SMTPAuthenticationError as error:
                if self._stream is None:
                    raise
                last = error
        raise last
