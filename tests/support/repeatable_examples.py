"""Property tests whose examples depend on nothing but the test.

Hypothesis also draws constants that it reads in the source of the local modules that are loaded. Those depend on the
tests that ran before in the same process, so even derandomized tests would get other examples in another order, and
strategies would change when code under test imports a module. No setting turns that off.
"""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

_MODULE_FILTER = "is_local_module_file"
"""Decides whose constants are collected. test_repeatable_examples.py fails if a release of Hypothesis renames it."""


def use_repeatable_examples() -> None:
    """Load the settings of all property tests. Call it before any test declares its own settings."""
    if hasattr(providers, _MODULE_FILTER):
        setattr(providers, _MODULE_FILTER, lambda _path: False)
    settings.register_profile(
        "repeatable",
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],  # measures time, which other processes may take
    )
    settings.load_profile("repeatable")
