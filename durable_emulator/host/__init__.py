"""The host: serves an app's functions from one folder, to this machine only.

```
emulator ──► app_definition      functions that the app registers; settings of host.json
    ├──────► host_folder         lock and journal; one host per folder
    ├──────► http_triggers       routes, keys, requests and responses
    ├──────► management_api      endpoints of the durable client
    ├──────► local_client        durable client of this process, which reads instances without HTTP
    └──────► invocation          calls functions as the Azure worker does ──► durable_emulator.engine
```
"""

from durable_emulator.errors import HostBusyError, HostError, HostFolderError, HostPortError, RouteError
from durable_emulator.host.app_definition import HostSettings, read_host_settings
from durable_emulator.host.emulator import DurableEmulator

__all__ = [
    "DurableEmulator",
    "HostBusyError",
    "HostError",
    "HostFolderError",
    "HostPortError",
    "HostSettings",
    "RouteError",
    "read_host_settings",
]
