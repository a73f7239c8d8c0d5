"""The composition root: start telemetry, and register every function of the app."""

import azure.durable_functions as df

from activities import (
    check_image_batches,
    check_prompt_batches,
    claim_work_page,
    close_items,
    close_run,
    collect_image_batch,
    collect_prompt_batch,
    evaluate_image,
    finish_refinement,
    generate_image,
    import_input,
    open_image_batches,
    open_prompt_batches,
    plan_trial,
    prepare_run,
    publish_catalog,
    read_stop,
    record_failed_image,
    render_contact_sheet,
    request_approval,
    restart_run,
    resume_run,
    rewrite_prompt,
    stop_run,
    submit_image_batch,
    submit_prompt_batch,
    use_template_prompts,
    write_batch,
    write_categories,
    write_prompt_batch,
)
from orchestrators import (
    finish_run,
    generate_image_batches,
    generate_images,
    seed_catalog,
    write_items,
    write_prompt_batches,
    write_prompts,
)
from shared.services.container import start_telemetry
from triggers import registration, timers

start_telemetry()

app = df.DFApp()

for module in (
    registration,
    timers,
    seed_catalog,
    finish_run,
    write_items,
    write_prompts,
    generate_images,
    generate_image_batches,
    write_prompt_batches,
    check_image_batches,
    check_prompt_batches,
    claim_work_page,
    close_items,
    close_run,
    collect_image_batch,
    collect_prompt_batch,
    open_image_batches,
    open_prompt_batches,
    submit_image_batch,
    submit_prompt_batch,
    evaluate_image,
    finish_refinement,
    generate_image,
    import_input,
    plan_trial,
    prepare_run,
    publish_catalog,
    read_stop,
    record_failed_image,
    render_contact_sheet,
    request_approval,
    restart_run,
    resume_run,
    rewrite_prompt,
    stop_run,
    use_template_prompts,
    write_batch,
    write_categories,
    write_prompt_batch,
):
    app.register_functions(module.blueprint)
