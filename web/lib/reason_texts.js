/**
 * Reason codes in plain words, with code between backticks. Generated from `shared/reasons.py`; run: make docs.
 * @type {Record<string, {meaning: string, advice: string}>}
 */
export const REASON_TEXTS = {
  "name_length": {
    "meaning": "The draft's name has fewer than 3 or more than 80 characters.",
    "advice": ""
  },
  "name_words": {
    "meaning": "The draft's name has more than 6 words, in a script that separates words.",
    "advice": ""
  },
  "duplicate_name": {
    "meaning": "The catalog has an item with this name.",
    "advice": ""
  },
  "near_duplicate_name": {
    "meaning": "The category has an item with nearly this name.",
    "advice": ""
  },
  "description_length": {
    "meaning": "The description has fewer than 20 or more than 1,200 characters.",
    "advice": ""
  },
  "description_sentences": {
    "meaning": "The description does not have 2 to 4 sentences, in a script that marks their ends.",
    "advice": ""
  },
  "unknown_category": {
    "meaning": "The catalog does not have the draft's category.",
    "advice": ""
  },
  "prompt_opening": {
    "meaning": "The image prompt did not begin with an opening of the theme. Only files of version 0.3 and earlier have this code.",
    "advice": ""
  },
  "prompt_length": {
    "meaning": "The image prompt has more than 260 characters, or nothing but opening and tail.",
    "advice": "If there are many, shorten the theme's tail."
  },
  "forbidden_word": {
    "meaning": "A text contains a forbidden word.",
    "advice": ""
  },
  "category_length": {
    "meaning": "The category's name has more than 64 characters, or none that its slug keeps.",
    "advice": ""
  },
  "category_words": {
    "meaning": "The category's name does not have 2 to 3 words, in a script that separates words.",
    "advice": ""
  },
  "duplicate_category": {
    "meaning": "The category differs from another one in spelling, order of words or plural only.",
    "advice": ""
  },
  "surplus": {
    "meaning": "The draft follows the rules, but the catalog has all requested items or categories.",
    "advice": ""
  },
  "bad_row": {
    "meaning": "The row cannot be used; the message says why.",
    "advice": "Correct the row, or use `--skip-invalid`."
  },
  "duplicate_id": {
    "meaning": "An earlier row has the same id. The earlier row is used.",
    "advice": "Correct the row, or use `--skip-invalid`."
  },
  "rate_limited": {
    "meaning": "The quota was exhausted (429) for 30 minutes without a success.",
    "advice": "Request a larger quota, or lower `parallelImageRequests`."
  },
  "server_error": {
    "meaning": "The provider failed (5xx).",
    "advice": "Repair later."
  },
  "connection": {
    "meaning": "The provider, or the identity endpoint, could not be reached.",
    "advice": "Check the network, then repair."
  },
  "timeout_ambiguous": {
    "meaning": "The response was lost. The call may have been billed, and counts as billed. It is retried at most twice.",
    "advice": "Repair, or raise `IMAGE_TIMEOUT_SECONDS`."
  },
  "bad_image": {
    "meaning": "The response did not contain a usable image of the requested size.",
    "advice": "Check that the model supports the size, then repair."
  },
  "batch_expired": {
    "meaning": "The provider's batch ended before it generated the image. The line was not billed.",
    "advice": "Repair, or set `batchFallback`."
  },
  "malformed_answer": {
    "meaning": "The text model's response does not match the schema.",
    "advice": "Check the text model."
  },
  "incomplete_answer": {
    "meaning": "The response was cut off at the output limit. The call is repeated for half as many entries.",
    "advice": "Lower `batchSize`, or use another model."
  },
  "context_overflow": {
    "meaning": "The request exceeds the model's context window. The call is repeated for half as many entries.",
    "advice": "Lower `batchSize`, or use another model."
  },
  "refusal": {
    "meaning": "The text model refused to answer.",
    "advice": "Change the theme."
  },
  "content_policy": {
    "meaning": "The content policy refused the image prompt.",
    "advice": "Use `--policy-rewrites`, or give the item up with `seeder prune`. `seeder repair` tries the same prompt again."
  },
  "bad_request": {
    "meaning": "The provider rejected the request.",
    "advice": "Read the message; often the model does not support the size."
  },
  "authentication": {
    "meaning": "The provider rejected the key or the identity.",
    "advice": "Read the message; without a key, see Sign in without a key in the guide Operate in Azure."
  },
  "account_blocked": {
    "meaning": "The provider blocked the whole account.",
    "advice": "Check the Azure portal."
  },
  "quota_exhausted": {
    "meaning": "The account has no credit left.",
    "advice": "Check the provider's billing page."
  },
  "model_not_found": {
    "meaning": "The deployment or model does not exist.",
    "advice": "Check the settings that name it."
  },
  "too_many_refusals": {
    "meaning": "The content policy refused more than half of the latest 50 image calls.",
    "advice": "Change the theme, or give the refused items up with `seeder prune`."
  },
  "too_many_errors": {
    "meaning": "More than 60 % of the latest 50 image calls failed. A 429 does not count as a failure.",
    "advice": "Fix the failure that the message names, then start the run again."
  },
  "unusable_images": {
    "meaning": "The provider repeatedly returned, and billed, images of another size or of a form that cannot be used.",
    "advice": "Change the setting that the message names."
  },
  "bad_input": {
    "meaning": "The input cannot be read, or some of its rows cannot be used.",
    "advice": "Correct the row and field that the message names."
  },
  "no_new_items": {
    "meaning": "Five batches in a row produced no new item.",
    "advice": "Request more categories, widen the theme, or lower the target."
  },
  "budget": {
    "meaning": "The next call could have exceeded `maxCostUsd`.",
    "advice": "Start the same request again, or repair: a budget is for one run."
  },
  "cancelled": {
    "meaning": "A caller cancelled the run.",
    "advice": "Start it again; only missing work is billed."
  },
  "superseded": {
    "meaning": "Another run has taken over the catalog.",
    "advice": "Follow that run."
  },
  "store_unavailable": {
    "meaning": "The store did not answer for two minutes.",
    "advice": "Check the store, then start the run again."
  },
  "damaged_file": {
    "meaning": "A file does not have the content that was written. It was renamed to `<name>.damaged-<runId>`.",
    "advice": "Start the run again; it rebuilds the file."
  },
  "not_configured": {
    "meaning": "A setting is missing.",
    "advice": "Set the variable that the message names."
  },
  "worker_lost": {
    "meaning": "A worker process died, timed out or ran out of memory repeatedly for five minutes.",
    "advice": "Read the host's message and the log, then start the run again."
  },
  "internal_error": {
    "meaning": "A fault of this program.",
    "advice": "Read the log, and report it."
  },
  "interrupted": {
    "meaning": "The host of the run is gone.",
    "advice": "Start the host, or the command, again."
  },
  "awaiting_approval": {
    "meaning": "A person has to approve some of the first images, and resume the run. It waits for that, or the time limit of the pause was over.",
    "advice": "Approve them with `seeder approve` or on the review page, then resume the run. If it has ended, start it again."
  },
  "not_tried": {
    "meaning": "The run ended before this image was tried.",
    "advice": "Start the run again."
  }
};
