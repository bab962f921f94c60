"""Metrics: what each controller did so far, counted by the engine."""

from collections.abc import Mapping

from msgspec import Struct


class Metrics(Struct):
    """runs: calls that ended, also in failure. seconds: spent in them, waiting of ports included.

    actions: applied by an Actuator.
    """

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    actions: int = 0


class EngineMetrics(Struct, frozen=True, kw_only=True):
    """queue: controllers that wait to run. failing: scopes that wait for their next try."""

    controllers: Mapping[str, Metrics]
    queue: int
    failing: int
