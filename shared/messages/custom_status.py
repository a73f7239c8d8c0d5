"""What a run's orchestrations publish as their custom status, and status queries read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.messages.base import Counters, Failure, Message, Wait
from shared.messages.instance_ids import make_image_worker_id, make_probe_id, make_restart_id, make_writer_id
from shared.messages.run import StartInventory


class Stage(StrEnum):
    """What a run does at the moment."""

    PENDING = "pending"
    PLANNING = "planning"
    READING_INPUT = "reading the input"
    CATEGORIES = "categories"
    ITEMS_AND_IMAGES = "items and images"
    PAUSED = "paused"
    PUBLISHING = "publishing"
    ENDED = "ended"

    RESUMING = "resuming"
    """The pause was ended, and the root has not processed that yet. No root publishes this or the next two."""
    STOPPING = "stopping"
    """The run has a stop record, and its calls in flight are awaited."""
    RESTARTING = "restarting"
    """The root was lost and is started again."""


@dataclass(frozen=True, slots=True)
class BatchStatus(Message):
    """How far the open batches of a kind are.

    Attributes:
        batches: number of open batches.
        images: number of their lines.
        done: of them, those that the provider has finished.
    """

    batches: int = 0
    images: int = 0
    done: int = 0

    def __add__(self, other: "BatchStatus") -> "BatchStatus":
        return BatchStatus(self.batches + other.batches, self.images + other.images, self.done + other.done)


@dataclass(frozen=True, slots=True)
class ChildStatus(Message):
    """Custom status of a child workflow.

    Attributes:
        counters: what it has done so far.
        window: of an image worker, the image calls that it makes at a time.
        wait: the long wait that the provider asked it for.
        batches: the open batches of images.
        prompt_batches: the open batches of prompts.
        children: instance ids of its own children at work, whose counters it does not hold yet.
    """

    counters: Counters = Counters()
    window: int | None = None
    wait: Wait | None = None
    batches: BatchStatus | None = None
    children: tuple[str, ...] = ()
    prompt_batches: BatchStatus | None = None


@dataclass(frozen=True, slots=True)
class Children(Message):
    """Which children a root has started since it was last resumed.

    Attributes:
        image_workers: number of image workers.
        writers: number of item writers or prompt writers.
        has_probe: the image worker of `make_probe_id` is the only child.
        restarts: how often each lost child was restarted, by its first instance id without the run id.
    """

    image_workers: int = 0
    writers: int = 0
    has_probe: bool = False
    restarts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PauseStatus(Message):
    """Why a run is paused, and when it ends if no person resumes it."""

    failure: Failure
    until: datetime


@dataclass(frozen=True, slots=True)
class RootStatus(Message):
    """Custom status of a run's root, and of ``finish_run``.

    Attributes:
        stage: what the run does.
        counters: what the run has done so far, without its children that are at work.
        resume_count: how often it was resumed or restarted.
        found: what the catalog had when the run began; None = unknown.
        children: the children whose counters add to these.
        wait: the long wait that the provider asked the root for.
        pause: of a paused run.
    """

    stage: Stage
    counters: Counters = Counters()
    resume_count: int = 0
    found: StartInventory | None = None
    children: Children = Children()
    wait: Wait | None = None
    pause: PauseStatus | None = None

    def list_children(self, run_id: str) -> list[str]:
        """Return the instance ids of the children, ended ones included; of a restarted one, the latest id."""
        return [self._find_latest_id(run_id, child) for child in self._list_first_ids(run_id)]

    def list_writers(self, run_id: str) -> list[str]:
        """Return the instance ids of the writers among `list_children`."""
        return [self._find_latest_id(run_id, child) for child in self._list_writer_ids(run_id)]

    def list_image_workers(self, run_id: str) -> list[str]:
        """Return the instance ids of the image workers among `list_children`."""
        return [self._find_latest_id(run_id, child) for child in self._list_worker_ids(run_id)]

    def list_lost_children(self, run_id: str) -> dict[str, str]:
        """Return the id of the lost instance by the id of the instance that replaced it."""
        restarts = {child: self._count_restarts(run_id, child) for child in self._list_first_ids(run_id)}
        return {
            make_restart_id(child, count): make_restart_id(child, count - 1)
            for child, count in restarts.items()
            if count
        }

    def _list_first_ids(self, run_id: str) -> list[str]:
        if self.children.has_probe:
            return [make_probe_id(run_id, self.resume_count)]
        return [*self._list_writer_ids(run_id), *self._list_worker_ids(run_id)]

    def _list_writer_ids(self, run_id: str) -> list[str]:
        writers = self.children.writers
        # Several writers may be followed by one more, which fills the categories that they left short.
        return [make_writer_id(run_id, index, self.resume_count) for index in range(writers + (writers > 1))]

    def _list_worker_ids(self, run_id: str) -> list[str]:
        return [make_image_worker_id(run_id, index, self.resume_count) for index in range(self.children.image_workers)]

    def _count_restarts(self, run_id: str, child_id: str) -> int:
        return self.children.restarts.get(child_id.removeprefix(run_id), 0)

    def _find_latest_id(self, run_id: str, child_id: str) -> str:
        return make_restart_id(child_id, self._count_restarts(run_id, child_id))


def read_root_status(custom_status: object) -> RootStatus | None:
    """Return what a root has published; None if it has published nothing."""
    return RootStatus.from_json(custom_status) if isinstance(custom_status, Mapping) and custom_status else None


def read_child_status(custom_status: object) -> ChildStatus:
    """Return what a child has published."""
    return ChildStatus.from_json(custom_status) if isinstance(custom_status, Mapping) else ChildStatus()


def sum_counters(root: RootStatus, children: Mapping[str, ChildStatus], lost: Mapping[str, str]) -> Counters:
    """Return the counters of a run: those of its root and of its children.

    A restarted child counts its pages again, one by one, so it counts at least what the lost instance had published.

    Args:
        root: what the root has published.
        children: what the children have published, by instance id, lost instances included.
        lost: see `RootStatus.list_lost_children`.
    """
    active = {name: child.counters for name, child in children.items() if name not in lost.values()}
    for name, lost_name in lost.items():
        if name in active:
            active[name] = active[name].raise_to(children.get(lost_name, ChildStatus()).counters)
    return sum(active.values(), root.counters)
