"""Methods as descriptors tell them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.empty_pb2 import Empty

from ichor.proto.common import common_pb2
from ichor.proto.machine import machine_pb2
from ichor.proto.methods import methods


def test_a_method_knows_its_path_its_messages_and_what_streams() -> None:
    logs = methods(machine_pb2, "MachineService")["Logs"]
    assert logs.path == "/machine.MachineService/Logs"
    assert logs.request is machine_pb2.LogsRequest
    assert logs.response is common_pb2.Data
    assert (logs.client_streaming, logs.server_streaming) == (False, True)


def test_a_well_known_request_is_protobufs_own_class() -> None:
    assert methods(machine_pb2, "MachineService")["Version"].request is Empty


def test_a_service_of_another_package_is_not_found() -> None:
    with pytest.raises(KeyError):
        methods(machine_pb2, "TimeService")


def test_the_machine_api_brings_in_no_message_of_a_peer() -> None:
    code = "import sys; from ichor.proto.machine import machine_pb2; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    ours = {name for name in done.stdout.split() if name.endswith("_pb2") and "ichor" in name}
    assert ours == {
        f"ichor.proto.{name}_pb2"
        for name in ("common.common", "google.rpc_status", "machine.machine")
    }
