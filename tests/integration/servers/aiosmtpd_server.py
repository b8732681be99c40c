"""A private aiosmtpd, Python's SMTP server, in a process of its own: SMTP
with STARTTLS, SMTP with TLS from the start, and LMTP, each on a loopback
port. Run as a program it is the server; its argument says what to do."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import shutil
import ssl
import sys
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from servers.certificates import Certificate  # noqa: E402
from servers.maildir import Maildir  # noqa: E402
from servers.ports import answers, free_port, wait_until  # noqa: E402
from servers.process import end, short_folder, start, tail  # noqa: E402

ADDED = {"return-path"}
REFUSED = "closed@example.com"
REFUSED_WORDS = "550 5.7.1 This mailbox was closed on Friday"
DEFERRED = "later@example.com"
DEFERRED_WORDS = "450 4.2.1 This mailbox is being moved"
MECHANISMS = ["LOGIN", "PLAIN"]
SIZE_LIMIT = 20_480_000


@dataclass(frozen=True)
class Settings:
    """What the server is told."""
    folder: str
    chain: str
    key: str
    port: int
    tls_port: int
    lmtp_port: int
    passwords: dict[str, str]


def missing() -> str:
    """Why aiosmtpd cannot be run here; empty if it can."""
    if importlib.util.find_spec("aiosmtpd") is None:
        return "aiosmtpd is not installed"
    return ""


class Aiosmtpd:
    """One instance, from start() to stop()."""

    host = "127.0.0.1"

    def __init__(self, certificate: Certificate,
                 passwords: dict[str, str]) -> None:
        self.folder = short_folder("aiosmtpd")
        self.port, self.tls_port, self.lmtp_port = (
            free_port() for _ in range(3))
        self._settings = Settings(
            str(self.folder), str(certificate.chain), str(certificate.key),
            self.port, self.tls_port, self.lmtp_port, passwords)

    @property
    def version(self) -> str:
        return importlib.metadata.version("aiosmtpd")

    def start(self) -> None:
        log = self.folder / "log"
        try:
            self._process = start(
                [sys.executable, "-B", __file__,
                 json.dumps(asdict(self._settings))], log)
            for port in (self.port, self.lmtp_port):
                wait_until(lambda: answers(self.host, port), "aiosmtpd",
                           explain=lambda: tail(log))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "_process"):
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def maildir(self, address: str) -> Maildir:
        return Maildir(self.folder / "mail" / address, ADDED)

    def empty(self) -> None:
        shutil.rmtree(self.folder / "mail", ignore_errors=True)


class Handler:
    """Refuses two mailboxes and writes what comes for the others."""

    def __init__(self, folder: Path, lmtp: bool) -> None:
        self._folder = folder
        self._lmtp = lmtp

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any,
                          address: str, options: list[str]) -> str:
        if address == REFUSED:
            return REFUSED_WORDS
        if address == DEFERRED:
            return DEFERRED_WORDS
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any,
                          envelope: Any) -> str:
        for address in envelope.rcpt_tos:
            self._write(address, envelope)
        if not self._lmtp:
            return "250 2.0.0 OK"
        return "\r\n".join(f"250 2.1.5 <{address}> OK"
                           for address in envelope.rcpt_tos)

    def _write(self, address: str, envelope: Any) -> None:
        """For all of many.example nothing is kept."""
        if address.endswith("@many.example"):
            return
        mailbox = self._folder / address
        for name in ("tmp", "new", "cur"):
            (mailbox / name).mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        content = envelope.content.replace(b"\r\n", b"\n")
        (mailbox / "tmp" / name).write_bytes(
            f"Return-Path: <{envelope.mail_from}>\n".encode() + content)
        (mailbox / "tmp" / name).rename(mailbox / "new" / name)


async def serve(settings: Settings) -> None:
    """Listens on the three ports until it is ended."""
    from aiosmtpd.lmtp import LMTP
    from aiosmtpd.smtp import SMTP, AuthResult

    def authenticate(server: Any, session: Any, envelope: Any,
                     mechanism: str, data: Any) -> AuthResult:
        known = settings.passwords.get(data.login.decode("utf-8", "replace"))
        return AuthResult(success=known is not None
                          and data.password.decode() == known)

    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(settings.chain, settings.key)
    mail = Path(settings.folder) / "mail"
    usual = {"enable_SMTPUTF8": True, "hostname": "localhost",
             "data_size_limit": SIZE_LIMIT}
    smtp = {**usual, "authenticator": authenticate}
    loop = asyncio.get_running_loop()
    listeners = [
        await loop.create_server(
            lambda: SMTP(Handler(mail, False), tls_context=trust, **smtp),
            Aiosmtpd.host, settings.port),
        await loop.create_server(
            lambda: SMTP(Handler(mail, False), auth_require_tls=False,
                         **smtp),
            Aiosmtpd.host, settings.tls_port, ssl=trust),
        await loop.create_server(
            lambda: LMTP(Handler(mail, True), **usual),
            Aiosmtpd.host, settings.lmtp_port)]
    await asyncio.gather(*(each.serve_forever() for each in listeners))


if __name__ == "__main__":
    asyncio.run(serve(Settings(**json.loads(sys.argv[1]))))
