/** What will be in catalog.json and what not and why, and the button that publishes it. */

import { CatalogHeader } from "../components/catalog_header.js";
import { ErrorNote } from "../components/feedback.js";
import { announce } from "../lib/announce.js";
import { catalogPath, getJson, sendJson } from "../lib/api.js";
import { formatCount, formatNoun, formatTime } from "../lib/format.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { asApiError, useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";

/** @typedef {import("../lib/types.js").CatalogDetail} CatalogDetail */
/** @typedef {{reason: "rejected" | "undecided" | "no_image", count: number, examples: {productId: string, itemId: string, name: string}[]}} LeftOut */
/** @typedef {{catalog: string, only: "approved" | null, items: number, publish: number, leftOut: LeftOut[]}} Preview */
/** @typedef {{catalog: string, items: number, images: number, missing: number, placeholders: number, missingThumbnails: number, missingVariants: number, outputs: Record<string, string>, leftOut: LeftOut[]}} PublishResult */
/** @typedef {"all" | "approved"} Choice */

/** Others decide meanwhile. */
const POLL_MILLISECONDS = 10_000;

/** Words for the reasons of the preview. @type {Record<string, {title: string, meaning: string, filters: Record<string, string>}>} */
const REASONS = {
  rejected: { title: "rejected", meaning: "A reviewer rejected the image. Generate it again, or approve it.", filters: { decision: "rejected" } },
  undecided: { title: "undecided", meaning: "Nobody has approved the present image yet.", filters: { decision: "undecided" } },
  no_image: { title: "without an image", meaning: "The image failed, or was not generated yet. Repair the catalog.", filters: { state: "missing" } },
};

/** @param {{catalog: string}} props */
export function PublishView({ catalog }) {
  const { data, error, reload } = useLoaded(`publish ${catalog}`, (signal) => loadPreviews(catalog, signal), () => POLL_MILLISECONDS);
  const [choice, setChoice] = useState(/** @type {Choice | null} */ (null));
  const [result, setResult] = useState(/** @type {PublishResult | null} */ (null));
  const [failure, setFailure] = useState(/** @type {import("../lib/api.js").ApiError | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const resultHeading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (result !== null) resultHeading.current?.focus();
  }, [result]);

  const isRequired = data?.detail.review === "required";
  const chosen = isRequired ? "approved" : (choice ?? "all");
  const preview = data === null ? null : chosen === "approved" ? data.approved : data.all;

  /** @param {SubmitEvent} event */
  async function publish(event) {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      const body = chosen === "approved" ? { only: "approved" } : {};
      setResult(await sendJson("POST", catalogPath(catalog, "/publish"), body));
      announce(`${catalog} is published.`);
      await reload();
    } catch (caught) {
      setResult(null);
      setFailure(asApiError(caught));
    }
    setBusy(false);
  }

  return html`<div class="publish-view">
    <${CatalogHeader} catalog=${catalog} current="publish" />
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data === null && error === null && html`<p role="status">Loading…</p>`}
    ${result !== null && html`<${Result} result=${result} headingRef=${resultHeading} />`}
    ${data !== null &&
    preview !== null &&
    html`<form onSubmit=${publish}>
      <p>${describePublished(data.detail)}</p>
      <fieldset class="choices">
        <legend>Which items</legend>
        <${ChoiceCard} value="all" chosen=${chosen} isDisabled=${isRequired} onChoose=${setChoice} title="All that are not rejected" count=${data.all.publish} text=${isRequired ? "Not possible: the catalog's last request asks for a review of each image." : "Approved and undecided images."} />
        <${ChoiceCard} value="approved" chosen=${chosen} isDisabled=${false} onChoose=${setChoice} title="Approved only" count=${data.approved.publish} text="Images that a reviewer has approved." />
      </fieldset>
      <h2>What catalog.json will hold</h2>
      <p class="publish-sum" aria-live="polite"><strong>${formatCount(preview.publish)}</strong> of ${formatNoun(preview.items, "item")}</p>
      <${LeftOutList} catalog=${catalog} leftOut=${preview.leftOut} />
      <${ErrorNote} error=${failure} />
      ${preview.publish === 0 && html`<p class="warn">There is nothing to publish. ${chosen === "approved" ? html`<a href=${makeHref(["catalogs", catalog, "review"], { decision: "undecided" })}>Approve some images first.</a>` : ""}</p>`}
      <div class="buttons">
        <button type="submit" class="primary" disabled=${isBusy || preview.publish === 0}>${isBusy ? "Publishing…" : `Publish ${formatNoun(preview.publish, "item")}`}</button>
      </div>
      <p class="hint">Writes <code>catalog.json</code>, <code>manifest.json</code> and the files beside them. An importer that reads during this sees the earlier files or the new ones, whole.</p>
    </form>`}
  </div>`;
}

/**
 * @param {string} catalog @param {AbortSignal} signal
 * @returns {Promise<{detail: CatalogDetail, all: Preview, approved: Preview}>}
 */
async function loadPreviews(catalog, signal) {
  const options = { signal, query: { preview: true } };
  const path = catalogPath(catalog, "/publish");
  const [detail, all, approved] = await Promise.all([
    /** @type {Promise<CatalogDetail>} */ (getJson(catalogPath(catalog), { signal })),
    /** @type {Promise<Preview>} */ (sendJson("POST", path, {}, options)),
    /** @type {Promise<Preview>} */ (sendJson("POST", path, { only: "approved" }, options)),
  ]);
  return { detail, all, approved };
}

/** @param {CatalogDetail} detail */
function describePublished({ publishedAt }) {
  return publishedAt === null ? "This catalog has not been published yet." : `Last published ${formatTime(publishedAt)}. Publishing replaces that version.`;
}

/** @param {{value: Choice, chosen: Choice, isDisabled: boolean, onChoose: (value: Choice) => void, title: string, count: number, text: string}} props */
function ChoiceCard({ value, chosen, isDisabled, onChoose, title, count, text }) {
  return html`<label class=${isDisabled ? "choice disabled" : "choice"}>
    <input type="radio" name="only" value=${value} checked=${value === chosen} disabled=${isDisabled} onChange=${() => onChoose(value)} />
    <span>
      <strong>${title}</strong>
      <span class="choice-count">${formatNoun(count, "item")}</span>
      <span class="hint">${text}</span>
    </span>
  </label>`;
}

/** @param {{catalog: string, leftOut: LeftOut[]}} props */
function LeftOutList({ catalog, leftOut }) {
  const shown = leftOut.filter(({ count }) => count > 0);
  if (shown.length === 0) return html`<p class="good">Nothing is left out.</p>`;
  return html`<h2>What is left out</h2>
    <ul class="left-out">
      ${shown.map(({ reason, count, examples }) => {
        const { title, meaning, filters } = REASONS[reason] ?? { title: reason, meaning: "", filters: {} };
        return html`<li key=${reason}>
          <p><strong>${formatNoun(count, "item")} ${title}</strong> <span class="hint">${meaning}</span> <a href=${makeHref(["catalogs", catalog, "review"], filters)}>Show ${count === 1 ? "it" : "them"}</a></p>
          <details>
            <summary>Examples</summary>
            <ul class="examples">
              ${examples.map(({ itemId, name }) => html`<li key=${itemId}><a href=${makeHref(["catalogs", catalog, "items", itemId])}><bdi>${name}</bdi></a></li>`)}
              ${count > examples.length && html`<li class="hint">and ${formatCount(count - examples.length)} more</li>`}
            </ul>
          </details>
        </li>`;
      })}
    </ul>`;
}

/** @param {{result: PublishResult, headingRef: {current: HTMLElement | null}}} props */
function Result({ result, headingRef }) {
  const lacking = Math.max(result.missingThumbnails, result.missingVariants);
  return html`<section class="publish-result" aria-labelledby="published">
    <h2 id="published" tabindex="-1" ref=${headingRef}>Published</h2>
    <p>
      <code>catalog.json</code> has ${formatNoun(result.items, "item")}${result.placeholders > 0 && `, ${formatCount(result.placeholders)} of them with a placeholder`}.
      ${result.missing > 0 && ` ${formatNoun(result.missing, "item")} without an image ${result.missing === 1 ? "is" : "are"} left out.`}
      ${lacking > 0 && ` ${formatNoun(lacking, "image")} still ${lacking === 1 ? "lacks" : "lack"} a thumbnail or a variant: publish again to make more.`}
    </p>
    <dl class="paths">${Object.entries(result.outputs).map(([name, path]) => html`<div key=${name}><dt>${name}</dt><dd><code translate="no">${path}</code></dd></div>`)}</dl>
  </section>`;
}
