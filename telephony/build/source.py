"""Fetches the PJSIP source: a tarball named by PJPROJECT_TARBALL, else Debian's source package `asterisk` from sid.

apt runs with its own sources list and state folder, so the machine's own configuration stays as it is; apt checks the
signature of the archive with Debian's keyring. The version is read from the archive, because sid moves.
"""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

from progress import BuildError, Progress
from recipe import SKIPPED_PATCHES

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMPONENT = "orig-Xpjproject"

APT_CONF = """
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{root}/sources";
Dir::State "{root}/state";
Dir::State::status "{root}/state/status";
Dir::Cache "{root}/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
"""


def fetch(work: Path, progress: Progress) -> tuple[Path, Path | None]:
    """The unpacked PJSIP tree, and the folder with the patches that came along (None for a tarball of one's own)."""
    own = os.environ.get("PJPROJECT_TARBALL")
    if own:
        return unpack(Path(own), work / "pjproject"), None
    folder = download(work / "apt", progress)
    tree = unpack(one(folder, f"*.{COMPONENT}.tar.*"), work / "pjproject")
    unpack(one(folder, "*.orig.tar.*"), work / "asterisk", "third-party/pjproject/patches/")
    unpack(one(folder, "*.debian.tar.*"), work / "asterisk", "patches/")
    return tree, work / "asterisk"


def download(root: Path, progress: Progress) -> Path:
    """Takes the source package from the archive into `root`/download and returns that folder."""
    env = isolated_apt(root)
    folder = root / "download"
    folder.mkdir(parents=True)
    progress.run(["apt-get", "update"], root, env)
    progress.run(["apt-get", "source", "--download-only", f"asterisk={newest_version(root, env)}"], folder, env)
    return folder


def isolated_apt(root: Path) -> dict[str, str]:
    """Writes an apt configuration of its own under `root`; returns the environment that selects it."""
    for name in ("sources", "state/lists/partial", "cache/archives/partial"):
        (root / name).mkdir(parents=True)
    (root / "state/status").touch()
    (root / "sources/sid.sources").write_text(
        f"Types: deb-src\nURIs: {mirror()}\nSuites: sid\nComponents: main\nSigned-By: {KEYRING}\n"
    )
    (root / "apt.conf").write_text(APT_CONF.format(root=root))
    return {**os.environ, "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"}


def mirror() -> str:
    """The address this machine takes Debian from: the first one in its sources that is not the security archive."""
    folder = Path("/etc/apt/sources.list.d")
    for file in sorted(folder.glob("*.sources")):
        found = re.findall(r"(?m)^URIs:\s*(\S+)", file.read_text())
        if plain := [uri for uri in found if "debian" in uri and "security" not in uri]:
            return plain[0]
    for file in (Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))):
        found = re.findall(r"(?m)^deb\s+(?:\[[^]]*\]\s*)?(\S+)", file.read_text()) if file.exists() else []
        if plain := [uri for uri in found if "debian" in uri and "security" not in uri]:
            return plain[0]
    raise BuildError("no Debian archive in /etc/apt: give a PJSIP source tarball in PJPROJECT_TARBALL")


def newest_version(root: Path, env: dict[str, str]) -> str:
    """The newest version of the source package that carries PJSIP as a component."""
    shown = subprocess.run(
        ["apt-cache", "showsrc", "asterisk"], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    for paragraph in reversed(shown.stdout.split("\n\n")):
        version = re.search(r"(?m)^Version: (\S+)", paragraph)
        if version and COMPONENT in paragraph:
            return version[1]
    raise BuildError("Debian's source package asterisk no longer carries PJSIP: give a tarball in PJPROJECT_TARBALL")


def one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise BuildError(f"the source package holds no {pattern}")
    return found[0]


def unpack(tarball: Path, target: Path, only: str = "") -> Path:
    """Unpacks below `target` without the first folder of the names; `only` keeps the members under that folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name.startswith(only) and (member.isfile() or member.issym() or member.isdir()) and member.name:
                archive.extract(member, target, filter="tar")
    return target


def patch(tree: Path, patches: Path, progress: Progress) -> None:
    """Applies every patch for PJSIP that applies cleanly; the others are named in the log."""
    for file in sorted(patches.rglob("*.patch")):
        depth = depth_of(file)
        if file.name in SKIPPED_PATCHES or not depth:
            progress.note(f"patch {file.name}: not for this build\n")
            continue
        command = ["patch", f"-p{depth}", "--forward", "--batch", "--input", str(file)]
        if subprocess.run([*command, "--dry-run"], cwd=tree, capture_output=True, check=False).returncode:
            progress.note(f"patch {file.name}: does not apply\n")
            continue
        progress.run(command, tree)


def depth_of(file: Path) -> int:
    """How many leading folders the names of a patch carry before PJSIP's own; 0 for a patch of something else."""
    if "third-party" in file.parts:
        return 1
    return 2 if "+++ b/Xpjproject/" in file.read_text(errors="replace") else 0
