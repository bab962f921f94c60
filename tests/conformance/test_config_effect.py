"""A setting that is accepted is acted upon: nothing of a configuration is silently ignored.

Each field of each document is changed, alone, to other values that are accepted, on a control
plane in a container and on a worker that is a machine, both at rest. The plan of that change, made
of the product's controllers and models, must have an action: a file written, a service started, a
pod offered, a certificate asked for. What would change within the store alone does not count.

Whoever adds a field adds what it does, or puts it among the UNSUPPORTED of its class.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from tests.conformance.documents import base
from tests.conformance.nodes import CONFIGURATION, connected, settled
from tests.conformance.variants import Leaf, leaves, variants

from ichor.apps.machined.offline import MODELS
from ichor.config.encode import encode
from ichor.config.registry import KINDS
from ichor.controllers.network.etc_files import etc_files
from ichor.cosi.controller import Controller
from ichor.cosi.memory import Memory
from ichor.cosi.modelled import Seeds
from ichor.cosi.plan import Plan, predict, seed
from ichor.cosi.state import State
from ichor.resources.config.generation import ConfigGeneration
from ichor.testing.engine import START

MACHINES = ("controlplane", "worker")
TRIES = 6  # values of a field; not every address is another one's neighbour
# No action of a controller follows at once: what is done with it, and where.
ELSEWHERE = {
    **dict.fromkeys(
        (
            "DHCPv4Config.route_metric",
            "DHCPv4Config.ignore_hostname",
            "DHCPv4Config.ignore_routes",
        ),
        "what a lease offers is offered so: controllers/network/dhcp4.py",
    ),
    "v1alpha1.machine.token": "who joins is asked for it: controllers/secrets/join_token.py",
    "v1alpha1.cluster.admin_kubeconfig.cert_lifetime": "signed for so long: api/machine/access.py",
    **dict.fromkeys(
        (
            "v1alpha1.machine.install.disk",
            "v1alpha1.machine.install.disk_selector",
            "v1alpha1.machine.install.image",
            "v1alpha1.machine.install.extra_kernel_args",
            "v1alpha1.machine.install.wipe",
            "v1alpha1.machine.install.legacy_bios_support",
            "v1alpha1.machine.install.grub_use_uki_cmdline",
        ),
        "on a boot medium: controllers/runtime/installation.py, or config/validate.py refuses it",
    ),
    **dict.fromkeys(
        (
            "UnattendedInstallConfig.reboot",
            "UnattendedInstallConfig.installer.image",
            "UnattendedInstallConfig.provisioning.wipe",
        ),
        "on a boot medium: controllers/runtime/installation.py; a container skips it",
    ),
    **dict.fromkeys(
        (
            "VolumeConfig.mount.secure",
            "VolumeConfig.provisioning.grow",
            "VolumeConfig.provisioning.min_size",
            "VolumeConfig.provisioning.max_size",
            "VolumeConfig.encryption.keys.slot",
            "VolumeConfig.encryption.keys.static.passphrase",
            "VolumeConfig.encryption.keys.lock_to_state",
            "VolumeConfig.encryption.keys.tpm.options.pcrs",
            "VolumeConfig.encryption.keys.tpm.check_secureboot_status_on_enroll",
            "VolumeConfig.encryption.key_size",
            "VolumeConfig.encryption.block_size",
            "VolumeConfig.encryption.options",
            "VolumeConfig.encryption.allow_discards",
        ),
        "when volumes are made: controllers/block/provision.py; a container skips it",
    ),
    **dict.fromkeys(
        (
            "ImageVerificationConfig.rules.image",
            "ImageVerificationConfig.rules.public_key.certificate",
        ),
        "asked for each image that is about to be pulled: api/verification.py",
    ),
    "FilesystemTrimConfig.interval": "config/validate.py says that a container skips it",
}
# The other value that is accepted means the same.
SAME = frozenset(
    {
        "v1alpha1.machine.type",  # `init` is the old name of a control plane
        "v1alpha1.machine.features.rbac",
        "v1alpha1.machine.features.apid_check_ext_key_usage",
        # What such links have by themselves.
        "VLANConfig.multicast",
        "BondConfig.multicast",
        "BridgeConfig.multicast",
        "VethConfig.multicast",
        "VethConfig.peer.multicast",
    }
)
# Only one value is accepted, the others are refused as known and not supported yet.
SETTLED = frozenset(
    {
        # A rule has one of these or publicKey, none is set alone: tests/api/test_verification.py
        "ImageVerificationConfig.rules.skip",
        "ImageVerificationConfig.rules.deny",
        "v1alpha1.version",
        "v1alpha1.debug",
        "v1alpha1.persist",
        "SecurityProfileConfig.workload_isolation",
        "ResolverConfig.nameservers.protocol",
        "TimeSyncConfig.ntp.use_nts",
        "DHCPv6Config.client_identifier",  # it goes with a DUID, or without
        "KubeProxyConfig.mode",
        "KubeFlannelCNIConfig.backend_type",
        "VolumeConfig.provisioning.disk_selector.match",
        "UnattendedInstallConfig.provisioning.disk_selector.match",
        "VolumeConfig.encryption.provider",
        "VolumeConfig.encryption.cipher",
    }
)


class Node(NamedTuple):
    """At rest: what it holds, who acts on it, and what they observed last."""

    state: Memory
    controllers: Sequence[Controller]
    seeds: Seeds


@cache
def node(machine: str) -> Node:
    text, is_container = encode(base(machine)), machine == "controlplane"
    controllers = connected(is_container=is_container)
    settled(machine, controllers, text, is_container=is_container)
    # A second life finds the links that the first one made.
    world = settled(machine, controllers, text, is_container=is_container)
    return Node(world.state, controllers, asyncio.run(seed(controllers)))


def plan(at: Node, text: str) -> Plan:
    """Give what would be done with another configuration."""

    def change(state: State) -> None:
        held = state.find(CONFIGURATION)
        assert held is not None
        state.update(replace(held, spec=ConfigGeneration(text=text, applied=START)))

    made = predict(at.state, at.controllers, at.seeds, MODELS, change, now=START)
    assert made.failures == {}
    return made


class Tried(NamedTuple):
    """values: how many others were accepted. actors: the Actuators that would do something."""

    values: int
    actors: frozenset[str] = frozenset()


def tried(machine: str, leaf: Leaf) -> Tried:
    count = 0
    for count, text in enumerate(islice(variants(base(machine), leaf), TRIES), start=1):
        actors = frozenset(action.controller for action in plan(node(machine), text).actions)
        if actors:
            return Tried(count, actors)
    return Tried(count)


def found(kind: str) -> Mapping[str, Sequence[Tried]]:
    """Give what became of each field of a kind, on whichever machine has it; once is enough."""
    fields: dict[str, list[Tried]] = {}
    for machine in MACHINES:
        for leaf in leaves(base(machine)):
            tries = fields.setdefault(leaf.name, []) if of_kind([leaf.name], kind) else None
            if tries is not None and not any(one.actors for one in tries):
                tries.append(tried(machine, leaf))
    return fields


def of_kind(names: Collection[str], kind: str) -> set[str]:
    return {name for name in names if name.partition(".")[0] == kind}


@pytest.mark.parametrize("kind", KINDS)
def test_every_accepted_field_is_acted_upon(kind: str) -> None:
    fields = found(kind)
    assert fields
    fixed = {name for name, tries in fields.items() if not any(one.values for one in tries)}
    assert fixed == of_kind(SETTLED, kind)
    idle = {name for name, tries in fields.items() if not any(one.actors for one in tries)}
    assert idle - fixed == of_kind({*ELSEWHERE, *SAME}, kind)


@pytest.mark.parametrize("machine", MACHINES)
def test_what_says_nothing_changes_nothing(machine: str) -> None:
    text = encode(base(machine)) + "\n# a comment\n"
    assert plan(node(machine), text).actions == ()


def test_a_field_without_its_controller_is_noticed() -> None:
    (leaf,) = (one for one in leaves(base("worker")) if one.name == "StaticHostConfig.hostnames")
    assert tried("worker", leaf).actors == {"files.EtcApply"}
    (text, *_) = variants(base("worker"), leaf)
    whole = node("worker")
    without = whole._replace(controllers=[one for one in whole.controllers if one is not etc_files])
    assert plan(without, text).actions == plan(without, encode(base("worker"))).actions
