"""The composition root: starts telemetry, and registers every function of the app."""

import azure.durable_functions as df

from activities import (
    claim_page,
    close_run,
    evaluate_image,
    make_categories,
    make_image,
    prepare_run,
    publish_catalog,
    resume_run,
    rewrite_prompt,
    take_input,
    write_batch,
    write_prompts,
)
from orchestrators import ending, make_images, prompt_items, seed_catalog, write_items
from shared.wiring import start_telemetry
from triggers import audits, catalogs, failed_runs, health, inputs, purge, runs

start_telemetry()

app = df.DFApp()

for module in (
    runs,
    audits,
    catalogs,
    inputs,
    health,
    purge,
    failed_runs,
    seed_catalog,
    ending,
    write_items,
    prompt_items,
    make_images,
    prepare_run,
    take_input,
    resume_run,
    make_categories,
    write_batch,
    write_prompts,
    claim_page,
    make_image,
    evaluate_image,
    rewrite_prompt,
    publish_catalog,
    close_run,
):
    app.register_functions(module.blueprint)
