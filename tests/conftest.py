"""One way of looking for counterexamples: without a clock, a memory or luck.

derandomize: the same examples on each run, so that a gate that was green stays green.
too_slow: the machine may be busy.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ichor",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("ichor")
