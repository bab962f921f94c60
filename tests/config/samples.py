"""Configurations for tests: generated from a fixed seed, so nothing in them is left to luck."""

import functools
import random
from datetime import UTC, datetime

from ichor.config import bundle, generate
from ichor.config.bundle import Bundle
from ichor.config.container import Config
from ichor.config.versions import images
from ichor.pki.leaf import Algorithm

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@functools.cache
def secrets(seed: int = 1) -> Bundle:
    entropy = random.Random(seed).randbytes
    return bundle.generate(now=NOW, entropy=entropy, service_account=Algorithm.P256)


def request(discovery: str = "") -> generate.Request:
    return generate.Request(
        cluster_name="CLUSTER",
        endpoint="https://192.0.2.1:6443",
        images=images("pull", "1.37.0"),
        discovery=discovery,
    )


def control_plane(discovery: str = "") -> Config:
    return generate.control_plane(request(discovery), secrets())


def worker(discovery: str = "") -> Config:
    return generate.worker(request(discovery), secrets())
