/** The form of a new run, made from the schema of the request, with the estimate before the start button. */

import { ErrorNote } from "../components/feedback.js";
import { catalogPath, getJson } from "../lib/api.js";
import { html } from "../lib/html.js";
import { useLoaded } from "../lib/polling.js";
import { address } from "../lib/router.js";
import { loadDraft, takeOver } from "../new_run/draft.js";
import { RunForm } from "../new_run/run_form.js";
import { readFields } from "../new_run/schema.js";

/** @typedef {import("../lib/types.js").CatalogDetail} CatalogDetail */
/** @typedef {import("../new_run/schema.js").Field} Field */
/** @typedef {{fields: Field[], draft: import("../new_run/draft.js").Draft, hints: string[]}} Start */

export function NewRunView() {
  const { query } = address.value;
  const catalog = query.get("catalog") ?? "";
  const runId = query.get("run") ?? "";
  const origin = query.toString();
  const { data, error, reload } = useLoaded(`new ${origin}`, (signal) => loadStart(origin, catalog, runId, signal));
  return html`<div class="new-run-view">
    <h1 tabindex="-1">${catalog === "" ? "New run" : html`Extend <span translate="no">${catalog}</span>`}</h1>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data === null && error === null && html`<p role="status">Loading…</p>`}
    ${data !== null && html`<${RunForm} key=${origin} origin=${origin} fields=${data.fields} start=${data.draft} hints=${data.hints} />`}
  </div>`;
}

/**
 * @param {string} origin @param {string} catalog to extend; "" = none @param {string} runId whose request to repeat; "" = none
 * @param {AbortSignal} signal
 * @returns {Promise<Start>}
 */
async function loadStart(origin, catalog, runId, signal) {
  const fields = readFields(await getJson("openapi.json", { signal }), "SeedRequest");
  const kept = loadDraft(origin);
  if (runId !== "") {
    const values = kept === null ? takeOver(fields, await loadRequest(runId, signal)) : kept.values;
    return { fields, draft: { values, key: kept?.key ?? null }, hints: ["The settings are those of an earlier run. The new run generates only what is missing."] };
  }
  if (catalog === "") return { fields, draft: kept ?? { values: {}, key: null }, hints: [] };
  const detail = /** @type {CatalogDetail} */ (await getJson(catalogPath(catalog), { signal }));
  const values = kept?.values ?? (await extendCatalog(fields, detail, signal));
  const hints = [`${catalog} has ${detail.counts.items} items and ${detail.counts.images} images. They stay; ask for more items in all to extend it.`];
  return { fields, draft: { values, key: kept?.key ?? null }, hints };
}

/**
 * @param {Field[]} fields @param {CatalogDetail} detail @param {AbortSignal} signal
 * @returns {Promise<Record<string, any>>} the settings of the catalog's last run, so that new items match the others
 */
async function extendCatalog(fields, detail, signal) {
  const request = detail.lastRun === null ? {} : await loadRequest(detail.lastRun.runId, signal);
  const { maxCostUsd: _spent, ...values } = takeOver(fields, request);
  const more = Math.max(1, Math.round(detail.counts.items / 4));
  return { ...values, catalog: detail.catalog, targetCount: String(detail.counts.items + more) };
}

/** @param {string} runId @param {AbortSignal} signal @returns {Promise<Record<string, any>>} */
function loadRequest(runId, signal) {
  return getJson(`runs/${encodeURIComponent(runId)}/request`, { signal });
}
