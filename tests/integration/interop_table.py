"""docs/interop.md: a table of what was seen, a row a feature and a column a
server. It is written, and read again, here alone."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "interop.md"

INTRODUCTION = """\
# Seen with real servers

What `libpneu` and each of these servers did together, on loopback. The tests
write this table from what they see, and fail when they see something else:
`tools/interop --write` writes it anew.

A cell is "yes" where the feature was used and had its effect (the message
arrived, the report came), "not offered" where the server's EHLO or LHLO does
not name it, and otherwise what the server said. "-": there is no such thing
to ask.
"""

NOTES = """\

Each server runs with a configuration of the tests' own
(`tests/integration/servers/`); what one does not offer here another
configuration of it may well offer. Dovecot's submission server relays to
`pneu sink`, and offers some of its extensions only after AUTH; what it offers
then is what the table says.
"""

Cells = dict[str, dict[str, str]]  # row, column, what was seen


def parse(text: str) -> Cells:
    """The cells of a file that render() wrote."""
    rows = [[word.strip().replace("\\|", "|") for word in
             line.replace("\\|", "\0").strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]
    rows = [[word.replace("\0", "|") for word in row] for row in rows]
    if len(rows) < 2:
        return {}
    columns = rows[0][1:]
    return {row[0]: dict(zip(columns, row[1:], strict=True))
            for row in rows[2:]}


def versions(text: str) -> dict[str, str]:
    """What the file says of each server's version."""
    lines = [line[2:].partition(": ") for line in text.splitlines()
             if line.startswith("- ")]
    return {name: version for name, _, version in lines}


def render(columns: list[str], rows: list[str], cells: Cells,
           seen: dict[str, str]) -> str:
    """The whole file; a cell that is not there is empty."""
    def line(words: list[str]) -> str:
        return "| " + " | ".join(word.replace("|", "\\|")
                                 for word in words) + " |\n"

    table = line(["", *columns]) + line(["---"] * (len(columns) + 1))
    for row in rows:
        table += line([row, *(cells.get(row, {}).get(column, "")
                              for column in columns)])
    which = "".join(f"- {name}: {seen[name]}\n" for name in sorted(seen))
    return f"{INTRODUCTION}\n{which}\n{table}{NOTES}"


def merge(old: Cells, new: Cells) -> Cells:
    """The old cells with the new ones in their places."""
    merged = {row: dict(cells) for row, cells in old.items()}
    for row, cells in new.items():
        merged.setdefault(row, {}).update(cells)
    return merged
