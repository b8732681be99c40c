"""The parameters of MAIL and RCPT that `pneu sink` knows: which values it
takes, how it refuses the others, and where it shows them."""

from __future__ import annotations

import re
import smtplib
from datetime import datetime, timedelta, timezone
from typing import Callable

import pytest

from servers.line import (ANN, BOB, Talk, talk, trusting)  # noqa: F401
from servers.sink import Sink

SECRET = "a token, or a password"
USERS = {ANN: SECRET, "bob": "another"}
Start = Callable[..., Sink]


# Parameters


def hold(seconds: float, zone: timezone = timezone.utc) -> str:
    moment = datetime.now(zone) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@pytest.mark.parametrize("parameter", [
    "SIZE=0", "SIZE=00000000000000000001", "BODY=7BIT", "body=8bitmime",
    "BODY=BINARYMIME", "SMTPUTF8", "RET=FULL", "RET=hdrs", "ENVID=a",
    "ENVID=+41+20b", "ENVID=" + "x" * 100, "BY=1;R", "BY=0;N", "BY=-5;N",
    "BY=999999999;RT", "by=5;nt", "HOLDFOR=1",
    "HOLDFOR=604800", "MT-PRIORITY=9", "MT-PRIORITY=-9", "MT-PRIORITY=0",
    "AUTH=<>", "AUTH=ann+2Bx@example.com",
    "SIZE=1 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x BY=9;N HOLDFOR=9 "
    "MT-PRIORITY=1 AUTH=<>"])
def test_mail_parameters(sink: Start, talk: Talk, parameter: str) -> None:
    # RFC 1870 3, RFC 3461 4.4, RFC 4954 5, RFC 6710 3
    line = talk(sink("--allow-cleartext-auth", users=USERS))
    line.expect("250 2.1.0", f"MAIL FROM:<{ANN}> {parameter}")


@pytest.mark.parametrize("parameter", [
    "SIZE=", "SIZE", "SIZE=-1", "SIZE=1x", "SIZE=" + "9" * 21, "BODY=",
    "BODY=9BIT", "SMTPUTF8=yes", "RET=", "RET=ALL", "ENVID=", "ENVID=a=b",
    "ENVID=a+", "ENVID=a+4", "ENVID=a+4x", "ENVID=+00", "ENVID=+2b",
    "ENVID=" + "x" * 101, "BY=", "BY=1", "BY=;R", "BY=0;R", "BY=-1;R",
    "BY=1;", "BY=1;X", "BY=1;RX", "BY=1;RTT", "BY=1234567890;N", "HOLDFOR=",
    "HOLDFOR=0", "HOLDFOR=-1", "HOLDFOR=604801", "HOLDFOR=1234567890",
    "HOLDUNTIL=", "HOLDUNTIL=tomorrow", "MT-PRIORITY=", "MT-PRIORITY=10",
    "MT-PRIORITY=-0", "MT-PRIORITY=--1", "MT-PRIORITY=+1", "AUTH=",
    "AUTH=a=b", "SIZE=1 SIZE=1", "RET=FULL ret=FULL"])
def test_bad_mail_parameters(sink: Start, talk: Talk, parameter: str) -> None:
    # RFC 1870 3, RFC 3461 4, RFC 4865 3, RFC 6152 2, RFC 6710 3
    line = talk(sink("--allow-cleartext-auth", users=USERS))
    reply = line.expect("501 5.5.4", f"MAIL FROM:<{ANN}> {parameter}")
    keyword = re.split("[= ]", parameter)[0]
    assert reply.startswith(f"501 5.5.4 {keyword} ")
    line.expect("250", f"MAIL FROM:<{ANN}>")


@pytest.mark.parametrize("parameter", [
    "SIZES=1", "REQUIRETLS", "NOTIFY=NEVER", "ORCPT=rfc822;x", "=", "=1",
    "\x1b[31m=1", "X" * 100])
def test_unknown_mail_parameters(sink: Start, talk: Talk,
                                 parameter: str) -> None:
    line = talk(sink())
    reply = line.expect("555 5.5.4", f"MAIL FROM:<{ANN}> {parameter}")
    assert "\x1b" not in reply
    line.expect("250", f"MAIL FROM:<{ANN}>")


@pytest.mark.parametrize("parameter", [
    "NOTIFY=NEVER", "NOTIFY=SUCCESS", "NOTIFY=failure,Delay,success",
    "ORCPT=rfc822;bob@example.com", "ORCPT=rfc822;b+2Bc@example.com",
    "ORCPT=utf-8;bøb@example.com", "ORCPT=utf-8;b\\x{F8}b@example.com",
    "ORCPT=x400;" + "x" * 495, "NOTIFY=DELAY ORCPT=rfc822;x"])
def test_rcpt_parameters(sink: Start, talk: Talk, parameter: str) -> None:
    # RFC 3461 4.1, RFC 3461 4.2, RFC 6533 3
    line = talk(sink())
    line.expect("250", f"MAIL FROM:<{ANN}> SMTPUTF8")
    line.expect("250 2.1.5", f"RCPT TO:<{BOB}> {parameter}")


@pytest.mark.parametrize("code, parameter", [
    ("501", "NOTIFY="), ("501", "NOTIFY=NEVER,DELAY"), ("501", "NOTIFY=,"),
    ("501", "NOTIFY=DELAY,"), ("501", "NOTIFY=,DELAY"),
    ("501", "NOTIFY=ALWAYS"), ("501", "ORCPT="), ("501", "ORCPT=rfc822"),
    ("501", "ORCPT=;x"), ("501", "ORCPT=rfc822;"), ("501", "ORCPT=rfc822;+0"),
    ("501", "ORCPT=rfc822;a+0Ab"), ("501", "ORCPT=utf-8;a+b"),
    ("501", "ORCPT=utf-8;a\x1bb"), ("501", "ORCPT=a b;x"),
    ("501", "ORCPT=x400;" + "x" * 496), ("501", "NOTIFY=DELAY NOTIFY=DELAY"),
    ("555", "SIZE=1"), ("555", "RET=FULL"), ("555", "NOTIFYING=DELAY")])
def test_bad_rcpt_parameters(sink: Start, talk: Talk, code: str,
                             parameter: str) -> None:
    # RFC 3461 4.1, RFC 3461 4.2, RFC 6533 3
    line = talk(sink())
    line.expect("250", f"MAIL FROM:<{ANN}>")
    line.expect(f"{code} 5.5.4", f"RCPT TO:<{BOB}> {parameter}")
    line.expect("250", f"RCPT TO:<{BOB}>")


@pytest.mark.parametrize("seconds, zone, code", [
    (3600, 0, "250"), (3600, 330, "250"), (3600, -720, "250"),
    (604000, 0, "250"), (-60, 0, "501"), (604900, 0, "501")])
def test_hold_until(sink: Start, talk: Talk, seconds: float, zone: int,
                    code: str) -> None:
    # RFC 4865 4
    line = talk(sink())
    moment = hold(seconds, timezone(timedelta(minutes=zone)))
    line.expect(code, f"MAIL FROM:<{ANN}> HOLDUNTIL={moment}")


@pytest.mark.parametrize("change", [
    ("T", " "), ("Z", ""), ("Z", "+0100"), ("-", "/"), (":", "."),
    ("Z", "Z1"), ("Z", ".Z")])
def test_hold_until_that_is_no_moment(sink: Start, talk: Talk,
                                      change: tuple[str, str]) -> None:
    # RFC 3339 5.6
    line = talk(sink())
    moment = hold(3600)
    line.expect("250", f"MAIL FROM:<{ANN}> HOLDUNTIL={moment}")
    line.expect("250", "RSET")
    moment = moment.replace(*change)
    reply = line.say(f"MAIL FROM:<{ANN}> HOLDUNTIL={moment}")
    assert reply[:3] in ("501", "555")


@pytest.mark.parametrize("day, code", [
    ("2027-02-29", "501"), ("2027-13-01", "501"), ("2027-00-10", "501"),
    ("2027-04-31", "501"), ("2028-02-29", "250")])
def test_hold_until_a_day_that_is_none(sink: Start, talk: Talk, day: str,
                                       code: str) -> None:
    line = talk(sink("--limit", "FUTURERELEASE=999999999"))
    line.expect(code, f"MAIL FROM:<{ANN}> HOLDUNTIL={day}T12:00:00Z")


def test_hold_only_once(sink: Start, talk: Talk) -> None:
    line = talk(sink())
    line.expect("501", f"MAIL FROM:<{ANN}> HOLDFOR=9 HOLDUNTIL={hold(60)}")


def test_what_is_stated_about_holding(sink: Start, talk: Talk) -> None:
    # RFC 4865 3
    line = talk(sink("--limit", "FUTURERELEASE=100"))
    seconds, moment = (line.extension("FUTURERELEASE") or "").split(" ")
    assert seconds == "100"
    until = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ")
    ahead = until.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert 80 <= ahead.total_seconds() <= 101
    line.expect("501", f"MAIL FROM:<{ANN}> HOLDFOR=101")
    line.expect("250", f"MAIL FROM:<{ANN}> HOLDFOR=100")


def test_the_least_time_to_deliver_by(sink: Start, talk: Talk) -> None:
    # RFC 2852 2, RFC 2852 4: the minimum is for R
    line = talk(sink("--limit", "DELIVERBY=120"))
    assert line.extension("DELIVERBY") == "120"
    line.expect("501", f"MAIL FROM:<{ANN}> BY=119;R")
    line.expect("250", f"MAIL FROM:<{ANN}> BY=119;N")
    line.expect("250", "RSET")
    line.expect("250", f"MAIL FROM:<{ANN}> BY=120;R")


def test_requiretls_is_offered_under_tls_only(sink: Start, talk: Talk) -> None:
    # RFC 8689 2
    server = sink("--json", tls="starttls")
    line = talk(server)
    assert "REQUIRETLS" not in line.keywords()
    line.expect("555", f"MAIL FROM:<{ANN}> REQUIRETLS")
    line.starttls(trusting(server))
    assert line.extension("REQUIRETLS") == ""
    line.expect("501", f"MAIL FROM:<{ANN}> REQUIRETLS=1")
    line.begin(mail="REQUIRETLS")
    assert line.data().startswith("250")
    report = server.report()
    assert report["parameters"] == {"REQUIRETLS": ""}
    assert report["tls_version"] == "TLSv1.3"


@pytest.mark.parametrize("keyword, parameter", [
    ("SIZE", "SIZE=1"), ("SMTPUTF8", "SMTPUTF8"), ("DSN", "RET=FULL"),
    ("DSN", "ENVID=x"), ("DELIVERBY", "BY=9;N"),
    ("FUTURERELEASE", "HOLDFOR=9"), ("MT-PRIORITY", "MT-PRIORITY=1"),
    ("AUTH", "AUTH=<>"), ("REQUIRETLS", "REQUIRETLS")])
def test_a_parameter_that_is_not_offered(sink: Start, talk: Talk,
                                         keyword: str,
                                         parameter: str) -> None:
    server = sink("--without", keyword, tls="starttls", users=USERS)
    line = talk(server)
    line.starttls(trusting(server))
    assert keyword not in line.keywords()
    line.expect("555 5.5.4", f"MAIL FROM:<{ANN}> {parameter}")


def test_body_without_8bitmime(sink: Start, talk: Talk) -> None:
    line = talk(sink("--without", "8BITMIME"))
    line.expect("501", f"MAIL FROM:<{ANN}> BODY=8BITMIME")
    line.expect("250", f"MAIL FROM:<{ANN}> BODY=BINARYMIME")
    line = talk(sink("--without", "8BITMIME", "--without", "BINARYMIME"))
    line.expect("555", f"MAIL FROM:<{ANN}> BODY=8BITMIME")


def test_parameters_are_kept_and_shown(sink: Start, talk: Talk) -> None:
    server = sink("--json", "--refuse", "gone@*")
    line = talk(server)
    mail = "SIZE=19 BODY=8BITMIME ENVID=Q+2B1 AUTH=<>"
    line.expect("555", f"MAIL FROM:<{ANN}> {mail}")
    mail = mail.replace(" AUTH=<>", "")
    line.expect("250", f"MAIL FROM:<{ANN}> {mail}")
    line.expect("250", f"RCPT TO:<{BOB}> NOTIFY=NEVER")
    line.expect("550", "RCPT TO:<gone@example.com> NOTIFY=DELAY")
    line.expect("250", "RCPT TO:<cyd@example.com>")
    line.expect("250", "RCPT TO:<dee@example.com> "
                "ORCPT=rfc822;d+2Be@example.com NOTIFY=DELAY")
    assert line.data().startswith("250")
    report = server.report()
    assert report["mail_parameters"] == mail
    assert report["parameters"] == {"SIZE": "19", "BODY": "8BITMIME",
                                    "ENVID": "Q+1"}
    assert report["recipients"] == [BOB, "cyd@example.com", "dee@example.com"]
    assert report["recipient_parameters"] == [
        {"NOTIFY": "NEVER"}, {},
        {"ORCPT": "rfc822;d+e@example.com", "NOTIFY": "DELAY"}]
    assert report["chunks"] == 0
    letter = server.letter()
    assert letter.field("X-Pneu-Mail-Parameters") == f"<{ANN}> {mail}"
    assert letter.fields("X-Pneu-Recipient-Parameters") == [
        f"<{BOB}> NOTIFY=NEVER",
        "<dee@example.com> ORCPT=rfc822;d+2Be@example.com NOTIFY=DELAY"]
    log = server.log.read_text()
    assert f", MAIL {mail}\n" in log
    assert f"to <{BOB}> with NOTIFY=NEVER\n" in log


def test_smtplib_states_parameters(sink: Start) -> None:
    server = sink("--json")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as line:
        line.sendmail(ANN, [BOB], b"x\r\n", ["BODY=8BITMIME", "RET=HDRS"],
                      ["NOTIFY=SUCCESS,FAILURE"])
        assert line.has_extn("chunking")
    report = server.report()
    assert report["parameters"]["RET"] == "HDRS"
    assert report["recipient_parameters"] == [{"NOTIFY": "SUCCESS,FAILURE"}]
