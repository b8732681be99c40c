"""smtplib, what sendmail does with each answer of a server.

Every case runs with and without PIPELINING, as a group and by methods, and
all must give the same; and what smtplib gives, unless the case says no.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contract import STANDARD, Serve, only_pneu
from contract_cases import (BAD, B, C, D, DOUBT, GOOD, LATER, NOT, SENDER,
                            Attempt, Case, as_standard, every_way)
from scripted import CLOSE, RESET

pytest_plugins = ["contract_fixtures"]

CLOSED = ("Connection unexpectedly closed",)
WAS_RESET = ("Connection unexpectedly closed: "
             "[Errno 104] Connection reset by peer",)

CASES = [
    Case("J90 to one", result={}, outcomes=GOOD, verbs="MAIL RCPT DATA"),
    Case("J90 to three", recipients=[B, C, D], result={},
         outcomes=f"{GOOD}, {GOOD}, {GOOD}", verbs="MAIL RCPT RCPT RCPT DATA"),
    Case("J92 str", recipients=B, result={}, outcomes=GOOD),
    Case("J92 tuple", recipients=(B, C), result={},
         outcomes=f"{GOOD}, {GOOD}"),
    Case("J96 sender refused", {"MAIL": "550 5.7.1 no"}, [B, C],
         error="SMTPSenderRefused", arguments=(550, b"5.7.1 no", SENDER),
         outcomes=f"{BAD}, {BAD}", verbs="MAIL RSET"),
    Case("J96 sender refused for now", {"MAIL": "451-later\n451 on"}, [B],
         error="SMTPSenderRefused", arguments=(451, b"later\non", SENDER),
         outcomes=LATER, verbs="MAIL RSET"),
    Case("J96 sender as given", {"MAIL": "550 no"}, sender="A <a@x.example>",
         error="SMTPSenderRefused",
         arguments=(550, b"no", "A <a@x.example>"), outcomes=BAD),
    Case("J96 sender 421", {"MAIL": "421 off"}, [B, C],
         error="SMTPSenderRefused", arguments=(421, b"off", SENDER),
         outcomes="?, ?", verbs="MAIL", open=False),
    Case("J96 sender 3xx", {"MAIL": "354 what"}, error="SMTPSenderRefused",
         arguments=(354, b"what", SENDER), outcomes=NOT, open=None),
    Case("J97 251", {f"RCPT TO:<{C}>": "251 forwarded"}, [B, C], result={},
         outcomes=f"{GOOD}, {GOOD}", verbs="MAIL RCPT RCPT DATA"),
    Case("J97 252", {f"RCPT TO:<{C}>": "252 perhaps"}, [B, C],
         result={C: (252, b"perhaps")}, outcomes=f"{GOOD}, {GOOD}",
         verbs="MAIL RCPT RCPT DATA"),
    Case("J98 one refused", {f"RCPT TO:<{C}>": "550-5.1.1 who?\n550 5.1.1 no"},
         [B, C, D], result={C: (550, b"5.1.1 who?\n5.1.1 no")},
         outcomes=f"{GOOD}, {BAD}, {GOOD}", verbs="MAIL RCPT RCPT RCPT DATA"),
    Case("J98 as given", {f"RCPT TO:<{C}>": "450 later"},
         [B, "C D <c@x.example>"],
         result={"C D <c@x.example>": (450, b"later")},
         outcomes=f"{GOOD}, {LATER}"),
    Case("J98 3xx", {f"RCPT TO:<{C}>": "354 what"}, [B, C],
         error="SMTPRecipientsRefused", same=False, outcomes=f"{NOT}, {NOT}",
         open=False),
    Case("J99 recipient 421", {f"RCPT TO:<{C}>": "421 off"}, [B, C, D],
         error="SMTPRecipientsRefused", arguments=({C: (421, b"off")},),
         outcomes=f"{NOT}, ?, {NOT}", verbs="MAIL RCPT RCPT", open=False),
    Case("J99 after a refusal", {f"RCPT TO:<{B}>": "550 no",
                                 f"RCPT TO:<{C}>": "421 off"}, [B, C, D],
         error="SMTPRecipientsRefused",
         arguments=({B: (550, b"no"), C: (421, b"off")},),
         outcomes=f"{BAD}, ?, {NOT}", verbs="MAIL RCPT RCPT", open=False),
    Case("J100 all refused", {"RCPT": "550 no"}, [B, C],
         error="SMTPRecipientsRefused",
         arguments=({B: (550, b"no"), C: (550, b"no")},),
         outcomes=f"{BAD}, {BAD}", verbs="MAIL RCPT RCPT RSET"),
    Case("J101 nobody", recipients=[], error="SMTPRecipientsRefused",
         arguments=({},), verbs="MAIL RSET"),
    Case("J102 twice the same", {"RCPT": "550 no"}, [B, B],
         error="SMTPRecipientsRefused", arguments=({B: (550, b"no")},),
         same=False, outcomes=f"{BAD}, {BAD}", verbs="MAIL RCPT RCPT RSET"),
    Case("J102 the same, accepted", recipients=[B, B], result={},
         outcomes=f"{GOOD}, {GOOD}", verbs="MAIL RCPT RCPT DATA"),
    Case("J102 the same, once refused", {"RCPT": ["550 no", "250 fine"]},
         [B, B], result={B: (550, b"no")}, outcomes=f"{BAD}, {GOOD}"),
    Case("J104 DATA refused", {"DATA": "554 no"}, [B, C],
         error="SMTPDataError", arguments=(554, b"no"),
         same=False, outcomes=f"{BAD}, {BAD}",
         verbs="MAIL RCPT RCPT DATA RSET"),
    Case("J104 DATA refused, to smtplib", {"DATA": "554 no"},
         error="SMTPDataError", arguments=(554, b"no"), outcomes=BAD),
    Case("J104 DATA 2xx", {"DATA": "250 what"}, error="SMTPDataError",
         arguments=(250, b"what"), outcomes=NOT, open=None),
    Case("J104 DATA 421", {"DATA": "421 off"}, error="SMTPDataError",
         arguments=(421, b"off"), same=False, outcomes="?",
         verbs="MAIL RCPT DATA", open=False),
    Case("J105 message refused", {".": "554 5.6.0 no"}, [B, C],
         error="SMTPDataError", arguments=(554, b"5.6.0 no"),
         outcomes=f"{BAD}, {BAD}", verbs="MAIL RCPT RCPT DATA RSET"),
    Case("J105 message refused for now", {".": "451 later"},
         error="SMTPDataError", arguments=(451, b"later"), outcomes=LATER,
         verbs="MAIL RCPT DATA RSET"),
    Case("J105 message 421", {".": "421 off"}, error="SMTPDataError",
         arguments=(421, b"off"), outcomes="?", verbs="MAIL RCPT DATA",
         open=False),
    Case("J105 other refusals first", {f"RCPT TO:<{B}>": "550 who",
                                       ".": "554 no"}, [B, C],
         error="SMTPDataError", arguments=(554, b"no"),
         outcomes=f"{BAD}, {BAD}"),
    Case("J106 lost at RSET", {"MAIL": "550 no", "RSET": CLOSE},
         error="SMTPSenderRefused", arguments=(550, b"no", SENDER),
         outcomes=BAD, verbs="MAIL RSET", open=False),
    *[Case(f"J107 {name} at {step}", {step: act}, [B, C],
           error="SMTPServerDisconnected", arguments=arguments,
           outcomes=f"{NOT}, {NOT}", open=False)
      for step in ("MAIL", "RCPT", "DATA")
      for name, act, arguments in (("closed", CLOSE, CLOSED),
                                   ("reset", RESET, WAS_RESET))],
    *[Case(f"J107 {name} after the message", {".": act}, [B, C],
           error="SMTPServerDisconnected", arguments=arguments,
           outcomes=f"{DOUBT}, {DOUBT}", open=False)
      for name, act, arguments in (("closed", CLOSE, CLOSED),
                                   ("reset", RESET, WAS_RESET))],
    Case("J107 lost after a refusal", {f"RCPT TO:<{B}>": "550 no",
                                       "DATA": CLOSE}, [B, C],
         error="SMTPServerDisconnected", arguments=CLOSED,
         outcomes=f"{BAD}, {NOT}", open=False),
    Case("E50 250 then 550", {".": "250-fine\n550 no"}, error="SMTPDataError",
         arguments=(-1, b"fine\nno"), outcomes=DOUBT, same=False,
         open=None),
    Case("E50 550 then 250", {".": "550-no\n250 fine"}, error="SMTPDataError",
         arguments=(-1, b"no\nfine"), outcomes=DOUBT, same=False,
         open=None),
    Case("E49 no code", {".": "who knows"}, error="SMTPDataError",
         arguments=(-1, b"knows"), outcomes=DOUBT, open=None),
    Case("E49 no code to RCPT", {f"RCPT TO:<{B}>": "who knows"}, [B],
         error="SMTPRecipientsRefused",
         arguments=({B: (-1, b"knows")},), outcomes=NOT, open=None),
    # Words that could mean that groups are not understood: asked again one
    # command at a time, and the answer then is what counts.
    Case("J98 500", {f"RCPT TO:<{C}>": "500 what"}, [B, C],
         result={C: (500, b"what")}, outcomes=f"{GOOD}, {BAD}"),
    Case("J98 500, nobody", {f"RCPT TO:<{B}>": "500 what",
                             f"RCPT TO:<{C}>": "550 no"}, [B, C],
         error="SMTPRecipientsRefused",
         arguments=({B: (500, b"what"), C: (550, b"no")},),
         outcomes=f"{BAD}, {BAD}"),
    Case("J98 500 and 252", {f"RCPT TO:<{B}>": "252 perhaps",
                             f"RCPT TO:<{C}>": "502 what"}, [B, C, D],
         result={B: (252, b"perhaps"), C: (502, b"what")},
         outcomes=f"{GOOD}, {BAD}, {GOOD}"),
    Case("J98 500, message refused", {f"RCPT TO:<{C}>": "500 what",
                                      ".": "550 no"}, [B, C],
         error="SMTPDataError", arguments=(550, b"no"),
         outcomes=f"{BAD}, {BAD}"),
    Case("J98 500, DATA refused", {f"RCPT TO:<{C}>": "500 what",
                                   "DATA": "451 later"}, [B, C], same=False,
         error="SMTPDataError", arguments=(451, b"later"),
         outcomes=f"{LATER}, {BAD}"),
    Case("J98 500, then 421", {f"RCPT TO:<{B}>": "502 what",
                               f"RCPT TO:<{C}>": "421 off"}, [B, C],
         error="SMTPRecipientsRefused",
         arguments=({B: (502, b"what"), C: (421, b"off")},),
         outcomes=f"{BAD}, ?", open=False),
    Case("J98 500, then lost", {f"RCPT TO:<{B}>": "502 what",
                                f"RCPT TO:<{C}>": CLOSE}, [B, C],
         error="SMTPServerDisconnected", arguments=CLOSED,
         outcomes=f"{BAD}, {NOT}", open=False),
    Case("J98 500, and no RSET", {f"RCPT TO:<{C}>": "500 what",
                                  "RSET": "550 no"}, [B, C],
         result={C: (500, b"what")}, outcomes=f"{GOOD}, {BAD}"),
    Case("J104 DATA 502, and no RSET", {"DATA": "502 what", "RSET": "550 no"},
         error="SMTPDataError", arguments=(502, b"what"), same=False,
         outcomes=BAD),
    Case("J96 sender 503", {"MAIL": "503 no"}, error="SMTPSenderRefused",
         arguments=(503, b"no", SENDER), outcomes=BAD, verbs="MAIL RSET"),
    Case("J105 message 199", {".": "199 what"}, error="SMTPDataError",
         arguments=(199, b"what"), outcomes=DOUBT, open=None),
    Case("J93 no SIZE", features=(), result={}, outcomes=GOOD),
    Case("J94 options", mail_options=["RET=HDRS", "X=1"],
         rcpt_options=["NOTIFY=NEVER"], result={}, outcomes=GOOD),
    Case("J94 HELO", {"EHLO": "500 what?"}, mail_options=["RET=HDRS"],
         rcpt_options=["NOTIFY=NEVER"], result={}, outcomes=GOOD,
         verbs="HELO MAIL RCPT DATA"),
    Case("J91 str", message="a\n.b\rc\r\n", result={}, outcomes=GOOD),
    Case("I85 bytes", message=b"a\r\n.b\r\n..c", result={}, outcomes=GOOD),
    Case("I87 empty", message=b"", result={}, outcomes=GOOD),
    Case("H82 null sender", sender="", result={}, outcomes=GOOD),
    Case("H82 null sender in brackets", sender="<>", result={},
         outcomes=GOOD),
    Case("J108 SMTPUTF8 not offered", mail_options=["SMTPUTF8"],
         error="SMTPNotSupportedError",
         arguments=("SMTPUTF8 not supported by server",),
         verbs=""),
    Case("J108 SMTPUTF8 offered", features=["SMTPUTF8", "8BITMIME"],
         mail_options=["SMTPUTF8"], result={}, outcomes=GOOD),
    Case("F67 both refused", {"EHLO": "500 what?", "HELO": "550 no"},
         error="SMTPHeloError", arguments=(550, b"no"), verbs="HELO"),
]

# As smtplib does not have it.
STRANGE = [
    Case("J96 another 2xx", {"MAIL": "251 fine"}, result={}, outcomes=GOOD,
         verbs="MAIL RCPT DATA"),
    Case("J97 252 to all", {"RCPT": "252 perhaps"}, [B, C],
         result={B: (252, b"perhaps"), C: (252, b"perhaps")},
         outcomes=f"{GOOD}, {GOOD}", verbs="MAIL RCPT RCPT DATA"),
    Case("J97 another 2xx", {"RCPT": "259 fine"}, [B],
         result={B: (259, b"fine")}, outcomes=GOOD),
    Case("J105 another 2xx", {".": "251 fine"}, result={}, outcomes=GOOD,
         verbs="MAIL RCPT DATA"),
    Case("J93 too large", message="x" * 1001, features=["SIZE 1000"],
         error="SMTPSenderRefused", arguments=(552, b"?", SENDER), verbs=""),
    Case("I85 NUL", message=b"a\0b", error="ValueError", verbs="",
         arguments=("?",)),
    Case("J92 several in one str", recipients=f"{B}, {C}",
         error="ValueError", arguments=("?",), verbs=""),
]


def calling(case: Case) -> Any:
    return lambda client: client.sendmail(
        case.sender, case.recipients, case.message, case.mail_options,
        case.rcpt_options)


def make(case: Case) -> Any:
    return lambda: {"features": case.features,
                    "answers": copy.deepcopy(case.answers)}


def like(found: Any, wanted: Any) -> bool:
    """True if they are equal; a "?" is equal to everything."""
    if wanted in ("?", b"?"):
        return True
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return len(found) == len(wanted) and all(map(like, found, wanted))
    return found == wanted


def check(case: Case, first: Attempt) -> None:
    assert first.result == case.result
    assert like(first.error, case.error)
    if case.arguments is not None:
        assert like(first.arguments, case.arguments)
    if case.open is not None:
        assert first.open is case.open
    if case.verbs is not None:
        assert first.verbs == ["EHLO", *case.verbs.split()]
    taken = case.result is not None or "." in case.answers
    assert len(first.envelopes) == (1 if taken else 0)


def check_outcomes(case: Case, first: Attempt) -> None:
    wanted = tuple(case.outcomes.split(", "))
    assert like(tuple(each[1] for each in first.outcomes), wanted)
    given = case.recipients
    assert [each[0] for each in first.outcomes] == (
        [given] if isinstance(given, str) else list(given))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Case, serve: Serve) -> None:
    # smtplib J90 to J108, whose item is in the name
    first = every_way(serve, make(case), calling(case))[0]
    if not STANDARD or case.same:
        check(case, first)
    if STANDARD or not case.same:
        return
    other = as_standard(serve, make(case), calling(case))
    assert (first.result, first.error, first.arguments) == (
        other.result, other.error, other.arguments)
    assert first.envelopes == other.envelopes
    assert first.open is other.open or case.open is None
    if case.verbs is not None:
        assert first.verbs == other.verbs


@only_pneu
@pytest.mark.parametrize("case", [case for case in CASES if case.outcomes],
                         ids=lambda case: case.name)
def test_outcomes(case: Case, serve: Serve) -> None:
    # smtplib J98, J110: what became of each recipient
    check_outcomes(case, every_way(serve, make(case), calling(case))[0])


@only_pneu
@pytest.mark.parametrize("case", STRANGE, ids=lambda case: case.name)
def test_cases_of_pneu_alone(case: Case, serve: Serve) -> None:
    # smtplib J92, J93, J96, J97, J105, I85: and what is better
    first = every_way(serve, make(case), calling(case))[0]
    check(case, first)
    if case.outcomes:
        check_outcomes(case, first)
