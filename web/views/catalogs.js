/** All catalogs, with cover images, counts and state. */

import { StoredImage } from "../components/stored_image.js";
import { ErrorNote } from "../components/feedback.js";
import { getJson } from "../lib/api.js";
import { formatCount, formatNoun, formatTime } from "../lib/format.js";
import { html } from "../lib/html.js";
import { imagePath, thumbnailPath } from "../lib/images.js";
import { useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";

const POLL_MILLISECONDS = 10_000;

/** @typedef {import("../lib/types.js").CatalogSummary} CatalogSummary */

export function CatalogsView() {
  const { data, error, reload } = useLoaded("catalogs", loadCatalogs, () => POLL_MILLISECONDS);
  return html`<h1>Catalogs</h1>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data === null && error === null && html`<p role="status">Loading…</p>`}
    ${data !== null && data.length === 0 && html`<p>There is no catalog yet. <a href=${makeHref(["new"])}>Start a run</a> to generate one.</p>`}
    ${data !== null && data.length > 0 && html`<ul class="cards">${data.map((catalog) => html`<${CatalogCard} key=${catalog.catalog} catalog=${catalog} />`)}</ul>`}`;
}

/** @param {AbortSignal} signal @returns {Promise<CatalogSummary[]>} */
async function loadCatalogs(signal) {
  /** @type {CatalogSummary[]} */
  const catalogs = [];
  /** @type {string | null} */
  let continuation = null;
  do {
    /** @type {{catalogs: CatalogSummary[], continuation: string | null}} */
    const page = await getJson("catalogs", { query: { continuation }, signal });
    catalogs.push(...page.catalogs);
    continuation = page.continuation;
  } while (continuation !== null);
  return catalogs;
}

/** @param {{catalog: CatalogSummary}} props */
function CatalogCard({ catalog: { catalog, counts, covers, lastRun, publishedAt } }) {
  return html`<li class="card">
    <a class="card-link" href=${makeHref(["catalogs", catalog, "review"])}>
      <span class="covers">
        ${covers.map((cover) => html`<${StoredImage} key=${cover.itemId} path=${cover.hasThumbnail ? thumbnailPath(catalog, cover.filename) : imagePath(catalog, cover.filename)} sha256=${cover.sha256} alt="" />`)}
      </span>
      <span class="card-title">${catalog}</span>
    </a>
    <p>${formatNoun(counts.items, "item")}, ${formatNoun(counts.images, "image")}${counts.failed > 0 && html`, <span class="bad">${formatCount(counts.failed)} failed</span>`}</p>
    <p>${formatCount(counts.approved)} approved, ${formatCount(counts.rejected)} rejected, ${formatCount(counts.undecided)} undecided</p>
    <p class="hint">${publishedAt === null ? "Not published" : `Published ${formatTime(publishedAt)}`}${lastRun !== null && html`; <a href=${makeHref(["runs", lastRun.runId])}>last run ${lastRun.status}</a>`}</p>
  </li>`;
}
