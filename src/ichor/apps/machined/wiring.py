"""Who meets whom: the controllers of a node, each with the adapter it gets there.

Whether the node is a container is decided here and nowhere else.
"""

from dataclasses import dataclass

from ichor.apps.machined import joining, kubernetes, networking, operating
from ichor.apps.machined.kubernetes import KubernetesAdapters
from ichor.controllers.config.current import current
from ichor.controllers.config.decode import decode
from ichor.controllers.config.machine_type import machine_type
from ichor.controllers.cri.config import cri_config
from ichor.controllers.cri.hosts import hosts
from ichor.controllers.cri.image_cache import image_cache, registryd_service
from ichor.controllers.cri.registries import registries
from ichor.controllers.cri.service import configured_cri_service, cri_service
from ichor.controllers.files.apply import Place, file_apply
from ichor.controllers.files.etc_apply import etc_apply
from ichor.controllers.network.etc_files import etc_files
from ichor.controllers.network.hostname import hostname
from ichor.controllers.network.hostname_apply import hostname_apply
from ichor.controllers.network.hostname_config import hostname_config
from ichor.controllers.network.node_address import node_addresses
from ichor.controllers.network.watch import network_watch
from ichor.controllers.runtime.api_service import api_service
from ichor.controllers.runtime.apid_service import apid_service
from ichor.controllers.runtime.environment import environment
from ichor.controllers.runtime.health import health
from ichor.controllers.runtime.kernel_param import (
    kernel_param_defaults,
    kernel_param_machine_defaults,
)
from ichor.controllers.runtime.os_release import os_release
from ichor.controllers.runtime.service import service
from ichor.controllers.runtime.services import services
from ichor.controllers.secrets.api import api
from ichor.controllers.secrets.api_request import api_request
from ichor.controllers.secrets.api_sans import api_sans
from ichor.controllers.secrets.issuance import issuance
from ichor.controllers.secrets.maintenance import maintenance
from ichor.controllers.secrets.os_root import os_root
from ichor.controllers.secrets.trusted_roots import trusted_roots
from ichor.controllers.security.image_verification import image_verification
from ichor.controllers.time.status import time_status
from ichor.cosi.controller import Controller
from ichor.ports.etc import Etc
from ichor.ports.file import Files
from ichor.ports.health import Health
from ichor.ports.issuance import Issuance
from ichor.ports.network import Networks
from ichor.ports.service import Services
from ichor.ports.uts import Uts


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """The world as a node's controllers get it. machine: what a machine has besides,

    None in a container, which does not even import it. runs_pods: False on a boot medium.
    """

    etc: Etc
    health: Health
    issuance: Issuance
    joining: joining.JoiningWorld
    network: Networks
    networking: networking.NetworkWorld
    system_files: Files
    kubernetes_files: Files
    kubernetes: KubernetesAdapters
    config_files: Files
    operating: operating.OperatingWorld
    services: Services
    uts: Uts
    machine: tuple[Controller, ...] | None = None
    runs_pods: bool = True


def controllers(world: Adapters) -> tuple[Controller, ...]:
    """Give the controllers of a node."""
    return (
        current,
        decode,
        machine_type,
        os_root,
        api_sans,
        api_request,
        api,
        maintenance,
        issuance(world.issuance),
        *joining.controllers(world.joining),
        network_watch(world.network),
        hostname_config,
        hostname,
        hostname_apply(world.uts),
        node_addresses,
        etc_files,
        trusted_roots,
        etc_apply(world.etc),
        file_apply("files.System", Place("/system/secrets", exclusive=True), world.system_files),
        file_apply("files.Config", Place("/system/config", exclusive=True), world.config_files),
        file_apply("files.Kubernetes", Place("/etc/kubernetes"), world.kubernetes_files),
        *networking.controllers(world.networking),
        image_cache,
        registryd_service,
        registries,
        hosts,
        image_verification,
        environment,
        cri_config,
        *_runtime(world),
        kernel_param_defaults if world.machine is None else kernel_param_machine_defaults,
        os_release,
        api_service,
        apid_service,
        services(world.services),
        health(world.health),
        service,
        *kubernetes.controllers(world.kubernetes),
        *operating.controllers(world.operating),
        *((time_status,) if world.machine is None else world.machine),
    )


def _runtime(world: Adapters) -> tuple[Controller, ...]:
    if not world.runs_pods:
        return ()
    return (cri_service if world.machine is None else configured_cri_service,)
