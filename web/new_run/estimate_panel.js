/** What the run would do and cost, before it starts. */

import { ErrorNote } from "../components/feedback.js";
import { sendJson } from "../lib/api.js";
import { formatCount, formatDuration, formatUsd } from "../lib/format.js";
import { html, useEffect, useState } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";

const DEBOUNCE_MILLISECONDS = 700;

/** @typedef {import("../lib/types.js").Estimate & {typical?: {costUsd: number, imageCalls: number}, normalCostUsd?: number, batchCostUsd?: number}} Estimate */
/** @typedef {import("../lib/api.js").ApiError} ApiError */
/** @typedef {{body: string, estimate: Estimate | null, error: ApiError | null}} Estimated */

/**
 * Estimates a request a moment after it last changed.
 * @param {string} body JSON; "" = the request is not complete
 * @returns {{latest: Estimated | null, isCurrent: boolean, retry: () => void}} the latest estimate, and whether it is of this body
 */
export function useEstimate(body) {
  const [latest, setLatest] = useState(/** @type {Estimated | null} */ (null));
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (body === "") return undefined;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const estimate = /** @type {Estimate} */ (await sendJson("POST", "runs", JSON.parse(body), { query: { estimate: true }, signal: controller.signal }));
        if (!controller.signal.aborted) setLatest({ body, estimate, error: null });
      } catch (error) {
        if (!controller.signal.aborted) setLatest({ body, estimate: null, error: asApiError(error) });
      }
    }, DEBOUNCE_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [body, attempt]);
  return { latest, isCurrent: latest?.body === body, retry: () => setAttempt(attempt + 1) };
}

/**
 * @param {object} props
 * @param {Estimated | null} props.latest
 * @param {boolean} props.isCurrent
 * @param {string} props.missing what the form needs before an estimate is possible; "" = nothing
 * @param {Record<string, any>} props.request
 * @param {ApiError | null} props.error of the estimate, without what is shown at the fields
 * @param {(accepted: boolean) => void} props.onAccept
 * @param {() => void} props.onRetry
 */
export function EstimatePanel({ latest, isCurrent, missing, request, error, onAccept, onRetry }) {
  const estimate = latest?.estimate ?? null;
  return html`<section class="estimate" aria-labelledby="estimate-title" aria-busy=${!isCurrent && !missing}>
    <h2 id="estimate-title">Estimate</h2>
    ${missing && html`<p class="hint">${missing}</p>`}
    ${!missing && !isCurrent && html`<p class="hint">${estimate === null ? "Estimating…" : "Updating…"}</p>`}
    ${!missing && isCurrent && html`<${ErrorNote} error=${error} onRetry=${onRetry} />`}
    ${!missing && estimate !== null && html`<${Figures} estimate=${estimate} request=${request} />`}
    ${!missing && estimate !== null && html`<${BudgetWarning} estimate=${estimate} request=${request} onAccept=${onAccept} />`}
  </section>`;
}

/** @param {{estimate: Estimate, request: Record<string, any>}} props */
function Figures({ estimate, request }) {
  const { items, textCalls, imageCalls, costUsd, minimumSeconds, windowSeconds, typical, normalCostUsd, batchCostUsd } = estimate;
  const isBatched = costUsd < (normalCostUsd ?? 0);
  return html`<div aria-live="polite">
    <p class="estimate-cost"><strong>${formatUsd(costUsd)}</strong> <span class="hint">at list prices, if nothing fails</span></p>
    <dl class="estimate-figures">
      <div><dt>New items</dt><dd>${formatCount(items)}</dd></div>
      <div><dt>Text calls</dt><dd>${formatCount(textCalls)}</dd></div>
      <div><dt>Image calls</dt><dd>${formatCount(imageCalls)}</dd></div>
      <div><dt>Time</dt><dd>${isBatched ? `up to ${formatDuration(windowSeconds)}` : imageCalls === 0 ? "moments" : `about ${formatDuration(Math.max(windowSeconds, minimumSeconds ?? 0))}`}</dd></div>
    </dl>
    ${minimumSeconds !== null && html`<p class="hint">At least ${formatDuration(minimumSeconds)} under the requested quota.</p>`}
    ${batchCostUsd !== undefined && normalCostUsd !== undefined && batchCostUsd !== normalCostUsd && html`<p class="hint">${formatUsd(batchCostUsd)} in the provider's batches, ${formatUsd(normalCostUsd)} in normal calls.</p>`}
    ${isBatched && html`<p class="hint">The provider answers a batch within a day.</p>`}
    ${!isBatched && imageCalls > 0 && minimumSeconds === null && html`<p class="hint">The time is a guess: it depends on the provider's quota, which is not known before.</p>`}
    ${typical && html`<p>Typically ${formatUsd(typical.costUsd)} and ${formatCount(typical.imageCalls)} image calls: most items need fewer rounds than the maximum.</p>`}
    ${textCalls + imageCalls === 0 && html`<p class="warn">There is nothing to do: the catalog has all that is asked for.${"targetCount" in request && " Ask for more items to extend it."}</p>`}
    ${request.maxCostUsd === undefined && imageCalls > 0 && html`<p class="hint">No budget is set, so failed calls can make the run more expensive.</p>`}
  </div>`;
}

/** @param {{estimate: Estimate, request: Record<string, any>, onAccept: (accepted: boolean) => void}} props */
function BudgetWarning({ estimate, request, onAccept }) {
  if (request.maxCostUsd === undefined || estimate.costUsd <= request.maxCostUsd) return null;
  return html`<div class="callout warn">
    <p>The estimate is above the budget of ${formatUsd(request.maxCostUsd)}. The run is refused, unless you accept that it stops at the budget.</p>
    <label class="check">
      <input type="checkbox" checked=${request.acceptEstimate === true} onChange=${(/** @type {Event} */ event) => onAccept(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
      Start anyway, and stop at the budget
    </label>
  </div>`;
}
