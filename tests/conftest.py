"""What all tests stand on, whoever runs them.

Counterexamples are looked for in one way, without a clock, a memory or luck. derandomize: the same
examples on each run, so that a gate that was green stays green. too_slow: the machine may be busy.

Every decision that any test has a controller take is watched: controllers touch nothing.

Who was begun in the background of a shell ignores SIGINT, and so would all programs under test.
"""

import signal

from hypothesis import HealthCheck, settings

from ichor.testing.purity import keep_pure

signal.signal(signal.SIGINT, signal.default_int_handler)

keep_pure("ichor.controllers")
settings.register_profile(
    "ichor",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("ichor")
