"""Where Debian is: the host's own mirror, and how to fetch from it.

The lock names archives (`debian`, `debian-security`) and paths in them. The archives' addresses
come from DEBIAN_MIRROR (and DEBIAN_SECURITY_MIRROR, else `<mirror>-security`), else from the apt
sources of the host. apt-helper fetches where it is there: it knows the proxies and keys.
"""

import contextlib
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ichor.errors import InputError, NotFound, TransientError
from ichor.formats.debian import paragraphs
from ichor.image.process import BuildFailed, run

_HELPER: Final = Path("/usr/lib/apt/apt-helper")
_HINT: Final = "set DEBIAN_MIRROR to the address of a Debian mirror, as http://host/debian"


def archives() -> Mapping[str, str]:
    """Give the addresses of `debian` and `debian-security`, without a slash at their ends."""
    given = os.environ.get("DEBIAN_MIRROR", "").rstrip("/")
    if given:
        security = os.environ.get("DEBIAN_SECURITY_MIRROR", "").rstrip("/")
        return {"debian": given, "debian-security": security or f"{given}-security"}
    found = from_sources(_sources())
    if "debian" not in found:
        raise InputError("this machine's apt sources name no Debian mirror", hint=_HINT)
    return {"debian-security": f"{found['debian']}-security"} | found


def from_sources(texts: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Read apt sources, (file name, text); the first mirror of each archive counts."""
    found: dict[str, str] = {}
    for name, text in texts:
        for address, suites in _deb822(text) if name.endswith(".sources") else _one_line(text):
            address = address.rstrip("/")
            last = address.rpartition("/")[2]
            if last in ("debian", "debian-security") and suites:
                found.setdefault(last, address)
    return found


def fetch(path: str, out: Path, *, sha256: str = "") -> None:
    """Fetch `archive/path`. Raises NotFound if the mirror lacks it, TransientError if mute."""
    archive, _, rest = path.partition("/")
    address = f"{archives()[archive]}/{rest}"
    part = out.with_name(f"{out.name}.part")
    part.unlink(missing_ok=True)
    if _HELPER.exists():
        _by_helper(address, part, sha256)
    else:
        _by_urllib(address, part)
    part.rename(out)


def _by_helper(address: str, part: Path, sha256: str) -> None:
    words = [str(_HELPER), "download-file", address, str(part)]
    # As root, apt would drop to _apt, which may not enter the cache.
    options = ["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]
    try:
        run([words[0], *options, *words[1:], *([f"SHA256:{sha256}"] if sha256 else [])])
    except BuildFailed as err:
        if "404" in str(err):
            raise NotFound(address) from err
        raise TransientError(str(err)) from err


def _by_urllib(address: str, part: Path) -> None:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer, part.open("wb") as file:  # noqa: S310 - the user's own mirror
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as err:
        if err.code == 404:
            raise NotFound(address) from err
        raise TransientError(f"{address}: {err}") from err
    except OSError as err:
        raise TransientError(f"{address}: {err}") from err


def _sources() -> Iterator[tuple[str, str]]:
    folder = Path("/etc/apt")
    parts = folder / "sources.list.d"
    places = [
        *sorted(parts.glob("*.sources")),
        folder / "sources.list",
        *sorted(parts.glob("*.list")),
    ]
    for path in places:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            yield path.name, path.read_text()


def _deb822(text: str) -> Iterator[tuple[str, list[str]]]:
    for block in paragraphs(text):
        if "deb" in block.get("Types", "").split() and block.get("Enabled", "yes") != "no":
            for address in block.get("URIs", "").split():
                yield address, block.get("Suites", "").split()


def _one_line(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["deb"]:
            words = [w for w in words[1:] if not (w.startswith("[") or w.endswith("]") or "=" in w)]
            yield words[0], words[1:2]
