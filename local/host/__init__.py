"""The embedded durable host: serves the functions that an app registers, from one folder, to this machine only.

```
host ──► functions                         what the app registers
  │  ──► folder                            lock and journal: one host a folder
  ├────► routing, http_bridge, guard       HTTP triggers
  ├────► management, client_binding        what the SDK's durable client talks to
  └────► invocation ──► local.engine       activities and orchestrators
```
"""

from local.host.errors import HostBusyError, HostError, HostFolderError, HostPortError, RouteError
from local.host.host import EmbeddedHost
from local.host.settings import HostSettings, read_host_settings

__all__ = [
    "EmbeddedHost",
    "HostBusyError",
    "HostError",
    "HostFolderError",
    "HostPortError",
    "HostSettings",
    "RouteError",
    "read_host_settings",
]
