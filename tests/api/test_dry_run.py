"""A dry run says what would change, and keeps every secret to itself."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from tests.api.serving import CLOCK, memory, serving

from ichor.api.machine.configuration import ConfigurationService
from ichor.config import bundle, encode, generate
from ichor.config.container import Config
from ichor.config.diff import secrets_of
from ichor.cosi.resource import resource
from ichor.cosi.state import find_all
from ichor.pki.roles import Role
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.generation import ConfigGeneration


def drawn() -> Config:
    secrets = bundle.generate(now=datetime.now(UTC), entropy=os.urandom)
    asked = generate.Request(cluster_name="c1", endpoint="https://10.0.0.2:6443")
    return generate.control_plane(asked, secrets)


def secrets_in(config: Config) -> list[str]:
    return [text for document in config.documents for text in secrets_of(document)]


def test_a_dry_run_shows_no_secret_and_stores_nothing(tmp_path: Path) -> None:
    before, after = drawn(), drawn()
    state = memory()
    state.create(resource(ActiveConfig(value=before), ID))
    served = ConfigurationService(state, lambda _: frozenset({Role.ADMIN}), CLOCK.now, "container")
    request = pb.ApplyConfigurationRequest(
        data=encode.encode(after).encode(), mode=pb.ApplyConfigurationRequest.AUTO, dry_run=True
    )

    async def run() -> str:
        async with serving(tmp_path, served.handlers()) as node:
            response = pb.ApplyConfigurationResponse
            reply = await node.call("ApplyConfiguration", request, response)
        return reply.messages[0].mode_details

    details = asyncio.run(run())
    assert "<secret, changed>" in details
    assert not [text for text in (*secrets_in(before), *secrets_in(after)) if text in details]
    assert not find_all(state, ConfigGeneration)
