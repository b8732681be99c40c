"""The sdist, the wheel and pip, from a copy of this work tree, with nothing
from the network; and where `make install` puts the module."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Callable

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PYTHON = "/usr/bin/python3"
PIP = ("-m", "pip", "--isolated", "--no-cache-dir",
       "--disable-pip-version-check")
OFFLINE = ("--no-index", "--no-build-isolation")
# A work tree may belong to somebody else than who runs its tests.
GIT = ("git", "-c", "safe.directory=*", "-c", "user.name=Nobody",
       "-c", "user.email=nobody@example.org")
PACKAGE = ["pneu/_pneu.abi3.so"] + sorted(
    f"pneu/{path.name}" for path in (REPOSITORY / "python/pneu").iterdir()
    if path.name == "py.typed" or path.suffix in (".py", ".pyi"))
SEND = """
import sys
import pneu.smtplib
with pneu.smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as smtp:
    assert smtp.sendmail("marie@example.org", "paul@example.org",
                         "Subject: Hello\\n\\nFrom a package.\\n") == {}
print(pneu.smtplib.__file__)
"""

# The slowest of them compile the whole core.
pytestmark = pytest.mark.seconds(300)


def run(*words: str | Path, where: Path, status: int = 0) -> str:
    """A command in a clean environment; what it wrote."""
    done = subprocess.run(
        words, cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False, env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
            "HOME": str(where), "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "PIP_CONFIG_FILE": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == status, f"{words}\n{done.stdout}"
    return done.stdout


def version() -> str:
    found = re.search(r"version: '([^']+)'",
                      (REPOSITORY / "meson.build").read_text("utf-8"))
    assert found
    return found.group(1)


def files_of_project() -> list[str]:
    """All that belongs to the project, committed or not."""
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this is no git work tree")
    listed = run(*GIT, "ls-files", "-z", "--cached", "--others",
                 "--exclude-standard", where=REPOSITORY)
    return [name for name in sorted(set(listed.split("\0")))
            if name and (REPOSITORY / name).is_file()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    for name in files_of_project():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name)
    run(*GIT, "init", "--quiet", where=folder)
    run(*GIT, "add", "--all", where=folder)
    run(*GIT, "commit", "--quiet", "-m", "All of it", where=folder)
    return folder


@pytest.fixture(scope="module")
def sdist(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(PYTHON, "-m", "build", "--sdist", "--no-isolation", "--outdir",
        folder, clone, where=folder)
    return the_only(folder)


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, so that nothing that it needs is missing there."""
    folder = tmp_path_factory.mktemp("wheel")
    run(PYTHON, *PIP, "wheel", *OFFLINE, "--wheel-dir", folder, sdist,
        where=folder)
    return the_only(folder)


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the system's packages."""
    folder = tmp_path_factory.mktemp("venv")
    run(PYTHON, "-m", "venv", "--system-site-packages", folder, where=folder)
    return folder


def the_only(folder: Path) -> Path:
    path, = folder.iterdir()
    return path


def test_sdist_holds_the_project(clone: Path, sdist: Path) -> None:
    root = f"pneu-{version()}"
    assert sdist.name == f"{root}.tar.gz"
    with tarfile.open(sdist) as archive:
        names = set(archive.getnames())
        information = archive.extractfile(f"{root}/PKG-INFO")
        assert information
        fields = BytesParser().parse(information)
    held = run(*GIT, "ls-files", "-z", where=clone).split("\0")
    assert names == {f"{root}/{name}" for name in [*held, "PKG-INFO"] if name}
    assert (fields["Name"], fields["Version"]) == ("pneu", version())


def test_wheel_holds_the_package_alone(wheel: Path) -> None:
    name, release, python, abi, platform = wheel.stem.split("-")
    assert (name, release, python, abi) == ("pneu", version(), "cp311", "abi3")
    assert platform == f"linux_{os.uname().machine}"
    about = f"pneu-{version()}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        assert sorted(archive.namelist()) == sorted(
            PACKAGE + [f"{about}/{name}" for name in
                       ("LICENSE", "METADATA", "RECORD", "WHEEL")])
        fields = BytesParser().parsebytes(archive.read(f"{about}/METADATA"))
    assert fields["Name"] == "pneu"
    assert fields["Version"] == version()
    assert fields["Requires-Python"] == ">=3.11"
    assert fields["Requires-Dist"] is None
    assert "License :: OSI Approved :: MIT License" in fields.get_all(
        "Classifier")


def test_extension_stands_alone(wheel: Path, tmp_path: Path) -> None:
    """It has the core in it, and shows nothing of it."""
    with zipfile.ZipFile(wheel) as archive:
        path = archive.extract("pneu/_pneu.abi3.so", tmp_path)
    shown = run("nm", "-D", "--defined-only", "--format=posix", path,
                where=tmp_path)
    assert [line.split()[0] for line in shown.splitlines()] == [
        "PyInit__pneu"]
    needed = run("readelf", "--dynamic", path, where=tmp_path)
    assert "libpneu" not in needed
    assert "libpython" not in needed
    assert "RUNPATH" not in needed and "RPATH" not in needed


@pytest.mark.parametrize("source", ["clone", "wheel"])
def test_pip_installs_and_uninstalls(
        source: str, venv: Path, tmp_path: Path, sink: Callable[..., Any],
        request: pytest.FixtureRequest) -> None:
    python, server = venv / "bin/python", sink()
    run(python, *PIP, "install", *OFFLINE, request.getfixturevalue(source),
        where=tmp_path)

    place = run(python, "-c", SEND, str(server.port), where=tmp_path).strip()
    assert Path(place).is_relative_to(venv)
    assert b"From a package." in server.letter().content
    shown = run(python, *PIP, "show", "--files", "pneu", where=tmp_path)
    assert [name for name in re.findall(r"^  (pneu/.*)$", shown, re.M)
            if "__pycache__" not in name] == sorted(PACKAGE)

    run(python, *PIP, "uninstall", "--yes", "pneu", where=tmp_path)
    assert not Path(place).parent.exists()
    assert not list(venv.rglob("pneu-*"))


def configured(clone: Path, build: Path, *options: str) -> dict[str, str]:
    """From what is built to where it would be installed."""
    more = ["--reconfigure"] if (build / "build.ninja").exists() else []
    run("meson", "setup", *more, *options, build, clone, where=clone)
    return json.loads(run("meson", "introspect", "--installed", build,
                          where=clone))


def folders_of_package(installed: dict[str, str]) -> set[str]:
    return {str(Path(place).parent) for place in installed.values()
            if re.search(r"/pneu/[^/]+\.(py|pyi|typed|abi3\.so)$", place)}


def test_module_goes_where_python_looks(clone: Path, tmp_path: Path) -> None:
    """/usr/local, where most want it, is seen to by tools/check-install."""
    build = tmp_path / "build"
    assert folders_of_package(configured(clone, build, "--prefix=/usr")) == {
        "/usr/lib/python3/dist-packages/pneu"}
    release = run(PYTHON, "-c", "import sys; print(sys.version_info[1])",
                  where=tmp_path).strip()
    assert folders_of_package(configured(clone, build, "--prefix=/opt/x")) == {
        f"/opt/x/lib/python3.{release}/site-packages/pneu"}


@pytest.mark.parametrize("python, why", [
    ("exit 1", "there is no Python 3"),
    # Introspects well, but has the headers of no Python that there is.
    (f'{PYTHON} "$@" | sed "s/3[.]1[0-9]/3.99/g"', "there is no Python.h"),
])
def test_without_python_the_rest_is_built(
        python: str, why: str, clone: Path, tmp_path: Path) -> None:
    program, native = tmp_path / "python", tmp_path / "native.ini"
    program.write_text(f"#!/bin/sh\n{python}\n")
    program.chmod(0o755)
    native.write_text(f"[binaries]\npython = '{program}'\n")
    installed = configured(clone, tmp_path / "build",
                           f"--native-file={native}")
    assert not folders_of_package(installed)
    assert any(place.endswith("/bin/pneu") for place in installed.values())
    said = run("meson", "setup", f"--native-file={native}", "-Dpython=enabled",
               tmp_path / "other", clone, where=tmp_path, status=1)
    assert why in said
