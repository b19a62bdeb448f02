"""Builds the Python module pjsua2 from source, once, and installs it: `python3 pjsua2.py --python .venv/bin/python`.

Exit 0: the module imports. Exit 3: packages are missing and this is not root; one line says what to run.
Exit 1: something failed; the log is named. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import source
from progress import BuildError, Progress
from recipe import CFLAGS, CONFIGURE, EMPTY_SOURCES, HERE, PACKAGES, PATCHES, WRAPPER_CFLAGS, key

STAGES = 6
ASK_PYTHON = """
import json, sys, sysconfig
print(json.dumps({
    "tag": "cp%d%d" % sys.version_info[:2],
    "platform": sysconfig.get_platform().replace("-", "_").replace(".", "_"),
    "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
    "include": sysconfig.get_path("include"),
    "site": sysconfig.get_path("platlib"),
}))
"""


class MissingPackagesError(BuildError):
    """Packages are missing and this user may not install them."""


@dataclass(frozen=True)
class Target:
    """The Python that shall import the module."""

    python: str
    tag: str
    platform: str
    suffix: str
    include: str
    site: str

    @classmethod
    def ask(cls, python: str) -> Target:
        said = subprocess.run([python, "-c", ASK_PYTHON], capture_output=True, text=True, check=True, cwd="/")
        return cls(python, **json.loads(said.stdout))

    def wheel_name(self, version: str) -> str:
        return f"pjsua2-{version}+h{key()}-{self.tag}-{self.tag}-{self.platform}.whl"

    def installed(self) -> bool:
        """Whether this very recipe is already there."""
        return any(Path(self.site).glob(f"pjsua2-*+h{key()}.dist-info"))

    def imports(self) -> bool:
        tried = subprocess.run([self.python, "-c", "import pjsua2"], capture_output=True, check=False, cwd="/")
        return tried.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="the python that shall import pjsua2")
    target = Target.ask(str(Path(parser.parse_args().python).absolute()))
    if target.installed() and target.imports():
        return 0
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with (cache / "pjsua2.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            provide(target, cache)
    except BuildError as error:
        sys.stderr.write(f"pjsua2: {error}\n")
        return 3 if isinstance(error, MissingPackagesError) else 1
    return 0


def cache_folder() -> Path:
    return Path(os.environ.get("HOTLINE_CACHE") or Path.home() / ".cache" / "hotline")


def provide(target: Target, cache: Path) -> None:
    """Installs the cached wheel; builds it first where there is none, or where it does not import."""
    cached = sorted(cache.glob(target.wheel_name("*")))
    if cached and install(target, cached[-1]):
        sys.stderr.write(f"pjsua2: installed {cached[-1].name} from the cache\n")
        return
    missing = check_packages(target)
    progress = Progress(STAGES, cache / "pjsua2-build.log")
    progress.stage("packages")
    install_packages(missing, progress)
    with tempfile.TemporaryDirectory(prefix="pjsua2-build-", dir=cache) as work:
        wheel = build(target, Path(work), cache, progress)
    if not install(target, wheel):
        raise BuildError(f"{wheel.name} was built but does not import; log: {progress.log}")
    progress.done(f"built and installed {wheel.name}")


def install(target: Target, wheel: Path) -> bool:
    """Puts the wheel into the target and says whether it imports."""
    pip = [
        target.python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--force-reinstall",
        "--disable-pip-version-check",
    ]
    done = subprocess.run([*pip, "--root-user-action=ignore", str(wheel)], capture_output=True, check=False, cwd="/")
    return done.returncode == 0 and target.imports()


def check_packages(target: Target) -> list[str]:
    """The packages that are missing. MissingPackagesError with the command to run when this is not root."""
    missing = [name for name in PACKAGES if not is_installed(name)]
    if not (Path(target.include) / "Python.h").exists():
        missing.append(f"python{target.tag[2]}.{target.tag[3:]}-dev")
    if missing and os.geteuid():
        raise MissingPackagesError(f"run this once, then start again: sudo apt-get install -y {' '.join(missing)}")
    return missing


def install_packages(missing: list[str], progress: Progress) -> None:
    if not missing:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    progress.run(["apt-get", "update"], Path("/"), env)
    progress.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], Path("/"), env)


def is_installed(package: str) -> bool:
    asked = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True, check=False)
    return asked.stdout.endswith(" installed")


def build(target: Target, work: Path, cache: Path, progress: Progress) -> Path:
    """Source to wheel; the wheel is moved into the cache whole, so that a cut-off build leaves none."""
    progress.stage("source")
    tree, patches = source.fetch(work, progress)
    progress.stage("patches and configure")
    if patches:
        source.patch(tree, patches, progress)
    for file in PATCHES:
        progress.run(["patch", "-p1", "--forward", "--batch", "--input", str(file)], tree)
    configure(tree, progress)
    progress.stage("libraries (about 1 minute)")
    jobs = f"-j{os.cpu_count() or 1}"
    progress.run(["make", "dep"], tree)
    progress.run(["make", "lib", jobs], tree)
    progress.stage("Python wrapper (about 1 minute)")
    module = compile_wrapper(target, tree, progress)
    progress.stage("wheel")
    return make_wheel(target, tree, module, cache)


def configure(tree: Path, progress: Progress) -> None:
    for name in EMPTY_SOURCES:
        (tree / name).touch()
    shutil.copy(HERE / "config_site.h", tree / "pjlib/include/pj/config_site.h")
    (tree / "aconfigure").chmod(0o755)
    progress.run(["sh", "./configure", *CONFIGURE], tree, {**os.environ, "CFLAGS": CFLAGS, "CXXFLAGS": CFLAGS})


def compile_wrapper(target: Target, tree: Path, progress: Progress) -> Path:
    """Runs swig and the compiler directly: no setuptools is needed in the target."""
    folder = tree / "pjsip-apps/src/swig/python"
    includes = [f"-I../../../../{part}/include" for part in ("pjlib", "pjlib-util", "pjmedia", "pjsip", "pjnath")]
    progress.run(
        ["swig", *includes, "-c++", "-w312", "-threads", "-python", "-o", "pjsua2_wrap.cpp", "../pjsua2.i"], folder
    )
    flags = {name: ask_make(folder, name) for name in ("cflags", "ldflags", "libs")}
    module = folder / f"_pjsua2{target.suffix}"
    command = ["g++", "-shared", *flags["cflags"], *WRAPPER_CFLAGS.split(), f"-I{target.include}", "pjsua2_wrap.cpp"]
    libraries = [f"-l{name}" for name in flags["libs"]]
    progress.run([*command, "-o", str(module), *flags["ldflags"], *libraries, "-s"], folder)
    return module


def ask_make(folder: Path, name: str) -> list[str]:
    said = subprocess.run(
        ["make", "--no-print-directory", "-f", "helper.mak", name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split()


def make_wheel(target: Target, tree: Path, module: Path, cache: Path) -> Path:
    """Two files and their description, written as a wheel."""
    version = pjsip_version(tree)
    info = f"pjsua2-{version}+h{key()}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: pjsua2\nVersion: {version}+h{key()}\nLicense: GPL-2.0-or-later\n"
    tag = f"{target.tag}-{target.tag}-{target.platform}"
    parts = {
        "pjsua2.py": module.with_name("pjsua2.py").read_bytes(),
        module.name: module.read_bytes(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hotline\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    }
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in parts.items())
    parts[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = cache / target.wheel_name(version)
    draft = wheel.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return draft.replace(wheel)


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def pjsip_version(tree: Path) -> str:
    """`2.17` from PJSIP's version.mak."""
    said = (tree / "version.mak").read_text()
    numbers = [
        re.search(rf"(?m)^export PJ_VERSION_{part}[ \t]*:=[ \t]*(\d*)", said) for part in ("MAJOR", "MINOR", "REV")
    ]
    return ".".join(number[1] for number in numbers if number and number[1])


if __name__ == "__main__":
    sys.exit(main())
