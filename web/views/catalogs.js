/** All catalogs, with cover images, counts and state. */

import { ErrorNote } from "../components/feedback.js";
import { StatusBadge } from "../components/status_badge.js";
import { StoredImage } from "../components/stored_image.js";
import { getJson } from "../lib/api.js";
import { formatCount, formatNoun, formatTime } from "../lib/format.js";
import { html } from "../lib/html.js";
import { imagePath, thumbnailPath } from "../lib/images.js";
import { useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";
import { hasEnded } from "../lib/run_words.js";

const POLL_MILLISECONDS = 10_000;
const RUN_POLL_MILLISECONDS = 4_000;

/** @typedef {import("../lib/types.js").CatalogSummary} CatalogSummary */
/** @typedef {import("../lib/types.js").RunStatus} RunStatus */

export function CatalogsView() {
  const { data, error, reload } = useLoaded("catalogs", loadCatalogs, () => POLL_MILLISECONDS);
  return html`<div class="catalogs-view">
    <h1 tabindex="-1">Catalogs</h1>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data === null && error === null && html`<p role="status">Loading…</p>`}
    ${data !== null && data.length === 0 && html`<${FirstSteps} />`}
    ${data !== null && data.length > 0 && html`<ul class="cards">${data.map((catalog) => html`<${CatalogCard} key=${catalog.catalog} catalog=${catalog} />`)}</ul>`}
  </div>`;
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

function FirstSteps() {
  return html`<section class="first-steps" aria-labelledby="first-steps">
    <h2 id="first-steps">There is no catalog yet</h2>
    <p>A catalog is a set of items with one image each. To get one:</p>
    <ol>
      <li><strong>Start a run.</strong> Say what the items are, or upload a file of products. The page shows what the run will cost before it starts.</li>
      <li><strong>Watch it.</strong> Images appear here as they are generated. You can cancel at any time; finished images stay.</li>
      <li><strong>Review and publish.</strong> Approve the images that you like, generate others again, and publish <code>catalog.json</code>.</li>
    </ol>
    <p class="buttons"><a class="button primary" href=${makeHref(["new"])}>Start the first run</a></p>
  </section>`;
}

/** @param {{catalog: CatalogSummary}} props */
function CatalogCard({ catalog: summary }) {
  const { catalog, counts, categoryCount, covers, lastRun } = summary;
  const isHeld = lastRun !== null && !hasEnded(lastRun.status);
  return html`<li class="card catalog-card">
    <a class="card-link" href=${makeHref(["catalogs", catalog, "review"])}>
      <span class=${covers.length === 1 ? "covers single" : "covers"}>
        ${covers.map((cover) => html`<${StoredImage} key=${cover.itemId} path=${cover.hasThumbnail ? thumbnailPath(catalog, cover.filename) : imagePath(catalog, cover.filename)} sha256=${cover.sha256} alt="" />`)}
        ${covers.length === 0 && html`<span class="no-covers">No image yet</span>`}
      </span>
      <span class="card-title" translate="no">${catalog}</span>
    </a>
    <p>${formatNoun(counts.items, "item")} in ${formatNoun(categoryCount, "category", "categories")}</p>
    <p>
      ${formatNoun(counts.images, "image")}${counts.failed > 0 && html`, <span class="bad">${formatCount(counts.failed)} failed</span>`}${counts.placeholders > 0 && `, ${formatNoun(counts.placeholders, "placeholder")}`}
    </p>
    <${Decisions} counts=${counts} />
    <p class="hint">${describePublished(summary)}</p>
    ${lastRun !== null && (isHeld ? html`<${ActiveRun} runId=${lastRun.runId} status=${lastRun.status} />` : html`<p class="hint">Last run: <a href=${makeHref(["runs", lastRun.runId])}>${formatTime(lastRun.createdAt)}</a> <${StatusBadge} status=${lastRun.status} /></p>`)}
    <nav class="card-links" aria-label=${`Pages of ${catalog}`}>
      <a href=${makeHref(["catalogs", catalog, "review"])}>Review</a>
      <a href=${makeHref(["catalogs", catalog, "publish"])}>Publish</a>
      <a href=${makeHref(["runs"], { catalog })}>Runs</a>
      <a href=${makeHref(["new"], { catalog })}>Extend</a>
    </nav>
  </li>`;
}

/** @param {CatalogSummary} summary */
function describePublished({ publishedAt, review }) {
  const published = publishedAt === null ? "Not published" : `Published ${formatTime(publishedAt)}`;
  return review === "required" ? `${published}. Only approved images are published.` : published;
}

/** @param {{counts: import("../lib/types.js").CatalogCounts}} props */
function Decisions({ counts: { approved, rejected, undecided } }) {
  const decided = approved + rejected;
  if (decided + undecided === 0) return null;
  return html`<div class="decisions-line">
    <span class="decisions-bar" aria-hidden="true">
      <span class="approved" style=${{ flexGrow: approved }}></span>
      <span class="rejected" style=${{ flexGrow: rejected }}></span>
      <span class="undecided" style=${{ flexGrow: undecided }}></span>
    </span>
    <span>${decided === 0 ? "Not reviewed yet" : `${formatCount(approved)} approved, ${formatCount(rejected)} rejected, ${formatCount(undecided)} undecided`}</span>
  </div>`;
}

/** @param {{runId: string, status: string}} props */
function ActiveRun({ runId, status }) {
  const { data } = useLoaded(
    `run ${runId}`,
    (signal) => /** @type {Promise<RunStatus>} */ (getJson(`runs/${encodeURIComponent(runId)}`, { signal })),
    (run) => (run !== null && hasEnded(run.status) ? 0 : RUN_POLL_MILLISECONDS),
  );
  const images = data?.progress.images;
  const items = data?.progress.items;
  return html`<div class="active-run">
    <p><a href=${makeHref(["runs", runId])}>Run</a> <${StatusBadge} status=${data?.status ?? status} /></p>
    ${images && images.total > 0 && html`<progress aria-label="Images of the run" value=${images.done} max=${images.total}></progress><span class="hint">${formatCount(images.done)} of ${formatCount(images.total)} images</span>`}
    ${items && images?.total === 0 && html`<progress aria-label="Items of the run" value=${items.accepted} max=${Math.max(items.target, 1)}></progress><span class="hint">${formatCount(items.accepted)} of ${formatCount(items.target)} items</span>`}
  </div>`;
}
