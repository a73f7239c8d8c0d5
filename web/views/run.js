/** One run, live: both stages, cost, failures and images as they come. */

import { ErrorNote } from "../components/feedback.js";
import { StatusBadge } from "../components/status_badge.js";
import { getJson, send } from "../lib/api.js";
import { formatDuration, formatTime } from "../lib/format.js";
import { html, useEffect } from "../lib/html.js";
import { useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";
import { describeStatus, hasEnded, isActive, measureSeconds } from "../lib/run_words.js";
import { Actions } from "../run/actions.js";
import { Cost, CostsByModel, Failures, Outputs } from "../run/figures.js";
import { NewestImages } from "../run/newest_images.js";
import { Notices } from "../run/notices.js";
import { Stages } from "../run/stages.js";

const IDLE_POLL_MILLISECONDS = 5_000;
const HIDDEN_POLL_MILLISECONDS = 30_000;
const MILESTONE_PERCENT = 25;

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */
/** @typedef {{run: RunStatus, pollMilliseconds: number}} Polled */

/** @param {{runId: string}} props */
export function RunView({ runId }) {
  const { data, error, reload } = useLoaded(`run ${runId}`, (signal) => loadRun(runId, signal), choosePoll, HIDDEN_POLL_MILLISECONDS);
  const request = useLoaded(`request ${runId}`, (signal) => /** @type {Promise<Record<string, any>>} */ (getJson(`runs/${encodeURIComponent(runId)}/request`, { signal })));
  const run = data?.run ?? null;
  const title = run === null ? "Run" : `${describeProgress(run)} · ${run.catalog}`;
  useEffect(() => {
    document.title = `${title} · Catalog Seeder`;
  }, [title]);
  if (run === null) {
    return html`<h1 tabindex="-1">Run</h1>
      <${ErrorNote} error=${error} onRetry=${reload} />
      ${error === null && html`<p role="status">Loading…</p>`}`;
  }
  return html`<div class="run-view">
    <header class="run-header">
      <p class="breadcrumb"><a href=${makeHref(["runs"])}>Runs</a> / <a href=${makeHref(["runs"], { catalog: run.catalog })} translate="no">${run.catalog}</a></p>
      <h1 tabindex="-1">Run of <span translate="no">${run.catalog}</span> <${StatusBadge} status=${run.status} /></h1>
      <p class="hint">
        Started ${formatTime(run.createdAt)}, ${hasEnded(run.status) ? `took ${formatDuration(measureSeconds(run))}` : isActive(run.status) ? `for ${formatDuration(measureSeconds(run))}, stage: ${run.stage}` : `stage: ${run.stage}`}. Id <code translate="no">${runId}</code>
      </p>
      <${Actions} run=${run} hasFirstImages=${request.data?.styleReference?.firstApproved != null} onChange=${reload} />
    </header>
    <${ErrorNote} error=${error} onRetry=${reload} />
    <p class="visually-hidden" role="status">${describeMilestone(run)}</p>
    <${Notices} run=${run} />
    <div class="run-figures">
      <${Stages} run=${run} requestedWindow=${request.data?.parallelImageRequests ?? null} />
      <${Cost} run=${run} budgetUsd=${request.data?.maxCostUsd ?? null} />
    </div>
    <${Failures} run=${run} />
    <${NewestImages} run=${run} />
    <${CostsByModel} run=${run} />
    <${Outputs} run=${run} />
    ${request.data !== null &&
    html`<details class="run-section">
      <summary><h2>Request</h2></summary>
      <p><a href=${makeHref(["new"], { run: runId })}>Start a run with the same settings…</a></p>
      <pre class="request-document" tabindex="0">${JSON.stringify(request.data, null, 2)}</pre>
    </details>`}
  </div>`;
}

/** @param {string} runId @param {AbortSignal} signal @returns {Promise<Polled>} */
async function loadRun(runId, signal) {
  const response = await send("GET", `runs/${encodeURIComponent(runId)}`, { signal });
  const seconds = Number(response.headers.get("Retry-After"));
  return { run: await response.json(), pollMilliseconds: seconds > 0 ? 1000 * seconds : IDLE_POLL_MILLISECONDS };
}

/** @param {Polled | null} polled @returns {number} milliseconds until the next poll */
function choosePoll(polled) {
  if (polled === null) return IDLE_POLL_MILLISECONDS;
  return hasEnded(polled.run.status) ? 0 : polled.pollMilliseconds;
}

/** @param {RunStatus} run */
function measurePercent({ progress: { items, images } }) {
  const [done, total] = images.total > 0 ? [images.done, images.total] : [items.accepted, items.target];
  return total > 0 ? Math.floor((100 * done) / total) : 0;
}

/** @param {RunStatus} run */
function describeProgress(run) {
  return isActive(run.status) ? `${measurePercent(run)} %` : describeStatus(run.status).name;
}

/** What screen readers hear: it changes at milestones only. @param {RunStatus} run */
function describeMilestone(run) {
  if (!isActive(run.status)) return `Run of ${run.catalog}: ${describeStatus(run.status).name}`;
  const percent = MILESTONE_PERCENT * Math.floor(measurePercent(run) / MILESTONE_PERCENT);
  const what = run.progress.images.total > 0 ? "images" : "items";
  const wait = run.throttle.message === undefined ? "" : ", waiting for the provider";
  return `Run of ${run.catalog}: ${run.stage}, ${percent} percent of the ${what}${wait}`;
}
