/** What can be done with a run: cancel, resume, repair, start again. */

import { Dialog } from "../components/dialog.js";
import { ErrorNote } from "../components/feedback.js";
import { announce } from "../lib/announce.js";
import { catalogPath, getJson, sendJson } from "../lib/api.js";
import { formatNoun } from "../lib/format.js";
import { Fragment, html, useRef, useState } from "../lib/html.js";
import { asApiError, useLoaded } from "../lib/polling.js";
import { makeHref, navigate } from "../lib/router.js";
import { awaitsApproval, countMissing, hasEnded } from "../lib/run_words.js";
import { createIdempotencyKey } from "../lib/tokens.js";

/** @typedef {import("../lib/types.js").CatalogDetail} CatalogDetail */
/** @typedef {import("../lib/types.js").RunStatus} RunStatus */
/** @typedef {import("../lib/api.js").ApiError} ApiError */

/** @param {{run: RunStatus, hasFirstImages: boolean, onChange: () => Promise<void>}} props hasFirstImages: the run asks for an approval of its first images */
export function Actions({ run, hasFirstImages, onChange }) {
  const [open, setOpen] = useState(/** @type {"cancel" | "repair" | null} */ (null));
  const [isResuming, setResuming] = useState(false);
  const [refusal, setRefusal] = useState(/** @type {ApiError | null} */ (null));
  const awaited = awaitsApproval(run);
  const ended = hasEnded(run.status);
  const mayMiss = ended && countMissing(run) > 0;
  const missing = useLoaded(`missing ${run.runId} ${mayMiss}`, async (signal) => (mayMiss ? countMissingOfCatalog(run.catalog, signal) : 0)).data ?? 0;
  const canStartAgain = (ended && run.status !== "Completed") || run.status === "Interrupted";
  async function resume() {
    setResuming(true);
    setRefusal(null);
    try {
      await sendJson("POST", `runs/${encodeURIComponent(run.runId)}/resume`, {});
      announce("The run resumes.");
    } catch (error) {
      const refused = asApiError(error);
      if (refused.kind === "no-approved-image") setRefusal(refused);
      else announce(refused.message, "error");
    }
    await onChange();
    setResuming(false);
  }
  return html`<${Fragment}>
    <div class="buttons run-actions">
      ${run.status === "Paused" && html`<button type="button" class="primary" disabled=${isResuming} onClick=${resume}>${isResuming ? "Resuming…" : awaited ? "Continue" : "Resume"}</button>`}
      ${missing > 0 && html`<button type="button" class="primary" onClick=${() => setOpen("repair")}>Repair…</button>`}
      ${awaited && html`<a class="button" href=${makeHref(["catalogs", run.catalog, "review"], { sort: "accepted" })}>Review the first images</a>`}
      ${run.progress.images.done > 0 && !awaited && html`<a class=${ended && missing === 0 ? "button primary" : "button"} href=${makeHref(["catalogs", run.catalog, "review"])}>Review images</a>`}
      ${canStartAgain && html`<a class="button" href=${makeHref(["new"], { run: run.runId })}>Start again…</a>`}
      ${ended && !canStartAgain && html`<a class="button" href=${makeHref(["new"], { catalog: run.catalog })}>Extend the catalog…</a>`}
      ${!ended && run.error?.reason !== "cancelled" && html`<button type="button" class="danger" onClick=${() => setOpen("cancel")}>Cancel…</button>`}
    </div>
    ${run.status === "Paused" && html`<${ErrorNote} error=${refusal} />`}
    ${open === "cancel" && html`<${CancelDialog} run=${run} onClose=${() => setOpen(null)} onChange=${onChange} />`}
    ${open === "repair" && html`<${RepairDialog} run=${run} missing=${missing} hasFirstImages=${hasFirstImages} onClose=${() => setOpen(null)} />`}
  <//>`;
}

/**
 * What a repair would generate: an item that a run failed to regenerate has its earlier image, and another run may have
 * generated others since.
 * @param {string} catalog @param {AbortSignal} signal @returns {Promise<number>}
 */
async function countMissingOfCatalog(catalog, signal) {
  const { counts } = /** @type {CatalogDetail} */ (await getJson(catalogPath(catalog), { signal }));
  return counts.items - counts.images;
}

/** @param {{run: RunStatus, onClose: () => void, onChange: () => Promise<void>}} props */
function CancelDialog({ run, onClose, onChange }) {
  const [error, setError] = useState(/** @type {ApiError | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  async function cancel() {
    setBusy(true);
    try {
      await sendJson("POST", `runs/${encodeURIComponent(run.runId)}/cancel`, {});
      announce("The run is being cancelled.");
      await onChange();
      onClose();
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  }
  return html`<${Dialog} title="Cancel the run?" onClose=${onClose}>
    <${ErrorNote} error=${error} />
    <p>No new call is sent. Calls in flight end and are billed. The items and images that are finished stay; a later run generates only what is missing.</p>
    <div class="buttons">
      <button type="button" class="danger" disabled=${isBusy} onClick=${cancel}>${isBusy ? "Cancelling…" : "Cancel the run"}</button>
      <button type="button" onClick=${onClose}>Keep it running</button>
    </div>
  <//>`;
}

/** @param {{run: RunStatus, missing: number, hasFirstImages: boolean, onClose: () => void}} props */
function RepairDialog({ run, missing, hasFirstImages, onClose }) {
  const [error, setError] = useState(/** @type {ApiError | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [budget, setBudget] = useState("");
  const key = useRef({ value: createIdempotencyKey(), budget: "" });
  /** @param {SubmitEvent} event */
  async function repair(event) {
    event.preventDefault();
    setBusy(true);
    if (key.current.budget !== budget) key.current = { value: createIdempotencyKey(), budget };
    try {
      const body = budget === "" ? {} : { maxCostUsd: Number(budget) };
      const headers = { "Idempotency-Key": key.current.value };
      const started = /** @type {{runId: string}} */ (await sendJson("POST", catalogPath(run.catalog, "/repair"), body, { headers }));
      navigate(makeHref(["runs", started.runId]));
    } catch (caught) {
      setError(asApiError(caught));
      setBusy(false);
    }
  }
  return html`<${Dialog} title=${`Repair ${run.catalog}`} onClose=${onClose}>
    <form onSubmit=${repair}>
      <${ErrorNote} error=${error} />
      <p>Starts a run that generates only the missing images: ${formatNoun(missing, "image")}. ${hasFirstImages && "Rejected first images that their run did not get to are generated again, too. "}All other settings are those of the catalog's last run.</p>
      <label class="field">
        <span>Budget in US dollars (optional)</span>
        <input type="number" min="0" max="1000000" step="any" value=${budget} onInput=${(/** @type {InputEvent} */ event) => setBudget(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
      </label>
      <div class="buttons">
        <button type="submit" class="primary" disabled=${isBusy}>${isBusy ? "Starting…" : "Start the repair"}</button>
        <button type="button" onClick=${onClose}>Cancel</button>
      </div>
    </form>
  <//>`;
}
