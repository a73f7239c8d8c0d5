"""CPU time and memory of this process, and a description of the machine."""

import os
import platform
import sys
from pathlib import Path
from typing import Any

PROC = Path("/proc")
PROC_CPU = Path("/proc/cpuinfo")


def read_cpu_seconds() -> float:
    """Return the CPU time of this process, system time included."""
    times = os.times()
    return times.user + times.system


def read_peak_memory_mb() -> float | None:
    """Return the peak memory of this process in MB (10**6 bytes); None if the system does not report it."""
    if (peak := _read_status("self", "VmHWM")) is not None:
        return peak
    try:
        import resource  # noqa: PLC0415 - missing on Windows
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest * (1 if sys.platform == "darwin" else 1024) / 1e6


def read_memory_mb(pid: int) -> float | None:
    """Return the resident memory of a process in MB; None if it has ended, or the system does not report it."""
    return _read_status(str(pid), "VmRSS")


def _read_status(process: str, name: str) -> float | None:
    try:
        lines = (PROC / process / "status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields[name].split()[0]) * 1024 / 1e6 if name in fields else None


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, system and Python version."""
    return {
        "cores": os.cpu_count(),
        "processor": _read_processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _read_processor() -> str:
    if PROC_CPU.exists():
        for line in PROC_CPU.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
