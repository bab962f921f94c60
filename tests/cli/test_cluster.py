"""`ichor cluster`: what it prints and refuses, without making anything."""

import json
from pathlib import Path

import pytest

from ichor.cli.main import main
from ichor.cli.phases import Display
from ichor.provision import record
from ichor.provision.provisioner import Phase, Request, plan

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path))


def test_phases_are_told_with_their_seconds(capsys: Output) -> None:
    done: list[str] = []
    Display().run([Phase("one", lambda: done.append("1")), Phase("two", lambda: done.append("2"))])
    printed = capsys.readouterr().out.splitlines()
    assert done == ["1", "2"]
    assert [line.split()[0] for line in printed] == ["one", "two", "sum"]
    assert all(line.endswith(" s") for line in printed)


def test_a_phase_that_fails_is_the_last(capsys: Output) -> None:
    def fail() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        Display().run([Phase("one", fail), Phase("two", fail)])
    assert capsys.readouterr().out.split()[-1] == "failed"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["create", "--name", "A", "--root", "x"], "DNS label", id="name"),
        pytest.param(["create", "--root", "x"], "no root image", id="no-root"),
        pytest.param(["create", "--root", "x", "--wait-timeout", "1y"], "no duration", id="wait"),
        pytest.param(["create", "--root", "x", "--subnet", "x"], "no IPv4 subnet", id="subnet"),
        pytest.param(["create", "--root", "x", "--iso"], "have no firmware", id="iso"),
        pytest.param(["create", "--root", "x", "--images", "pull"], "no way to", id="pull"),
        pytest.param(["destroy", "--name", "../x"], "DNS label", id="destroy-name"),
        pytest.param(["stop", "--name", "none"], "this host has none", id="unknown"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(argv: list[str], message: str, capsys: Output) -> None:
    assert main(["cluster", *argv]) == 1
    errors = capsys.readouterr().err
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_what_this_host_refuses_is_refused_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICHOR_CACHE", str(tmp_path / "cache"))
    record.save(plan(Request(name="dev", root=Path("/image")), free=lambda _: True))
    assert main(["cluster", "create", "--name", "dev"]) == 1
    assert not (tmp_path / "cache").exists()


def test_a_refusal_of_the_kernel_is_said_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ICHOR_STATE", str(tmp_path / "file"))
    assert main(["cluster", "list"]) == 1
    assert capsys.readouterr().err == (
        f"error: [Errno 20] Not a directory: '{tmp_path}/file/clusters'\n"
    )


def test_list_and_env_read_the_record(capsys: Output) -> None:
    record.save(plan(Request(name="dev", root=Path("/image")), free=lambda _: True))
    assert main(["cluster", "list"]) == 0
    assert main(["cluster", "env", "--name", "dev"]) == 0
    printed = capsys.readouterr().out
    assert "unfinished" in printed
    assert main(["cluster", "show", "--name", "dev", "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["status"] == {"dev-controlplane-1": None, "dev-worker-1": None}
    assert shown["cluster"]["nodes"][0]["address"] == "10.5.0.2"
    assert "export TALOSCONFIG=" in printed
