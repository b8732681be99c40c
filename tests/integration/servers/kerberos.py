"""A private Kerberos realm on loopback: a KDC, a user with a ticket, and a
Dovecot submission server that takes GSSAPI. Nothing of the machine's own
Kerberos is read or written."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from servers.certificates import Certificate
from servers.dovecot import Dovecot, Submission, submission_missing
from servers.ports import free_port, wait_until
from servers.process import end, ordinary_user, short_folder, start, tail

REALM = "EXAMPLE.ORG"
USER = "ann"
SERVER = "localhost"  # the name that tickets are for: smtp/localhost

PROGRAMS = {
    "/usr/sbin/krb5kdc": "krb5-kdc",
    "/usr/sbin/kdb5_util": "krb5-kdc",
    "/usr/sbin/kadmin.local": "krb5-admin-server",
    "/usr/bin/kinit": "krb5-user",
    "/usr/lib/dovecot/modules/auth/libmech_gssapi.so": "dovecot-gssapi",
}

# Names are taken as they are: no canonical name and no reverse look-up, so
# that no name server has a say in whom a ticket is for.
KRB5_CONF = """\
[libdefaults]
 default_realm = {realm}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
 rdns = false
 qualify_shortname = ""
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
"""
KDC_CONF = """\
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  supported_enctypes = aes256-cts:normal
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""
# $ALL: with any key of the keytab; it would look for submission/localhost.
DOVECOT_CONF = """\
auth_mechanisms = plain gssapi
auth_krb5_keytab = {keytab}
auth_gssapi_hostname = "$ALL"
import_environment = KRB5_CONFIG={conf} KRB5RCACHENAME=none:
"""


def missing() -> str:
    """Why it cannot be run here; empty if it can."""
    for program, package in PROGRAMS.items():
        if not Path(program).exists():
            return f"{package} is not installed"
    return submission_missing()


class Realm:
    """A KDC, the keys of the server, and tickets for the user."""

    def __init__(self) -> None:
        self.folder = short_folder("kerberos")
        self.conf = self.folder / "krb5.conf"
        self.keytab = self.folder / "smtp.keytab"
        self._port = free_port()

    @property
    def server_environment(self) -> dict[str, str]:
        return {**os.environ, "KRB5_CONFIG": str(self.conf),
                "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}

    def start(self) -> None:
        try:
            self._make()
            self._process = start(
                ["/usr/sbin/krb5kdc", "-n", "-P", str(self.folder / "pid")],
                self.folder / "stdout", self.server_environment)
            wait_until(self._is_there, "the KDC",
                       explain=lambda: tail(self.folder / "stdout"))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if hasattr(self, "_process"):
            end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ticket(self) -> dict[str, str]:
        """Logs the user in; what a program needs in its environment to use
        that ticket."""
        cache = f"FILE:{self.folder}/cache"
        self._run("/usr/bin/kinit", "-k", "-t",
                  str(self.folder / "user.keytab"), "-c", cache, USER)
        return {"KRB5_CONFIG": str(self.conf), "KRB5CCNAME": cache}

    def no_ticket(self) -> dict[str, str]:
        return {"KRB5_CONFIG": str(self.conf),
                "KRB5CCNAME": f"FILE:{self.folder}/empty"}

    def log(self) -> str:
        return (self.folder / "kdc.log").read_text(errors="replace")

    def _make(self) -> None:
        for name, text in (("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF)):
            (self.folder / name).write_text(text.format(
                realm=REALM, port=self._port, folder=self.folder))
        self._run("/usr/sbin/kdb5_util", "create", "-s", "-r", REALM,
                  "-P", "master")
        for name, keytab in ((USER, self.folder / "user.keytab"),
                             (f"smtp/{SERVER}", self.keytab)):
            self._administer(f"addprinc -randkey {name}")
            self._administer(f"ktadd -k {keytab} {name}")
        self.keytab.chmod(0o644)  # Dovecot reads it as its own user

    def _administer(self, query: str) -> None:
        self._run("/usr/sbin/kadmin.local", "-r", REALM, "-q", query)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(arguments, env=self.server_environment,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=30)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)

    def _is_there(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 2).close()
            return True
        except OSError:
            return False


class KerberosSubmission(Dovecot):
    """Dovecot's submission server, with GSSAPI for the users of a realm."""

    host = SERVER

    def __init__(self, certificate: Certificate, relay_port: int,
                 realm: Realm) -> None:
        super().__init__(Submission(certificate, relay_port))
        self._realm = realm

    def _more_configuration(self) -> str:
        return super()._more_configuration() + DOVECOT_CONF.format(
            keytab=self._realm.keytab, conf=self._realm.conf)

    def _write_users(self) -> None:
        super()._write_users()
        uid, gid = ordinary_user()
        home = self._home(USER)
        with open(self.folder / "users", "a", encoding="utf-8") as users:
            users.write(f"{USER}@{REALM.lower()}:{{PLAIN}}unused:{uid}:{gid}"
                        f"::{home}::\n")
