"""A private Dovecot: LMTP into Maildirs, and authentication for Postfix,
both over Unix sockets; told of a relay, submission as well, on two loopback
ports. It runs as root or as the user who runs the tests."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from servers.certificates import Certificate
from servers.maildir import Maildir
from servers.ports import accepts, answers, free_port, wait_until
from servers.process import (end, is_root, ordinary_user, short_folder, start,
                             tail)
from servers.sink import ADDED as ADDED_BY_SINK, Sink

ADDED = {"return-path", "delivered-to", "received"}
USER = "ann@example.com"
PASSWORD = "three wise=men, 100%"
USERS = {USER: PASSWORD, "bob@example.com": "builder"}
IDN_DOMAIN = "xn--bcher-kva.example"
REFUSED = "closed@example.com"  # these two are the relay's
DEFERRED = "later@example.com"
SIZE_LIMIT = 20_480_000
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1",
              "SCRAM-SHA-256"]

CONFIGURATION = """\
protocols = {protocols}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
listen = 127.0.0.1
login_trusted_networks = 127.0.0.1/32
hostname = localhost
postmaster_address = postmaster@example.com
first_valid_uid = 1
mail_fsync = never
mail_location = maildir:~/Maildir
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
"""

WITHOUT_TLS = "ssl = no\n"
WITH_TLS = """\
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
"""
SUBMISSION = """\
submission_max_mail_size = {size}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
service submission-login {{
  chroot =
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener submissions {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
"""


def missing() -> str:
    """Why Dovecot cannot be run here; empty if it can."""
    if not Path("/usr/sbin/dovecot").exists():
        return "Dovecot is not installed"
    if not Path("/usr/lib/dovecot/lmtp").exists():
        return "Dovecot's LMTP server is not installed"
    return ""


def submission_missing() -> str:
    """Why its submission server cannot be run here; empty if it can."""
    if not Path("/usr/lib/dovecot/submission").exists():
        return "Dovecot's submission server is not installed"
    return missing()


@dataclass(frozen=True)
class Submission:
    """What the submission server needs beside what LMTP needs."""
    certificate: Certificate
    relay_port: int  # where it hands on what it takes


class Dovecot:
    """One instance, from start() to stop()."""

    host = "127.0.0.1"

    def __init__(self, submission: Submission | None = None) -> None:
        self.folder = short_folder("dovecot")
        self.lmtp_socket = self.folder / "lmtp"
        self.auth_socket = self.folder / "auth"
        self.log = self.folder / "dovecot.log"
        self.lmtp_port = free_port()
        self.port = free_port()
        self.tls_port = free_port()
        self._submission = submission

    @property
    def version(self) -> str:
        return subprocess.run(["/usr/sbin/dovecot", "--version"], check=True,
                              capture_output=True, text=True,
                              timeout=10).stdout.split()[0]

    def start(self) -> None:
        try:
            self._write_configuration()
            self._process = start(
                ["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "conf")],
                self.folder / "stdout")
            wait_until(self._is_there, "Dovecot", explain=self._explain)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "_process"):
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def maildir(self, address: str) -> Maildir:
        return Maildir(self._home(address) / "Maildir", ADDED)

    def empty(self) -> None:
        for address in USERS:
            self.maildir(address).empty()

    def _is_there(self) -> bool:
        return accepts(self.lmtp_socket) and accepts(self.auth_socket) and (
            self._submission is None or answers(self.host, self.port))

    def _home(self, address: str) -> Path:
        return self.folder / "mail" / address.partition("@")[0]

    def _explain(self) -> str:
        return tail(self.folder / "stdout") + "\n" + tail(self.log)

    def _write_configuration(self) -> None:
        me = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(os.getegid()).gr_name
        (self.folder / "conf").write_text(CONFIGURATION.format(
            folder=self.folder, mechanisms=" ".join(MECHANISMS).lower(),
            protocols="lmtp submission" if self._submission else "lmtp",
            lmtp_port=self.lmtp_port,
            internal="dovecot" if is_root() else me.pw_name,
            internal_group="dovecot" if is_root() else group,
            login="dovenull" if is_root() else me.pw_name)
            + self._more_configuration())
        self._write_users()

    def _more_configuration(self) -> str:
        if self._submission is None:
            return WITHOUT_TLS
        given = self._submission.certificate
        return WITH_TLS.format(chain=given.chain, key=given.key) \
            + SUBMISSION.format(port=self.port, tls_port=self.tls_port,
                                relay_port=self._submission.relay_port,
                                size=SIZE_LIMIT)

    def _write_users(self) -> None:
        uid, gid = ordinary_user()
        rows = []
        bobs = {f"bob@{IDN_DOMAIN}": USERS["bob@example.com"]}
        for address, password in (USERS | bobs).items():
            home = self._home(address)
            home.mkdir(parents=True, exist_ok=True)
            os.chown(home, uid, gid)
            rows.append(f"{address}:{{PLAIN}}{password}:{uid}:{gid}::{home}"
                        "::\n")
        (self.folder / "users").write_text("".join(rows))
        (self.folder / "users").chmod(0o644)


class Relayed(Dovecot):
    """One whose submission server relays to a sink that shows its dialogue
    (--verbose)."""

    def __init__(self, certificate: Certificate, relay: Sink) -> None:
        super().__init__(Submission(certificate, relay.port))
        self._relay = relay
        self._said_before = 0

    def relayed(self) -> Maildir:
        """All that has reached the relay, whoever it is for. What Dovecot
        has put on top is a Received field."""
        return Maildir(self._relay.folder / "mail",
                       ADDED_BY_SINK | {"received"})

    def relay_said(self) -> str:
        """The dialogue with the relay since empty()."""
        return self._relay.log.read_text("utf-8", "replace")[
            self._said_before:]

    def empty(self) -> None:
        super().empty()
        self.relayed().empty()
        self._said_before = len(self._relay.log.read_text("utf-8", "replace"))
