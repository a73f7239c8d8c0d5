"""The composition root: starts telemetry, and registers every function of the app."""

import azure.durable_functions as df

from activities import (
    claim_work_page,
    close_run,
    evaluate_image,
    generate_image,
    import_input,
    prepare_run,
    publish_catalog,
    resume_run,
    rewrite_prompt,
    write_batch,
    write_categories,
    write_prompt_batch,
)
from orchestrators import finish_run, generate_images, seed_catalog, write_items, write_prompts
from shared.services.container import start_telemetry
from triggers import audit, catalogs, health, inputs, purge_history, resume_failed_runs, runs

start_telemetry()

app = df.DFApp()

for module in (
    runs,
    audit,
    catalogs,
    inputs,
    health,
    purge_history,
    resume_failed_runs,
    seed_catalog,
    finish_run,
    write_items,
    write_prompts,
    generate_images,
    prepare_run,
    import_input,
    resume_run,
    write_categories,
    write_batch,
    write_prompt_batch,
    claim_work_page,
    generate_image,
    evaluate_image,
    rewrite_prompt,
    publish_catalog,
    close_run,
):
    app.register_functions(module.blueprint)
