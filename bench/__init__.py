"""Benchmarks: ``make bench``. They print metrics and assert nothing.

Each case runs a workload in a fresh process (the app on the durable emulator, or a plain script) against the model
simulator in another process. `cases` lists them, `measure` runs one, `metrics` calculates, and `report` writes
``docs/performance.md``.
"""
