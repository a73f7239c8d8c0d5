"""Target of a command: a deployed app, or a folder of this machine."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.errors import WrongUsageError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """Options that say where a command runs; None = not set.

    Attributes:
        url: scheme and host of a deployed app; None = this machine.
        key: function key of the app.
        output_dir: folder of the store and of the host's journal.
        store: ``folder`` or ``blob``.
        offline: use the model simulator.
        faults: file with faults of the simulator.

    Raises:
        WrongUsageError: the options contradict each other.
    """

    url: str | None = None
    key: str | None = None
    output_dir: Path | None = None
    store: str | None = None
    offline: bool = False
    faults: Path | None = None

    def __post_init__(self) -> None:
        local_options: dict[str, Any] = {
            "--output-dir": self.output_dir,
            "--store": self.store,
            "--offline": self.offline,
            "--faults": self.faults,
        }
        given = [flag for flag, value in local_options.items() if value]
        if self.url is not None and given:
            raise WrongUsageError(
                f"{given[0]} is for this machine, and --url is for a deployed app; expected one of the two"
            )
        if self.faults is not None and not self.offline:
            raise WrongUsageError("--faults requires --offline")
        if self.url is not None:
            check_url(self.url)

    @property
    def origin(self) -> str:
        """Scheme and host of the deployed app."""
        url = urlsplit(self.url or "")
        return f"{url.scheme}://{url.netloc}"

    @property
    def flags(self) -> str:
        """The options as text for an advised command, each after a space; without the key."""
        return self._format_flags({"--faults": self.faults})

    @property
    def store_flags(self) -> str:
        """The options that a command needs to find the same store and providers, as text like ``flags``."""
        return self._format_flags({})

    @property
    def place_flags(self) -> str:
        """The options that a command without a model needs to find the same store, as text like ``flags``."""
        return self._format_options({})

    def _format_flags(self, more: Mapping[str, object]) -> str:
        return (" --offline" if self.offline else "") + self._format_options(more)

    def _format_options(self, more: Mapping[str, object]) -> str:
        given = {"--url": self.url, "--output-dir": self.output_dir, "--store": self.store, **more}
        return "".join(f" {flag} {shlex.quote(str(value))}" for flag, value in given.items() if value is not None)

    def list_settings(self) -> dict[str, str]:
        """Return the settings that the options override, by name."""
        given = {
            "FUNCTIONS_KEY": self.key,
            "OUTPUT_DIR": None if self.output_dir is None else str(self.output_dir),
            "STORE": self.store,
        }
        return {name: value for name, value in given.items() if value is not None}


def check_url(value: str) -> None:
    """Check the URL of a deployed app; requires https, because calls carry the function key.

    Raises:
        WrongUsageError: the URL cannot be used.
    """
    try:
        url = urlsplit(value)
        host = url.hostname
    except ValueError:
        url, host = urlsplit(""), None
    if url.scheme not in {"http", "https"} or not host:
        raise WrongUsageError(f"--url: {value!r}; expected a URL such as https://NAME.azurewebsites.net")
    if url.scheme == "http" and host not in LOOPBACK_NAMES:
        raise WrongUsageError(f"--url: {value!r}; expected https:// (http:// only for this machine)")
