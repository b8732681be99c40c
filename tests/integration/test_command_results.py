"""What the command says at the end: `pneu send` with a result or a pre-flight,
`pneu verify`, `pneu info`, and the pages about them all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from commands import (ANN, BOB, CYD, LETTER, LOGIN, SECRET, EVERYTHING, Start,
                      command, encoded, pin_of)
from conftest import PASSWORD, REPOSITORY
from runner import Pneu, Result
from servers.certificates import Authority, Certificate
from servers.scripted import Scripted, Talk, verbs


@pytest.fixture
def tls_words(authority: Authority) -> list[str]:
    return ["--tls", "starttls", "--ca-file", str(authority.file)]


# Output


@pytest.mark.parametrize("level, start", [
    (1, ""), (2, r"\d\d:\d\d:\d\d\.\d{6} ")])
def test_debug(pneu: Pneu, scripted: Start, level: int, start: str) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    result = pneu.send(server, *LOGIN, "--debug", level,
                       environment={"PNEU_TEST_PASSWORD": SECRET})
    assert result.status == 0, result.everything
    assert re.search(rf"^{start}send: 'mail from:<{ANN}>", result.err,
                     re.M | re.I)
    assert re.search(rf"^{start}reply: '250", result.err, re.M)
    assert SECRET not in result.everything
    assert encoded(f"\0ann\0{SECRET}") not in result.everything


def test_safe_to_send_again(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={"RCPT": "451 4.7.1 later"}))
    words = ["--host", server.host, "--port", server.port, "--from", ANN,
             "--to", BOB, "--to", CYD, "--text", "x"]
    result = pneu.run("send", *words)
    assert result.status == 75
    assert f"  safe to send again: {BOB}, {CYD}\n" in result.err
    fine = scripted(Talk(answers={"RCPT": "550 5.1.1 no"}))
    words[1:4:2] = [fine.host, fine.port]
    assert "safe to send again" not in pneu.run("send", *words).err


def test_safe_to_send_again_never_names_those_in_doubt(
        pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={".": "close"}))
    result = pneu.send(server)
    assert result.status == 79 and result.json["resend"] == []
    assert "safe" not in result.err


def test_many_are_counted(pneu: Pneu, scripted: Start, tmp_path: Path) -> None:
    people = tmp_path / "people"
    people.write_text("".join(f"p{i}@example.com\n" for i in range(25)))
    server = scripted(Talk(answers={"MAIL": "450 4.7.1 later"}))
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to-file", people, "--text", "x")
    assert "p9@example.com and 15 more\n" in result.err
    assert "p10@example.com" not in result.err


# Pre-flight


def preflight(pneu: Pneu, server: Scripted, *words: str,
              **how: Any) -> tuple[Result, list[str]]:
    result = pneu.send(server, "--preflight", *words, **how)
    assert "MAIL" not in verbs(server)
    return result, [problem["status"].removeprefix("PNEU_")
                    for problem in result.json["problems"]]


def test_preflight_finds_nothing(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(EVERYTHING))
    result, problems = preflight(pneu, server, "--notify", "never")
    assert result.status == 0 == result.json["exit"] and problems == []
    assert verbs(server) == ["EHLO", "QUIT"]
    text = pneu.run("send", "--preflight", "--host", server.host, "--port",
                    server.port, "--from", ANN, "--to", BOB, "--message", "-",
                    stdin=LETTER)
    on_the_wire = len(LETTER.replace(b"\n", b"\r\n"))  # RFC 1870 3
    assert text.out == f"nothing is wrong: {on_the_wire} octets, 1 recipient\n"


def test_preflight_finds_everything(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["SIZE 100"]))
    result, problems = preflight(
        pneu, server, "--notify", "never", "--priority", "1",
        message="Subject: x\n\n".encode() + "Köln ".encode() * 100,
        to=["bob@", "jörg@example.com", BOB, "cyd@"])
    assert result.status == 65
    assert sorted(problems) == sorted([
        "BAD_ADDRESS", "BAD_ADDRESS", "NOT_OFFERED", "NOT_OFFERED",
        "NOT_OFFERED", "NOT_OFFERED", "TOO_LARGE"])
    said = " ".join(problem["message"] for problem in result.json["problems"])
    for word in ("bob@", "cyd@", "SMTPUTF8", "8BITMIME", "DSN", "MT-PRIORITY",
                 "100"):
        assert word in said


def test_preflight_of_what_only_the_server_lacks(pneu: Pneu,
                                                 scripted: Start) -> None:
    result, problems = preflight(pneu, scripted(Talk()), "--notify", "never",
                                 "--hold-for", "60")
    assert result.status == 69
    assert problems == ["NOT_OFFERED", "NOT_OFFERED"]


def test_preflight_without_an_answer(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(greeting="554 5.3.2 closed"))
    result, problems = preflight(pneu, server, to=["bob@", CYD])
    assert result.status == 69 and problems == ["BAD_ADDRESS", "REFUSED"]
    assert "closed" in result.json["error"]["message"]


def test_preflight_in_text(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.run("send", "--preflight", "--host", server.host, "--port",
                      server.port, "--from", ANN, "--to", "bob@", "--to", BOB,
                      "--message", "-", "--notify", "never", stdin=LETTER)
    assert result.status == 65 and result.out == ""
    said = [line for line in result.err.splitlines()
            if line.startswith("pneu send: ")]
    assert len(said) == 2 and "bob@" in said[0] and "DSN" in said[1]


# pneu verify


def test_expand(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={
        "VRFY": "250 2.1.5 Ann", "EXPN": "250-2.1.5 Ann <ann@example.com>\n"
        "250 2.1.5 Bob <bob@example.com>"}))
    words = ["--host", server.host, "--port", server.port]
    result = pneu.run("verify", *words, "ann", "--expand", "staff")
    assert result.status == 0, result.err
    assert result.out == (
        "ann  : (250, '2.1.5 Ann')\n"
        "staff: (250, '2.1.5 Ann <ann@example.com>\\n"
        "2.1.5 Bob <bob@example.com>')\n")
    assert verbs(server) == ["EHLO", "VRFY", "EXPN", "QUIT"]
    rows = pneu.run("verify", *words, "--expand", "staff", "--expand", "all",
                    "--json").json["addresses"]
    assert [(row["address"], row["command"], row["outcome"])
            for row in rows] == [("staff", "EXPN", "expanded"),
                                 ("all", "EXPN", "expanded")]


def test_expanding_is_refused(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={"EXPN": "502 5.5.1 not here"}))
    result = pneu.run("verify", "--host", server.host, "--port", server.port,
                      "--expand", "staff", "--json")
    assert result.status == 69
    assert "list" in result.json["error"]["hint"]
    assert result.json["addresses"][0]["outcome"] == "refused for good"


@pytest.mark.parametrize("list_name", ["", "a\nb"])
def test_bad_list(pneu: Pneu, scripted: Start, list_name: str) -> None:
    server = scripted(Talk())
    result = pneu.run("verify", "--host", server.host, "--port", server.port,
                      "--expand", list_name)
    assert result.status == 64 and "--expand" in result.sentence
    assert server.connections == 0


# pneu info


def test_info(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["SIZE 1000", "PIPELINING", "X-ODD a b"],
                           greeting="220 scripted.example\tESMTP"))
    result = pneu.run("info", f"{server.host}:{server.port}")
    assert result.status == 0, result.err
    assert re.search(r"^greeting +220 scripted.example", result.out, re.M)
    assert re.search(r"^hello +250 scripted.example$", result.out, re.M)
    assert re.search(r"^protection +none, and the line stays on this machine$",
                     result.out, re.M)
    assert re.search(r"^offers +SIZE +.*octets: 1000$", result.out, re.M)
    assert re.search(r"^ +X-ODD +a b$", result.out, re.M)
    assert verbs(server) == ["EHLO", "QUIT"]
    found = pneu.run("info", "--host", server.host, "--port", server.port,
                     "--json").json
    assert found["extensions"] == {"SIZE": "1000", "PIPELINING": "",
                                   "X-ODD": "a b"}
    assert found["hello"]["code"] == 250 and found["tls"] is None
    assert found["greeting"]["text"].startswith("scripted.example")
    assert found["error"] is None and found["help"] is None


def test_info_names_the_protection(pneu: Pneu, scripted: Start,
                                   authority: Authority,
                                   certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    where = f"localhost:{server.port}"
    modes = {"local": ["--tls", "none"], "tls-unverified":
             ["--tls", "optional"], "tls": ["--tls", "starttls", "--ca-file",
                                            authority.file]}
    for token, options in modes.items():
        result = pneu.run("info", "--json", *options, where)
        assert result.json["protection"] == token


def test_info_under_tls(pneu: Pneu, scripted: Start, tls_words: list[str],
                        certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    where = f"{server.host}:{server.port}"
    result = pneu.run("info", *tls_words, where)
    assert result.status == 0, result.err
    assert re.search(r"^certificate +CN=localhost$", result.out, re.M)
    assert re.search(rf"^pin +{re.escape(pin_of(certificate))}$", result.out,
                     re.M)
    assert re.search(r"^verified +yes$", result.out, re.M)
    assert pneu.run("info", "--tls", "starttls", where).status == 77
    open_eyed = pneu.run("info", "--tls", "optional", where)
    assert open_eyed.status == 0
    assert re.search(r"^NOT VERIFIED +\w", open_eyed.out, re.M)


@pytest.mark.parametrize("topic, line", [("", "HELP"), ("mail", "HELP mail")])
def test_topic(pneu: Pneu, scripted: Start, topic: str, line: str) -> None:
    server = scripted(Talk(answers={"HELP": "214-2.0.0 one\n214 2.0.0 two"}))
    where = f"{server.host}:{server.port}"
    result = pneu.run("info", "--topic", topic, where)
    assert result.status == 0, result.err
    assert re.search(r"^help +214 2.0.0 one\n +2.0.0 two$", result.out, re.M)
    assert line in server.lines()


def test_info_of_a_server_that_refuses(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(greeting="554 5.3.2 closed"))
    result = pneu.run("info", "--json", f"{server.host}:{server.port}")
    assert result.status == 69 == result.json["exit"]
    assert result.json["greeting"]["code"] == 554
    assert result.json["extensions"] == {}


@pytest.mark.parametrize("words, said", [
    (["one", "two"], '"two"'), (["--host", "one", "two"], "not both"),
    ([""], "empty"), (["--topic", "a\nb", "localhost"], "--topic")])
def test_wrong_words_of_info(pneu: Pneu, words: list[str], said: str) -> None:
    result = pneu.run("info", *words)
    assert result.status == 64 and said in result.sentence


def test_nothing_of_a_server_acts_on_the_terminal(pneu: Pneu,
                                                  scripted: Start) -> None:
    server = scripted(Talk(["X\x1b[31mRED \x1b]0;x\x07"],
                           greeting="220 \x1b[2J\u202e"))
    result = pneu.run("info", f"{server.host}:{server.port}", "-v")
    assert not set(result.everything) & {"\x1b", "\x07", "\u202e"}


# The pages


def options_of(text: str, form: str) -> set[str]:
    return set(re.findall(form, text, re.M))


@pytest.mark.parametrize("name", ["send", "verify", "info"])
def test_help_fits_and_the_manual_has_each_option(pneu: Pneu,
                                                  name: str) -> None:
    help_page = pneu.run(name, "--help").out
    assert [line for line in help_page.splitlines() if len(line) > 80] == []
    folder = REPOSITORY / "man"
    source = (folder / f"pneu-{name}.1.scd").read_text("utf-8").replace(
        "@shared-options@", (folder / "shared-options.scd").read_text("utf-8"))
    in_help = options_of(help_page, r"^ {2}(?: {4}|-\w, )(--[a-z0-9-]+)")
    in_manual = options_of(source.partition("# OPTIONS")[2],
                           r"^\*(?:-\w\*, \*)?(--[a-z0-9-]+)\*")
    in_manual |= set(re.findall(
        r"\*(--[a-z0-9-]+)\*",
        " ".join(re.findall(r"^\*-.*(?:\+\+\n.*)?$", source, re.M))))
    assert in_help == in_manual


def test_json_is_one_object(pneu: Pneu, scripted: Start) -> None:
    result = pneu.send(scripted(Talk()))
    assert list(json.loads(result.out)) == [
        "status", "exit", "sender", "recipients", "resend", "tls",
        "mechanism", "error"]


def test_password_is_in_no_output(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"], answers={"AUTH": "535 5.7.8 no"}))
    result = pneu.send(server, *LOGIN, "-v", "--debug", "1",
                       environment={"PNEU_TEST_PASSWORD": PASSWORD})
    assert result.status == 77
    assert PASSWORD not in result.everything
    assert encoded(f"\0ann\0{PASSWORD}") not in result.everything
