/** Past and active runs, newest first. */

import { CatalogHeader } from "../components/catalog_header.js";
import { ErrorNote } from "../components/feedback.js";
import { StatusBadge } from "../components/status_badge.js";
import { getJson } from "../lib/api.js";
import { formatCount, formatDuration, formatTime, formatUsd } from "../lib/format.js";
import { html, useRef, useState } from "../lib/html.js";
import { useLoaded } from "../lib/polling.js";
import { address, changeQuery, makeHref } from "../lib/router.js";
import { describeStatus, hasEnded, measureSeconds, STATUS_NAMES } from "../lib/run_words.js";

const PAGE_LENGTH = 30;
const POLL_MILLISECONDS = 5_000;

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */
/** @typedef {{runs: RunStatus[], continuation: string | null}} RunPage */

export function RunsView() {
  const { query } = address.value;
  const status = query.get("status") ?? "";
  const catalog = query.get("catalog") ?? "";
  const key = `runs ${status} ${catalog}`;
  const pages = useRef({ key, wanted: 1 });
  if (pages.current.key !== key) pages.current = { key, wanted: 1 };
  const [isLoadingMore, setLoadingMore] = useState(false);
  const { data, error, reload } = useLoaded(
    key,
    (signal) => loadPages(status, catalog, pages.current.wanted, signal),
    (page) => (page?.runs.some((run) => !hasEnded(run.status)) ? POLL_MILLISECONDS : 0),
  );
  async function loadMore() {
    pages.current.wanted += 1;
    setLoadingMore(true);
    await reload();
    setLoadingMore(false);
  }
  return html`<div class="runs-view">
    ${catalog === "" ? html`<h1 tabindex="-1">Runs</h1>` : html`<${CatalogHeader} catalog=${catalog} current="runs" />`}
    <div class="run-filters">
      <label class="inline-field">
        <span>Status</span>
        <select value=${status} onChange=${(/** @type {Event} */ event) => changeQuery({ status: /** @type {HTMLSelectElement} */ (event.currentTarget).value })}>
          <option value="">All</option>
          ${STATUS_NAMES.map((name) => html`<option key=${name} value=${name}>${describeStatus(name).name}</option>`)}
        </select>
      </label>
      ${catalog !== "" && html`<a class="button" href=${makeHref(["runs"], { status })}>Show all catalogs</a>`}
      <a class="button" href=${makeHref(["new"], { catalog })}>New run</a>
    </div>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data === null && error === null && html`<p role="status">Loading…</p>`}
    ${data !== null && data.runs.length === 0 && html`<p>${status === "" && catalog === "" ? html`There is no run yet. <a href=${makeHref(["new"])}>Start one.</a>` : data.continuation === null ? "No run matches." : "No run matches so far."}</p>`}
    ${data !== null && data.runs.length > 0 && html`<${RunTable} runs=${data.runs} showsCatalog=${catalog === ""} />`}
    ${data !== null && data.continuation !== null && html`<p><button type="button" disabled=${isLoadingMore} onClick=${loadMore}>${isLoadingMore ? "Loading…" : "Show earlier runs"}</button></p>`}
  </div>`;
}

/**
 * @param {string} status @param {string} catalog @param {number} wanted number of pages @param {AbortSignal} signal
 * @returns {Promise<RunPage>} these pages as one
 */
async function loadPages(status, catalog, wanted, signal) {
  /** @type {RunPage} */
  const all = { runs: [], continuation: null };
  for (let number = 0; number < wanted; number += 1) {
    /** @type {RunPage} */
    const page = await getJson("runs", { query: { status, catalog, limit: PAGE_LENGTH, continuation: all.continuation }, signal });
    all.runs.push(...page.runs);
    all.continuation = page.continuation;
    if (page.continuation === null) break;
  }
  return all;
}

/**
 * The roles are explicit, because on a narrow page the rows are no table cells but cards.
 * @param {{runs: RunStatus[], showsCatalog: boolean}} props
 */
function RunTable({ runs, showsCatalog }) {
  return html`<table class="runs" role="table">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Started</th>
        ${showsCatalog && html`<th role="columnheader" scope="col">Catalog</th>`}
        <th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col" class="numeric">Items</th>
        <th role="columnheader" scope="col" class="numeric">Images</th>
        <th role="columnheader" scope="col" class="numeric">Failed</th>
        <th role="columnheader" scope="col" class="numeric">Duration</th>
        <th role="columnheader" scope="col" class="numeric">Cost</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${runs.map((run) => {
        const { items, images } = run.progress;
        return html`<tr role="row" key=${run.runId}>
          <th role="rowheader" scope="row" data-label="Started"><a href=${makeHref(["runs", run.runId])}>${formatTime(run.createdAt)}</a></th>
          ${showsCatalog && html`<td role="cell" data-label="Catalog"><a href=${makeHref(["runs"], { catalog: run.catalog })} translate="no">${run.catalog}</a></td>`}
          <td role="cell" data-label="Status"><${StatusBadge} status=${run.status} />${run.error !== null && run.error.reason !== "cancelled" && html`<span class="hint run-error">${run.error.message}</span>`}</td>
          <td role="cell" class="numeric" data-label="Items">${formatCount(items.accepted)} of ${formatCount(items.target)}</td>
          <td role="cell" class="numeric" data-label="Images">${images.total === 0 ? "none wanted" : `${formatCount(images.done)} of ${formatCount(images.total)}`}</td>
          <td role="cell" class=${images.failed > 0 ? "numeric bad" : "numeric"} data-label="Failed">${formatCount(images.failed)}</td>
          <td role="cell" class="numeric" data-label="Duration">${formatDuration(measureSeconds(run))}</td>
          <td role="cell" class="numeric" data-label="Cost">${formatUsd(run.cost.usd)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
