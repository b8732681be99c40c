"""A private Dovecot: LMTP into Maildirs, and authentication for Postfix,
both over Unix sockets. It runs as root or as the user who runs the tests."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from pathlib import Path

from servers.maildir import Maildir
from servers.ports import accepts, wait_until
from servers.process import end, is_root, short_folder, start, tail

ADDED = {"return-path", "delivered-to", "received"}
USER = "ann@example.com"
PASSWORD = "three wise=men, 100%"
USERS = {USER: PASSWORD, "bob@example.com": "builder"}
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]

CONFIGURATION = """\
protocols = lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
ssl = no
listen = 127.0.0.1
hostname = localhost
postmaster_address = postmaster@example.com
first_valid_uid = 1
mail_location = maildir:~/Maildir
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
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
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


class Dovecot:
    """One instance, from start() to stop()."""

    def __init__(self) -> None:
        self.folder = short_folder("dovecot")
        self.lmtp_socket = self.folder / "lmtp"
        self.auth_socket = self.folder / "auth"
        self.log = self.folder / "dovecot.log"

    def start(self) -> None:
        try:
            self._write_configuration()
            self._process = start(
                ["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "conf")],
                self.folder / "stdout")
            wait_until(lambda: accepts(self.lmtp_socket)
                       and accepts(self.auth_socket), "Dovecot",
                       explain=self._explain)
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

    def _home(self, address: str) -> Path:
        return self.folder / "mail" / address.partition("@")[0]

    def _explain(self) -> str:
        return tail(self.folder / "stdout") + "\n" + tail(self.log)

    def _write_configuration(self) -> None:
        me = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(os.getegid()).gr_name
        (self.folder / "conf").write_text(CONFIGURATION.format(
            folder=self.folder, mechanisms=" ".join(MECHANISMS).lower(),
            internal="dovecot" if is_root() else me.pw_name,
            internal_group="dovecot" if is_root() else group,
            login="dovenull" if is_root() else me.pw_name))
        self._write_users()

    def _write_users(self) -> None:
        uid, gid = (65534, 65534) if is_root() else (os.geteuid(),
                                                     os.getegid())
        rows = []
        for address, password in USERS.items():
            home = self._home(address)
            home.mkdir(parents=True)
            os.chown(home, uid, gid)
            rows.append(f"{address}:{{PLAIN}}{password}:{uid}:{gid}::{home}"
                        "::\n")
        (self.folder / "users").write_text("".join(rows))
        (self.folder / "users").chmod(0o644)
