"""Parses the values of settings: text of the environment to numbers, choices, sizes, URLs and prices.

A message names the setting, the value and what is expected. It never repeats a value that may be a key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError

from shared.errors import CatalogSeederError
from shared.models.price_files import load_prices, read_price_overrides
from shared.models.prices import PriceList
from shared.runs.request import check_image_size, describe_validation_error
from shared.settings_table import SETTINGS_BY_NAME

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

BOOLEANS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class SettingError(CatalogSeederError):
    """A setting is missing or its value cannot be used.

    Attributes:
        setting: name of the environment variable.
    """

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(f"{setting} {message}")
        self.setting = setting


@dataclass(frozen=True, slots=True)
class SettingValues:
    """Reads settings of the table by name; blank values count as absent.

    Attributes:
        environment: values by variable name.
    """

    environment: Mapping[str, str]

    def find_text(self, name: str) -> str | None:
        """Return the stripped value, or None if it is absent."""
        earlier_name = SETTINGS_BY_NAME[name].earlier_name
        value = self.environment.get(name, "").strip()
        return value or (self.environment.get(earlier_name, "").strip() if earlier_name else "") or None

    def read_text(self, name: str) -> str:
        """Return the value or the default of the table."""
        return self.find_text(name) or SETTINGS_BY_NAME[name].default or ""

    def find_number(self, name: str) -> int | None:
        """Return a whole number within the range of the table, or None if it is absent."""
        value, setting = self.find_text(name), SETTINGS_BY_NAME[name]
        if value is None:
            return None
        minimum, maximum = setting.minimum or 0, setting.maximum or 10**9
        if not re.fullmatch(r"[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
            raise SettingError(name, f"is {value!r}; expected a whole number from {minimum} to {maximum}")
        return int(value)

    def read_number(self, name: str) -> int:
        """Return a whole number within the range of the table, or its default."""
        number = self.find_number(name)
        return int(SETTINGS_BY_NAME[name].default or 0) if number is None else number

    def find_boolean(self, name: str) -> bool | None:
        """Return True or False, or None if the value is absent."""
        value = (self.find_text(name) or "").lower()
        if value and value not in BOOLEANS:
            raise SettingError(name, f"is {value!r}; expected true or false")
        return BOOLEANS.get(value)

    def find_choice(self, name: str) -> str | None:
        """Return the choice of the table that the value spells, or None if it is absent."""
        value, choices = self.find_text(name), SETTINGS_BY_NAME[name].choices
        if value is None:
            return None
        for choice in choices:
            if choice.casefold() == value.casefold():
                return choice
        raise SettingError(name, f"is {value!r}; expected one of {', '.join(choices)}")

    def read_choice(self, name: str, *, in_azure: bool = False) -> str:
        """Return the choice of the table that the value spells, or the default."""
        setting = SETTINGS_BY_NAME[name]
        default = setting.default_in_azure if in_azure and setting.default_in_azure else setting.default
        return self.find_choice(name) or default or ""

    def read_pairs(self, name: str) -> dict[str, str]:
        """Return ``Name=value;Name=value`` by lower-case name; a part without ``=`` has an empty value."""
        parts = (part.partition("=") for part in (self.find_text(name) or "").split(";") if part.strip())
        return {key.strip().casefold(): value.strip() for key, _, value in parts}

    def find_image_size(self, name: str) -> str | None:
        """Return an image size such as ``1024x1024``; one number stands for both sides."""
        value = self.find_text(name)
        if value is None:
            return None
        try:
            return check_image_size(f"{value}x{value}" if "x" not in value else value)
        except ValueError as error:
            raise SettingError(name, f"is {value!r}; one number stands for both sides: {error}") from error

    def read_prices(self, name: str) -> PriceList:
        """Return the price list, with the overrides of the setting."""
        value = self.find_text(name)
        if value is None:
            return load_prices()
        origin = "the JSON object" if value.startswith("{") else value
        try:
            return read_price_overrides(value)
        except OSError as error:
            problem = f"is {value[:80]!r}, which cannot be read ({error.strerror or error})"
            raise SettingError(name, f"{problem}; expected a JSON object, or the path of a JSON file") from error
        except ValidationError as error:
            problems = "; ".join(f"{wrong['field']}: {wrong['message']}" for wrong in describe_validation_error(error))
            raise SettingError(name, f"cannot be used: {origin}: {problems}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise SettingError(name, f"cannot be used: {origin}: {error}") from error

    def find_endpoint(self, name: str) -> str | None:
        """Return the URL of an Azure OpenAI resource without the path of the API; a gateway's own path stays.

        The portal and the SDK's examples show the endpoint with that path.
        """
        url = self._find_url(name, "https://NAME.openai.azure.com")
        if url is None:
            return None
        path = url.path.rstrip("/").removesuffix("/v1").removesuffix("/openai")
        return f"{url.scheme}://{url.netloc}{path}"

    def find_base_url(self, name: str) -> str | None:
        """Return a URL with its path, without a slash at the end."""
        url = self._find_url(name, "https://models.example.com/v1")
        return url and f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"

    def _find_url(self, name: str, example: str) -> SplitResult | None:
        value = self.find_text(name)
        if value is None:
            return None
        url = _split_url(value)
        if url is None:
            # The value stays out of the message: it may be a key that was set in the wrong variable.
            problem = f"is not a usable URL ({len(value)} characters)"
            raise SettingError(name, f"{problem}; expected a URL such as {example}")
        if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
            raise SettingError(name, f"is http://{url.hostname}; expected https:// (http:// only for this machine)")
        return url


def _split_url(value: str) -> SplitResult | None:
    try:
        url = urlsplit(value)
        is_usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0 and url.username is None
    except ValueError:  # an open bracket, a port beyond 65535
        return None
    return url if is_usable else None
