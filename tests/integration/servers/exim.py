"""A private Exim: two loopback ports (STARTTLS, and TLS from the start),
delivering to Maildirs. It runs as an ordinary user who passes for Exim's own
by nss_wrapper, and nothing ever leaves for another host."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from servers.certificates import Certificate
from servers.maildir import Maildir
from servers.ports import answers, free_port, wait_until
from servers.process import (end, is_root, ordinary_user, short_folder, start,
                             tail)

REPOSITORY = Path(__file__).resolve().parents[3]
WRAPPER = "libnss_wrapper.so"
WRAPPER_FOLDERS = [Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-*")]
ADDED = {"return-path", "envelope-to", "delivery-date", "received"}
UTF8_ADDRESS = "jörg@example.com"
IDN_DOMAIN = "xn--bcher-kva.example"
MAILBOXES = {"ann@example.com": "ann", "bob@example.com": "bob",
             "cyd@example.com": "cyd", UTF8_ADDRESS: "joerg"}
REFUSED = "closed@example.com"
DEFERRED = "later@example.com"
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5"]
SIZE_LIMIT = 20_480_000

CONFIGURATION = """\
exim_path = {folder}/exim
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
primary_hostname = localhost
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
deliver_drop_privilege
never_users =
rfc1413_query_timeout = 0s
message_size_limit = {size}
recipients_max = 2000
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = {folder}/chain.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}{{}}}}
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
pipelining_advertise_hosts = *
dsn_advertise_hosts = *
acl_smtp_rcpt = recipient
acl_smtp_vrfy = accept
acl_smtp_expn = accept
acl_smtp_etrn = accept
smtp_etrn_command = /bin/true
domainlist ours = example.com : many.example : {idn}

begin acl
recipient:
  deny local_parts = closed
       message = This mailbox was closed on Friday
  defer local_parts = later
       message = This mailbox is being moved
  require domains = +ours
       message = Relaying is not for you
  require verify = recipient
  accept

begin routers
many:
  driver = redirect
  domains = many.example
  data = :blackhole:
idn:
  driver = redirect
  domains = {idn}
  data = bob@example.com
mailbox:
  driver = accept
  domains = example.com
  local_parts = lsearch;{folder}/mailboxes
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/${{lookup{{$local_part}}lsearch\
{{{folder}/mailboxes}}}}
  create_directory
  maildir_format
  return_path_add
  envelope_to_add
  delivery_date_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}\
{{${{lookup{{$auth2}}lsearch{{{folder}/passwords}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}\
{{${{lookup{{$auth1}}lsearch{{{folder}/passwords}}}}}}}}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{lookup{{$auth1}}lsearch{{{folder}/passwords}}\
{{$value}}fail}}
  server_set_id = $auth1
"""


@cache
def program() -> tuple[str, str]:
    """Exim, and why it is not to be had: one of the two is empty."""
    if not any((folder / WRAPPER).exists() for folder in WRAPPER_FOLDERS):
        return "", "libnss-wrapper, which Exim is run with, is not installed"
    try:
        done = subprocess.run([REPOSITORY / "tools" / "get-exim"], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=45)
    except subprocess.TimeoutExpired:
        return "", "Exim could not be fetched in 45 s"
    return done.stdout.strip(), done.stderr.strip()


def missing() -> str:
    """Why Exim cannot be run here; empty if it can."""
    path, reason = program()
    return "" if path else reason


class Exim:
    """One instance, from start() to stop()."""

    host = "127.0.0.1"

    def __init__(self, certificate: Certificate,
                 passwords: dict[str, str]) -> None:
        self.port = free_port()
        self.tls_port = free_port()
        self.folder = short_folder("exim")
        self.log = self.folder / "mainlog"
        self._certificate = certificate
        self._passwords = passwords
        self._user, self._group = ordinary_user()

    @property
    def version(self) -> str:
        said = subprocess.run([self.folder / "exim", "--version"],
                              env=self._environment(), capture_output=True,
                              text=True, timeout=10).stdout
        return re.search(r"version (\S+)", said).group(1)

    def start(self) -> None:
        try:
            self._write()
            self._process = start(
                [str(self.folder / "exim"), "-C", str(self.folder / "conf"),
                 "-bdf", "-q1h"], self.folder / "stdout",
                environment=self._environment(),
                user=(self._user, self._group))
            wait_until(lambda: answers(self.host, self.port), "Exim",
                       explain=self._explain)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "_process"):
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def maildir(self, address: str) -> Maildir:
        return Maildir(self.folder / "mail" / MAILBOXES[address], ADDED)

    def empty(self) -> None:
        """Takes away what earlier tests sent, once all of it has arrived."""
        wait_until(lambda: not list((self.folder / "spool/input").glob("*")),
                   "an empty queue", explain=self._explain)
        for address in MAILBOXES:
            self.maildir(address).empty()

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LD_PRELOAD": WRAPPER,
                "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
                "NSS_WRAPPER_GROUP": str(self.folder / "group")}

    def _explain(self) -> str:
        return "\n".join(tail(self.folder / name) for name in
                         ("stdout", "mainlog", "paniclog"))

    def _write(self) -> None:
        path, _ = program()
        shutil.copy(path, self.folder / "exim")
        shutil.copy(self._certificate.chain, self.folder / "chain.pem")
        shutil.copy(self._certificate.key, self.folder / "key.pem")
        for name in ("spool", "spool/input", "mail"):
            (self.folder / name).mkdir()
        self._write_tables()
        (self.folder / "conf").write_text(CONFIGURATION.format(
            folder=self.folder, port=self.port, tls_port=self.tls_port,
            idn=IDN_DOMAIN, size=SIZE_LIMIT))
        (self.folder / "conf").chmod(0o644)
        if is_root():
            self._hand_over()

    def _write_tables(self) -> None:
        def lines(name: str, rows: list[str]) -> None:
            (self.folder / name).write_text(
                "".join(f"{row}\n" for row in rows), "utf-8")

        lines("mailboxes", [f'"{address.partition("@")[0]}": {name}'
                            for address, name in MAILBOXES.items()])
        lines("passwords", [f"{user}: {password}" for user, password
                            in self._passwords.items()])
        lines("passwd", ["root:x:0:0::/root:/bin/sh",
                         f"Debian-exim:x:{self._user}:{self._group}"
                         "::/tmp:/bin/sh"])
        lines("group", ["root:x:0:", f"Debian-exim:x:{self._group}:"])

    def _hand_over(self) -> None:
        """Gives Exim's user all but the program and the configuration, which
        must be the administrator's."""
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.name not in ("exim", "conf"):
                os.chown(path, self._user, self._group)
