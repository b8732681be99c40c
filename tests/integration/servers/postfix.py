"""A private Postfix: two loopback ports (STARTTLS, and TLS from the start),
delivering to Maildirs.

It needs root, since Postfix changes to users of its own. Nothing of the
machine's own Postfix is touched, and nothing ever leaves for another host.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from servers.certificates import Certificate
from servers.maildir import Maildir
from servers.ports import answers, free_port, wait_until
from servers.process import end, is_root, short_folder, start, tail

ADDED = {"return-path", "x-original-to", "delivered-to", "received"}
UTF8_ADDRESS = "jörg@example.com"
IDN_DOMAIN = "xn--bcher-kva.example"
MAILBOXES = {"ann@example.com": "ann", "bob@example.com": "bob",
             "cyd@example.com": "cyd", UTF8_ADDRESS: "joerg"}
REFUSED = "closed@example.com"
REFUSED_WORDS = "550 5.7.1 This mailbox was closed on Friday"
DEFERRED = "later@example.com"
DEFERRED_WORDS = "450 4.2.1 This mailbox is being moved"
SIZE_LIMIT = 20_480_000

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
syslog_name = postfix-test
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
default_transport = discard
relay_transport = discard
alias_maps =
alias_database =
local_recipient_maps =
biff = no
smtputf8_enable = yes
smtputf8_autodetect_classes = all
local_header_rewrite_clients =
message_size_limit = {size}
relay_domains = many.example
fast_flush_domains = many.example
smtpd_authorized_xclient_hosts = 127.0.0.1/32
virtual_mailbox_domains = example.com, {idn}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_minimum_uid = 100
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_security_level = may
smtpd_tls_chain_files = {key}, {chain}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/access
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
"""

# Debian's table without chroot and without what is not needed here.
MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
flush unix n - n 1000? 0 flush
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why Postfix cannot be run here; empty if it can."""
    if not shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin:/bin"):
        return "Postfix is not installed"
    return "" if is_root() else "Postfix can only be started by root"


class Postfix:
    """One instance, from start() to stop()."""

    host = "127.0.0.1"

    def __init__(self, certificate: Certificate, auth_socket: Path) -> None:
        self.port = free_port()
        self.tls_port = free_port()
        self.folder = short_folder("postfix")
        self.log = self.folder / "postfix.log"
        self._configuration = self.folder / "etc"
        self._certificate = certificate
        self._auth_socket = auth_socket

    @property
    def version(self) -> str:
        return subprocess.run(
            ["/usr/sbin/postconf", "-h", "-d", "mail_version"], check=True,
            capture_output=True, text=True, timeout=10).stdout.strip()

    def start(self) -> None:
        try:
            self._write_configuration()
            self._process = start([*self._command(), "start-fg"],
                                  self.folder / "stdout")
            wait_until(lambda: answers(self.host, self.port), "Postfix",
                       explain=self._explain)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "_process"):
            subprocess.run([*self._command(), "stop"], timeout=30,
                           stdin=subprocess.DEVNULL, capture_output=True)
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def maildir(self, address: str) -> Maildir:
        return Maildir(self.folder / "mail" / MAILBOXES[address], ADDED)

    def empty(self) -> None:
        """Takes away what earlier tests sent, once all of it has arrived."""
        wait_until(lambda: not self._queued(), "an empty queue")
        for address in MAILBOXES:
            self.maildir(address).empty()

    def _queued(self) -> list[Path]:
        return [path for name in ("maildrop", "incoming", "active", "deferred")
                for path in (self.folder / "queue" / name).rglob("*")
                if path.is_file()]

    def _command(self) -> list[str]:
        return ["/usr/sbin/postfix", "-c", str(self._configuration)]

    def _explain(self) -> str:
        return tail(self.folder / "stdout") + "\n" + tail(self.log)

    def _write_configuration(self) -> None:
        self._configuration.mkdir()
        (self.folder / "queue").mkdir()
        for name in ("data", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mail", 65534, 65534)
        (self._configuration / "main.cf").write_text(MAIN_CF.format(
            folder=self.folder, key=self._certificate.key,
            chain=self._certificate.chain, auth=self._auth_socket,
            idn=IDN_DOMAIN, size=SIZE_LIMIT))
        (self._configuration / "master.cf").write_text(
            MASTER_CF.format(port=self.port, tls_port=self.tls_port))
        self._write_tables()

    def _write_tables(self) -> None:
        rows = [f"{address} {name}/\n" for address, name in MAILBOXES.items()]
        rows += [f"bob@{IDN_DOMAIN} bob/\n"]
        rows += [f"{REFUSED} closed/\n", f"{DEFERRED} later/\n"]
        (self.folder / "mailboxes").write_text("".join(rows), "utf-8")
        (self.folder / "access").write_text(
            f"{REFUSED} {REFUSED_WORDS}\n{DEFERRED} {DEFERRED_WORDS}\n")
