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
        must_probe: a person resumed the run after a block, so that one call should probe whether it is gone.
        has_trial: the counters may still hold trial images that were rejected since.
    """

    def __init__(self, context: df.DurableOrchestrationContext, restart: RootRestart | None) -> None:
        self._context = context
        self.resume_count = 0 if restart is None else restart.resume_count
        self.must_probe = False
        self.has_trial = restart is None
        self.counters = Counters() if restart is None else restart.counters + Counters(lost=1)
        self.found: StartInventory | None = None if restart is None else restart.found

    def begin_resume(self, reason: Reason) -> None:
        """Count a resume after a pause for this reason."""
        self.resume_count += 1
        self.must_probe = reason is not Reason.AWAITING_APPROVAL

    def forget_rejected_images(self, images: int, own: int) -> None:
        """Remove rejected trial images from the counters once: they are generated again.

        Args:
            images: their number.
            own: number of those that the run has generated; the catalog had the others before.
        """
        if not self.has_trial:
            return
        self.has_trial = False
        self.counters = replace(self.counters, made=max(0, self.counters.made - own))
        if self.found is not None:
            self.limit_found_images(max(0, self.found.images - (images - own)))

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
