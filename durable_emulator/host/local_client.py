"""The SDK's durable client, for callers in the emulator's own process."""

from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from durable_emulator.engine import Engine
from durable_emulator.host.management_api import describe_instance


class LocalDurableClient(DurableOrchestrationClient):  # type: ignore[misc]  # the SDK has no types
    """Reads an instance from the engine; everything else is a call of the management endpoints.

    A host that waits for hours does little else than reading instances.

    Args:
        engine: the engine.
        binding: the JSON text of a durable client binding.
    """

    def __init__(self, engine: Engine, binding: str) -> None:
        super().__init__(binding)
        self._engine = engine

    async def get_status(self, instance_id: str) -> DurableOrchestrationStatus:
        """Return an instance without its input; one without a runtime status is unknown.

        Raises:
            EngineStoppedError: the engine is stopped.
        """
        instance = self._engine.find_instance(instance_id)
        if instance is None:
            return DurableOrchestrationStatus()
        return DurableOrchestrationStatus.from_json(describe_instance(instance, with_input=False))
