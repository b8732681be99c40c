"""Runs a program with another module in the place of smtplib.

usage: instead.py PROGRAM [ARGUMENT...]

The program is not changed: its own `import smtplib`, and those of the
packages that it uses, give pneu.smtplib, and not before they are run (gevent
wants to be first). With PNEU_TEST_STANDARD=1 they give Python's own smtplib,
which shows that the tests ask for nothing that programs do not have there.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import runpy
import sys
from types import ModuleType
from typing import Sequence

STANDARD = os.environ.get("PNEU_TEST_STANDARD") == "1"
MODULE = "smtplib" if STANDARD else "pneu.smtplib"


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds smtplib, and loads MODULE for it."""

    def find_spec(self, name: str, path: Sequence[str] | None,
                  target: ModuleType | None = None
                  ) -> importlib.machinery.ModuleSpec | None:
        if name != "smtplib":
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec
                      ) -> ModuleType:
        module = importlib.import_module(MODULE)
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It was run already; the machinery has put its own __spec__ in."""
        module.__spec__ = self._own


def install() -> None:
    """From here on, `import smtplib` gives MODULE."""
    if not STANDARD:
        sys.meta_path.insert(0, Instead())


def main() -> None:
    if "smtplib" in sys.modules:
        sys.exit("instead.py: smtplib was imported too early")
    install()
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
