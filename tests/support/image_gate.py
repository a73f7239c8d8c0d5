"""Holds the images of a simulator back, so that a run is under way for as long as a test needs it."""

import asyncio

from model_simulator.image_answers import RenderJob
from model_simulator.in_process import RunningSimulator
from model_simulator.replies import HangUp, Reply
from model_simulator.service import Plan


class ImageGate:
    """Answers a number of image calls, and holds all later ones until it is opened.

    Args:
        simulator: in this process.
        answers: the number.
    """

    def __init__(self, simulator: RunningSimulator, answers: int = 0) -> None:
        self._left = answers
        self._opened = asyncio.Event()
        self._execute = simulator.service.execute
        setattr(simulator.service, "execute", self._hold)  # noqa: B010 - mypy refuses the assignment to a method

    def open(self) -> None:
        """Answer all image calls."""
        self._opened.set()

    def close(self) -> None:
        """Hold all image calls from here on."""
        self._opened.clear()

    async def _hold(self, plan: Plan, arrived: float) -> Reply | HangUp:
        outcome = await self._execute(plan, arrived)
        if isinstance(plan.outcome, RenderJob):
            self._left -= 1
            if self._left < 0:
                await self._opened.wait()
        return outcome
