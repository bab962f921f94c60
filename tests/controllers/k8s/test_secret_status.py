"""A renewal leaves pods alone where their programs notice it, and replaces them where not."""

import json
from base64 import b64encode

from ichor.config.secret import Secret
from ichor.controllers.k8s import apiserver, scheduler
from ichor.controllers.k8s.secret_files import StatusInputs, beside, status
from ichor.cosi.resource import Resource, resource
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.k8s.controlplane import SecretStatus

SERVING, ACCOUNT = f"{apiserver.SECRETS}/apiserver.crt", f"{apiserver.SECRETS}/service-account.key"


def wanted(**contents: str) -> list[Resource[FileSpec]]:
    paths = {"serving": SERVING, "account": ACCOUNT}
    return [
        resource(FileSpec(content=Secret(text)), paths[name]) for name, text in contents.items()
    ]


def version(files: list[Resource[FileSpec]], written: dict[str, FileStatus]) -> str:
    found = [one.spec for one in status(StatusInputs(wanted=files, written=written))]
    assert all(isinstance(one, SecretStatus) for one in found)
    return found[0].version if found and isinstance(found[0], SecretStatus) else ""


def all_of(files: list[Resource[FileSpec]]) -> dict[str, FileStatus]:
    return {one.id: FileStatus(spec_version=one.metadata.version) for one in files}


def test_a_certificate_its_reader_watches_changes_no_version() -> None:
    before, after = wanted(serving="1", account="k"), wanted(serving="2", account="k")
    assert version(before, all_of(before)) == version(after, all_of(after)) != ""


def test_while_such_a_certificate_is_being_written_the_pods_stay() -> None:
    files = wanted(serving="2", account="k")
    stale = {**all_of(files), SERVING: FileStatus(spec_version=0)}
    assert version(files, stale) == version(files, all_of(files))


def test_a_key_read_only_at_a_start_changes_the_version_once_it_is_written() -> None:
    before, after = wanted(serving="1", account="k"), wanted(serving="1", account="l")
    assert version(before, all_of(before)) != version(after, all_of(after))
    assert version(after, {**all_of(after), ACCOUNT: FileStatus(spec_version=0)}) == ""


def test_no_pod_before_all_files_are_there() -> None:
    files = wanted(serving="1", account="k")
    assert version(files, {ACCOUNT: all_of(files)[ACCOUNT]}) == ""


def test_a_kubeconfig_names_files_so_that_its_certificate_can_be_renewed() -> None:
    def written(certificate: str) -> str:
        user = {
            "client-certificate-data": b64encode(certificate.encode()).decode(),
            "client-key-data": b64encode(b"key").decode(),
        }
        return json.dumps({"users": [{"name": "s", "user": user}]})

    one, two = (beside(scheduler.SECRETS, written(text)) for text in ("a", "b"))
    assert (one["client.crt"], two["client.crt"], one["client.key"]) == ("a", "b", "key")
    assert one["kubeconfig"] == two["kubeconfig"]
    assert f"{scheduler.SECRETS}/client.crt" in one["kubeconfig"]
