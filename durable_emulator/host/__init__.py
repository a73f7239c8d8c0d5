"""The embedded durable host: serves the functions that an app registers, from one folder, to this machine only.

```
host ──► functions                         what the app registers
  │  ──► folder                            lock and journal: one host a folder
  ├────► routing, http_bridge, guard       HTTP triggers
  ├────► management, client_binding        what the SDK's durable client talks to
  └────► invocation ──► durable_emulator.engine       activities and orchestrators
```
"""

from durable_emulator.host.emulator import DurableEmulator
from durable_emulator.host.errors import HostBusyError, HostError, HostFolderError, HostPortError, RouteError
from durable_emulator.host.host_json import HostSettings, read_host_settings

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
