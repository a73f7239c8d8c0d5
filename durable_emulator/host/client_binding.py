"""What the SDK's durable client is made of, and what it leaves behind."""

import asyncio
import json

from azure.durable_functions.models.utils import http_utils

ID_PLACEHOLDER = "INSTANCEID"
TASK_HUB = "DurableEmulator"


def make_client_binding(management_url: str) -> str:
    """Return the JSON text that the Azure host passes to a ``durableClient`` binding.

    Args:
        management_url: base of the management endpoints, ending with a slash; its path holds a secret, so the binding
            asks for no key besides.
    """
    return json.dumps(
        {
            "taskHubName": TASK_HUB,
            "creationUrls": {
                "createNewInstancePostUri": f"{management_url}orchestrators/{{functionName}}[/{{instanceId}}]",
            },
            "managementUrls": make_management_urls(management_url, ID_PLACEHOLDER),
            "baseUrl": management_url,
            "requiredQueryStringParameters": "",
            "rpcBaseUrl": management_url,
        },
    )


def make_management_urls(management_url: str, instance_id: str) -> dict[str, str]:
    """Return the management addresses of an instance, by their names in the Azure host's answers."""
    instance = f"{management_url}instances/{instance_id}"
    return {
        "id": instance_id,
        "statusQueryGetUri": instance,
        "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}",
        "terminatePostUri": f"{instance}/terminate?reason={{text}}",
        "suspendPostUri": f"{instance}/suspend?reason={{text}}",
        "resumePostUri": f"{instance}/resume?reason={{text}}",
        "purgeHistoryDeleteUri": instance,
    }


async def close_shared_session() -> None:
    """Close the HTTP session that all clients of the SDK share, and free its lock from this event loop.

    In Azure the worker's process ends with it; here the process goes on, perhaps with another loop.
    """
    await http_utils._close_session()  # noqa: SLF001 - the SDK has no public way
    http_utils._session_lock = asyncio.Lock()  # noqa: SLF001 - same
