"""Durable hosts that report what a test wants."""

from shared.runs.root_state import RootState, RootStates


class FixedRootStates(RootStates):
    """A durable host whose roots are all in one state."""

    def __init__(self, root: RootState) -> None:
        super().__init__()
        self._root = root

    async def read(self, run_id: str) -> RootState:
        assert run_id
        return self._root
