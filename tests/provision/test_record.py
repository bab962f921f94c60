"""Records: what is written is read, damage and newer schemas are told, two writers exclude."""

from pathlib import Path

import pytest

from ichor.errors import Conflict, FormatError, NotFound
from ichor.provision import record
from ichor.provision.bounded import BoundedLog
from ichor.provision.provisioner import Request, plan

pytestmark = pytest.mark.usefixtures("state")


def saved(name: str = "dev") -> record.Cluster:
    cluster = plan(Request(name=name, root=Path("/image")), free=lambda _: True)
    record.save(cluster)
    return cluster


def test_a_record_reads_back_and_is_listed() -> None:
    cluster = saved()
    assert record.load("dev") == cluster
    assert record.names() == ["dev"]
    assert not record.load("dev").ready
    assert record.ready(cluster).ready


def test_a_record_is_for_its_owner_only() -> None:
    saved()
    directory = record.cluster_directory("dev")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / "cluster.json").stat().st_mode & 0o777 == 0o600


def test_promised_ports_outlive_the_processes_that_held_them() -> None:
    cluster = saved()
    wanted = {each.listen for node in cluster.nodes for each in node.forwards}
    assert record.promised_ports() == wanted


def test_what_is_not_there_damaged_or_newer_is_told_apart() -> None:
    assert record.names() == []
    with pytest.raises(NotFound):
        record.load("dev")
    saved()
    path = record.cluster_directory("dev") / "cluster.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2', 1))
    with pytest.raises(FormatError, match="schema 1 or older"):
        record.load("dev")
    path.write_text("{")
    with pytest.raises(FormatError, match="a record of a cluster"):
        record.load("dev")


def test_the_lock_excludes_and_goes_with_the_cluster(state: Path) -> None:
    with record.locked("dev"):
        other = record.locked("dev")
        with pytest.raises(Conflict, match="being changed"):
            other.__enter__()
    assert not (state / "clusters/dev.lock").exists()
    saved()
    with record.locked("dev"), record.locked("other"):
        assert (state / "clusters/dev.lock").exists()
    assert (state / "clusters/dev.lock").exists()


def test_a_log_never_holds_more_than_two_files_of_its_limit(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log", limit=100)
    for number in range(50):
        log.write(b"%09d\n" % number)
    log.close()
    text = (tmp_path / "log.1").read_text() + (tmp_path / "log").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert text.endswith("000000049\n")
    assert len(text) <= 200
