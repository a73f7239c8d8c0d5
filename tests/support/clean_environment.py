"""The environment of the tests: without the settings of the machine that runs them."""

import os

from shared.settings_table import SETTINGS

TERMINAL = ("COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "LINES", "NO_COLOR", "PY_COLORS")
"""Change the output of commands."""

PROXIES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY")
"""Lead calls of the loopback interface elsewhere."""


def remove_settings() -> None:
    """Remove the variables that change what the app or its commands do, from this process and those that it starts."""
    names = {setting.name for setting in SETTINGS} | {setting.earlier_name for setting in SETTINGS} - {None}
    for name in (*names, *TERMINAL, *PROXIES, *map(str.lower, PROXIES)):
        os.environ.pop(str(name), None)
