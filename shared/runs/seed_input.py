"""What a run's root is started with, from the run's request."""

from shared.messages.run import RootRestart, SeedInput
from shared.runs.request import SeedRequest


def make_seed_input(run_id: str, request: SeedRequest, restart: RootRestart | None = None) -> SeedInput:
    """Return the input of ``seed_catalog``; ``restart`` is what it continues from after an earlier root was lost."""
    return SeedInput(
        run_id=run_id,
        catalog=request.catalog,
        target_count=request.target_count,
        parallel_image_requests=request.parallel_image_requests,
        max_retries=request.max_retries,
        dry_run=request.dry_run,
        parallel_text_requests=request.parallel_text_requests,
        pause_limit_minutes=request.pause_limit_minutes if request.pause_on_block else 0,
        writes_items=request.item_source.writes_items,
        imports_rows=request.input is not None,
        writes_prompts=request.writes_prompts,
        restart=restart,
    )
