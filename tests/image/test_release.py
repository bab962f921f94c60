"""A release names all that is in it, and nothing is added, lost or changed unseen."""

import json
import os
import re
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from msgspec.structs import replace
from tests.api.test_verification import judge
from tests.apps import layouts

from ichor.config.versions import INSTALLER
from ichor.errors import FormatError, InputError
from ichor.formats import measured
from ichor.image import budget, installer, measure, origins, release, sbom
from ichor.image.budget import Budget, excesses
from ichor.image.cache import Cache, Step
from ichor.image.inspect import Report
from ichor.image.origins import File, Index, told
from ichor.image.release import MANIFEST, SIGNATURE, Artefact, Manifest
from ichor.image.uki import Signer
from ichor.pki import issue
from ichor.pki.leaf import Algorithm
from ichor.resources.security.image_verification_rule import (
    ImagePublicKeyVerifier,
    ImageVerificationRule,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def signer(name: str) -> Signer:
    pair = issue.make_signer(name, now=NOW, entropy=os.urandom)
    return Signer(pair.certificate, pair.key)


OURS, FOREIGN = signer("ours"), signer("foreign")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release of two files."""
    made = tmp_path / "release"
    made.mkdir()
    for name in ("disk.raw", "ichor.efi"):
        (made / name).write_bytes(name.encode() * 99)
    seal(made)
    return made


def seal(folder: Path) -> None:
    artefacts = {path.name: release.artefact(path) for path in sorted(folder.iterdir())}
    manifest = Manifest(
        version="1", root="aa", salt="bb", blocks=1, image="cc", kernel="dd", artefacts=artefacts
    )
    data = msgspec.json.encode(manifest)
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).write_bytes(release.sign(data, OURS))


def refused(folder: Path, said: str, certificate: str = OURS.certificate) -> None:
    with pytest.raises(InputError, match=said):
        release.verify(folder, certificate)


def test_a_whole_release_is_what_its_manifest_says(folder: Path) -> None:
    found = release.verify(folder, OURS.certificate)
    assert found.version == "1"
    assert set(found.artefacts) == {"disk.raw", "ichor.efi"}


def test_what_a_machine_is_to_measure_is_signed_with_the_release(folder: Path) -> None:
    with pytest.raises(InputError, match="the release is an older one"):
        release.measurements(folder, OURS.certificate)
    wanted = measured.Manifest(version="1", loader="aa", image="bb", root="cc", pcr11={})
    path = folder / measure.FILE
    path.write_bytes(measured.write_manifest(wanted))
    for name in (MANIFEST, SIGNATURE):
        (folder / name).unlink()
    seal(folder)
    assert release.measurements(folder, OURS.certificate) == wanted
    with pytest.raises(InputError, match="not signed by this certificate"):
        release.measurements(folder, FOREIGN.certificate)
    path.write_bytes(measured.write_manifest(replace(wanted, loader="dd")))
    with pytest.raises(InputError, match="is not what was signed"):
        release.measurements(folder, OURS.certificate)


def test_another_hand_is_not_ours(folder: Path) -> None:
    refused(folder, "not signed by this certificate", FOREIGN.certificate)


def test_a_changed_byte_is_seen_wherever_it_is(folder: Path) -> None:
    for name in ("disk.raw", MANIFEST, SIGNATURE):
        whole = (folder / name).read_bytes()
        for at in (0, len(whole) // 2, len(whole) - 1):
            changed = bytearray(whole)
            changed[at] ^= 1
            (folder / name).write_bytes(changed)
            refused(folder, "signed")
        (folder / name).write_bytes(whole)
    release.verify(folder, OURS.certificate)


def test_what_is_missing_or_added_is_named(folder: Path) -> None:
    (folder / "more").write_bytes(b"")
    refused(folder, "more: is not in the manifest")
    (folder / "more").unlink()
    (folder / "disk.raw").unlink()
    refused(folder, r"disk.raw: is missing")


def test_a_certificate_that_signs_no_images_is_refused(folder: Path) -> None:
    other = issue.make_ca("other", Algorithm.ED25519, now=NOW, entropy=os.urandom)
    refused(folder, "RSA", other.certificate)
    refused(folder, "no certificate", "hello")


def test_a_signed_manifest_of_another_kind_is_refused(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"{}")
    (folder / SIGNATURE).write_bytes(release.sign(b"{}", OURS))
    with pytest.raises(FormatError, match="manifest of a release"):
        release.verify(folder, OURS.certificate)


def released(directory: Path, repository: str) -> tuple[Path, str]:
    """Make an installer image, sign it as a release does; gives both as a registry's layout."""
    for name in ("kernel", "root"):
        (directory / name).write_bytes(name.encode())
    archive = directory / installer.ARCHIVE
    installer.pack(directory / "kernel", directory / "root", archive)
    name = release.sign_installer(directory, repository, OURS)
    rows: list[dict[str, object]] = []
    for file in (archive, directory / release.INSTALLER_SIGNATURE):
        with tarfile.open(file) as tar:
            tar.extractall(directory / "pushed", filter="data")
        rows += json.loads((directory / "pushed/index.json").read_bytes())["manifests"]
    (directory / "pushed/index.json").write_text(json.dumps({"manifests": rows}))
    layouts.rename(directory / "pushed", {INSTALLER: f"{repository}:v1", name: name})
    return directory / "pushed", str(rows[0]["digest"])


def test_a_node_takes_a_released_installer_by_a_rule_with_its_certificate(tmp_path: Path) -> None:
    repository = "registry.example/team/installer"
    pushed, digest = released(tmp_path, repository)

    def said(signer: Signer, name: str = f"{repository}:v1") -> str:
        verifier = ImagePublicKeyVerifier(certificate=signer.certificate)
        rule = ImageVerificationRule(image_pattern="**", public_key_verifier=verifier)
        return judge(pushed, name, digest, rule)

    assert said(OURS).startswith("signed: ")
    assert "none of the signatures is by the rule's key" in said(FOREIGN)
    assert said(OURS, "registry.example/team/other:v1").startswith("no: not verified")


def test_a_release_for_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    for repository in ("installer", "team/installer", "registry.example/installer:v1", "a b/c"):
        with pytest.raises(InputError, match="is no repository"):
            released(tmp_path, repository)


REPORT = Report(100, {}, ("usr/bin/a",), (), (), (), {}, 0)
BUDGET = Budget(100, {"usr/bin/a": "because"})


def test_what_is_within_its_budget_is_not_complained_of() -> None:
    assert list(excesses(REPORT, BUDGET)) == []
    budget.check(REPORT, BUDGET)
    assert budget.read().root <= 60_000_000


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (Report(101, {}, ("usr/bin/a",), (), (), (), {}, 0), "root: 101 bytes, 100 at most"),
        (Report(1, {}, (), (), (), (), {}, 0), "listed and not there: usr/bin/a"),
        (
            Report(1, {}, ("usr/bin/a", "usr/bin/b"), (), (), (), {}, 0),
            "executable without a reason: usr/bin/b",
        ),
        (Report(1, {}, ("usr/bin/a",), ("su",), (), (), {}, 0), "setuid or setgid: su"),
        (Report(1, {}, ("usr/bin/a",), (), ("sh",), (), {}, 0), "shell: sh"),
        (Report(1, {}, ("usr/bin/a",), (), (), ("dpkg",), {}, 0), "package database: dpkg"),
    ],
)
def test_what_is_more_is_named(report: Report, said: str) -> None:
    assert list(excesses(report, BUDGET)) == [said]
    with pytest.raises(FormatError, match=said):
        budget.check(report, BUDGET)


@pytest.mark.parametrize(
    "text", ["", "root = 1", "root = 1\n[executables]\na = ' '", "root = 'x'\n[executables]", "["]
)
def test_a_budget_that_says_it_another_way_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "budget.toml").write_text(text)
    with pytest.raises(InputError, match=r"budget.toml"):
        budget.read(tmp_path / "budget.toml")


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_file_comes_from_the_step_that_has_its_bytes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    steps = [Step(f"debian/{name}", lambda out: None) for name in ("a", "b", "c")]
    for step, files in zip(
        steps, ({"usr/lib/x": b"same"}, {"usr/lib/y": b"same"}, {"usr/sbin/z": b"zzz"}), strict=True
    ):
        for name, data in files.items():
            put(cache.path(step) / name, data)
    tree = tmp_path / "tree"
    for name, data in {"usr/lib/y": b"same", "usr/bin/z": b"zzz", "etc/hosts": b""}.items():
        put(tree / name, data)
    (tree / "bin").symlink_to("usr/bin")
    index = Index(cache, steps)
    found = {one.path: one.origin for one in told(tree, index)}
    assert found == {
        "bin": "ichor",
        "etc/hosts": "ichor",
        "usr/bin/z": "debian/c",
        "usr/lib/y": "debian/b",
    }
    put(tree / "usr/lib/stray", b"whose")
    with pytest.raises(InputError, match=r"usr/lib/stray .*no step"):
        list(told(tree, index))


def test_a_manifest_of_files_is_json_a_line_each() -> None:
    files = (
        File(path="a", mode="0644", size=1, sha256="x", origin="ichor"),
        File(path="b", mode="0777", target="a", origin="ichor"),
    )
    data = release.listed(files)
    assert msgspec.json.decode(data, type=tuple[File, ...]) == files
    assert data.count(b"\n") == 4
    assert origins.by_origin(files) == {"ichor": 1}


TOLD = """\
runc: go1.26.6
\tpath\tgithub.com/opencontainers/runc
\tmod\tcommand-line-arguments\t(devel)
\tmod\tgithub.com/opencontainers/runc\tv1.5.2\th1:ghi=
\tdep\tgolang.org/x/sys\tv0.46.0\th1:abc=
\tdep\texample.com/old\tv1.0.0
\t=>\texample.com/new\tv1.1.0\th1:def=
\tbuild\t-compiler=gc
"""


def test_modules_are_those_that_a_program_tells() -> None:
    assert list(sbom.module_rows(TOLD)) == [
        ("stdlib", "1.26.6", ""),
        ("github.com/opencontainers/runc", "v1.5.2", "h1:ghi="),
        ("golang.org/x/sys", "v0.46.0", "h1:abc="),
        ("example.com/new", "v1.1.0", "h1:def="),
    ]
    found = {one.name: one for one in sbom.modules({"runc": TOLD, "other": TOLD})}
    assert found["example.com/new"].purl == "pkg:golang/example.com/new@v1.1.0"
    assert found["golang.org/x/sys"].source == "in other, runc, h1:abc="
    assert found["stdlib"].purl == "pkg:golang/stdlib@1.26.6"
    ours = "x: go1.26.6\n\tmod\tcommand-line-arguments\t(devel)\n"
    assert [name for name, *_ in sbom.module_rows(ours)] == ["stdlib"]


def test_wheels_are_those_that_are_pinned() -> None:
    digest = "a" * 64
    pins = (
        f"# no pin==1\nh2==4.3.0 \\\n    --hash=sha256:{digest}\n"
        f"PyYAML==6.0.3 \\\n    --hash=sha256:{'b' * 64}\n"
    )
    (first, second) = sbom.wheels(pins)
    assert (first.name, first.version, first.purl) == ("h2", "4.3.0", "pkg:pypi/h2@4.3.0")
    assert first.source.endswith(digest)
    assert second.purl == "pkg:pypi/pyyaml@6.0.3"


def test_a_document_says_what_is_inside_and_what_built_it() -> None:
    rows = [("libc6", "2.41-12", "c" * 64), ("gcc-14", "14.2.0+x", "d" * 64)]
    parts = list(sbom.debian(rows, {"libc6"}))
    first, again = sbom.document(parts, "x"), sbom.document(reversed(parts), "x")
    assert first == again
    found = json.loads(first)
    assert (found["spdxVersion"], found["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    related = {
        (one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"])
        for one in found["relationships"]
    }
    assert related == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-ichor"),
        ("SPDXRef-ichor", "CONTAINS", "SPDXRef-deb-libc6-2.41-12"),
        ("SPDXRef-deb-gcc-14-14.2.0-x", "BUILD_DEPENDENCY_OF", "SPDXRef-ichor"),
    }
    by_id = {one["SPDXID"]: one for one in found["packages"]}
    assert len(by_id) == 3
    gcc = by_id["SPDXRef-deb-gcc-14-14.2.0-x"]
    assert gcc["externalRefs"][0]["referenceLocator"].endswith("gcc-14@14.2.0%2Bx?arch=amd64")
    assert gcc["checksums"] == [{"algorithm": "SHA256", "checksumValue": "d" * 64}]


def test_what_is_compiled_is_inside_by_its_source_package() -> None:
    name = "python3.13.orig.tar.xz"
    assert release.is_source(name)
    assert release.is_source("linux-source-6.12")
    assert not release.is_source("libpython3.13")
    (one,) = sbom.debian([(name, "3.13.5-2+deb13u5", "c" * 64)], {name})
    assert one.purl == "pkg:deb/debian/python3.13@3.13.5-2%2Bdeb13u5?arch=source"
    assert one.is_inside


# SPDX 2.3: 6.3, 7.2 (ids), 6.5 (namespace), 6.9 (created), 7 (fields that are mandatory), 11.1.
def test_a_document_has_what_spdx_asks_for() -> None:
    rows = [("libc6", "1:2.41~x+12", "c" * 64), ("python3.13.orig.tar.xz", "3.13", "d" * 64)]
    parts = [*sbom.debian(rows, {"libc6"}), *sbom.modules({"runc": TOLD})]
    found = json.loads(sbom.document(parts, "x"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["creationInfo"]["created"])
    assert all(one.startswith("Tool: ") for one in found["creationInfo"]["creators"])
    namespace = urlsplit(found["documentNamespace"])
    assert namespace.scheme
    assert not namespace.fragment
    ids = [found["SPDXID"], *(one["SPDXID"] for one in found["packages"])]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one) for one in ids)
    for one in found["packages"]:
        assert {"name", "SPDXID", "downloadLocation"} <= one.keys()
        assert one["filesAnalyzed"] is False
        for checksum in one.get("checksums", ()):
            assert re.fullmatch(r"[0-9a-f]{64}", checksum["checksumValue"])
    for one in found["relationships"]:
        assert {one["spdxElementId"], one["relatedSpdxElement"]} <= set(ids)


def test_packages_that_a_step_needs_are_found_through_others() -> None:
    low = Step("debian/low", lambda out: None)
    middle = Step("python/x", lambda out: None, needs=(low,))
    top = Step("root/tree", lambda out: None, needs=(middle, Step("debian/high", lambda out: None)))
    assert release.closure(top) == {"low", "high"}


def test_an_artefact_is_its_digest_and_size(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert release.artefact(tmp_path / "x") == Artefact(sha256=digest, size=3)
