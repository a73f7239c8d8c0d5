"""What the root of a run knows of its progress, and publishes as its custom status."""

from dataclasses import replace

import azure.durable_functions as df

from shared.messages.base import Counters, Wait
from shared.messages.custom_status import Children, PauseStatus, RootStatus, Stage
from shared.messages.run import RootRestart, StartInventory
from shared.reasons import Reason


class RunProgress:
    """The progress of a run, without its children that are at work.

    Attributes:
        resume_count: how often the run was resumed or restarted.
        counters: what the run has done.
        found: what the catalog had when the run began; None = unknown.
    """

    def __init__(self, context: df.DurableOrchestrationContext, restart: RootRestart | None) -> None:
        self._context = context
        self._first_resume_count = self.resume_count = 0 if restart is None else restart.resume_count
        self.counters = Counters() if restart is None else restart.counters + Counters(lost=1)
        self.found: StartInventory | None = None if restart is None else restart.found

    @property
    def is_resumed(self) -> bool:
        """Whether a person resumed the run after a pause, so that one call should probe whether the block is gone."""
        return self.resume_count > self._first_resume_count

    def count_unreported_work(self, inventory: StartInventory) -> None:
        """Count what a lost root did not publish: the store's items and images beyond those found at the start."""
        found = self.found or StartInventory()
        images = inventory.images - found.images - self.counters.kept
        self.counters = replace(
            self.counters,
            accepted=max(self.counters.accepted, inventory.items - found.items),
            made=max(self.counters.made, images),
        )

    def set_categories(self, categories: int) -> None:
        """Show how many categories the catalog has."""
        self.found = replace(self.found or StartInventory(), categories=categories)

    def limit_found_images(self, images: int) -> None:
        """Show at most ``images`` images as found: those of changed rows are generated again."""
        found = self.found or StartInventory()
        self.found = replace(found, images=min(found.images, images))

    def forget_failures(self, reasons: frozenset[Reason]) -> None:
        """Remove the failed images with these reasons from the counters: they are retried."""
        failed = {reason: count for reason, count in self.counters.failed.items() if Reason(reason) not in reasons}
        self.counters = replace(self.counters, failed=failed)

    def publish(
        self,
        stage: Stage,
        *,
        children: Children | None = None,
        wait: Wait | None = None,
        pause: PauseStatus | None = None,
    ) -> None:
        """Set the root's custom status."""
        children = children or Children()
        status = RootStatus(stage, self.counters, self.resume_count, self.found, children, wait, pause)
        self._context.set_custom_status(status.to_json())
