/** Asks before images are generated again: which items, with which prompts, at what cost. */

import { Dialog } from "../components/dialog.js";
import { ErrorNote } from "../components/feedback.js";
import { StoredImage } from "../components/stored_image.js";
import { catalogPath, sendJson } from "../lib/api.js";
import { announce } from "../lib/announce.js";
import { formatCount, formatDuration, formatNoun, formatUsd } from "../lib/format.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { imagePath, thumbnailPath } from "../lib/images.js";
import { asApiError, useLoaded } from "../lib/polling.js";

const MAX_ITEMS = 1000;
const SHOWN_ITEMS = 20;
/** Of a text field, where the browser cannot fit it to its text (`field-sizing`). */
const MAX_ROWS = 8;
const ROW_CHARACTERS = 60;

/** @typedef {import("../lib/types.js").ItemRow} ItemRow */
/** @typedef {import("../lib/types.js").Estimate} Estimate */
/** @typedef {import("../lib/api.js").ApiError} ApiError */

/** Prompts that were typed and not used yet, by catalog and item: closing the dialog loses none. @type {Map<string, string>} */
const drafts = new Map();

/** @param {string} catalog @param {ItemRow} row */
function promptOf(catalog, row) {
  return drafts.get(`${catalog}/${row.itemId}`) ?? row.imagePrompt;
}

/** @param {string} catalog @param {ItemRow[]} rows @param {{maxCostUsd: string, acceptEstimate: boolean}} options */
function makeBody(catalog, rows, { maxCostUsd, acceptEstimate }) {
  /** @type {Record<string, string>} */
  const imagePrompts = {};
  for (const row of rows) {
    const prompt = promptOf(catalog, row).trim();
    if (prompt !== row.imagePrompt) imagePrompts[row.itemId] = prompt;
  }
  return {
    productIds: rows.map((row) => row.itemId),
    ...(Object.keys(imagePrompts).length > 0 ? { imagePrompts } : {}),
    ...(maxCostUsd.trim() ? { maxCostUsd: Number(maxCostUsd) } : {}),
    ...(acceptEstimate ? { acceptEstimate } : {}),
  };
}

/**
 * @param {object} props
 * @param {string} props.catalog
 * @param {ItemRow[]} props.rows
 * @param {boolean} props.isEditing whether the first prompt has the focus
 * @param {() => void} props.onClose
 * @param {(runId: string) => void} props.onStarted
 */
export function RegenerateDialog({ catalog, rows, isEditing, onClose, onStarted }) {
  const named = rows.slice(0, MAX_ITEMS);
  const [maxCostUsd, setMaxCostUsd] = useState("");
  const [acceptEstimate, setAcceptEstimate] = useState(false);
  const [hasFields, setFields] = useState(isEditing || rows.length === 1);
  const [shownCount, setShownCount] = useState(SHOWN_ITEMS);
  const [error, setError] = useState(/** @type {ApiError | null} */ (null));
  const [isStarting, setStarting] = useState(false);
  const [, setEdits] = useState(0);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const estimate = useLoaded(`estimate ${catalog} ${named.map((row) => row.itemId).join()}`, (signal) => loadEstimate(catalog, named, signal));

  useEffect(() => {
    const target = form.current?.querySelector(isEditing ? "textarea" : "button.primary");
    if (target instanceof HTMLElement) target.focus();
  }, []);

  const atItems = new Map((error?.fieldErrors ?? []).map(({ field, message }) => [field, message]));

  const fieldsShown = new Set(["maxCostUsd", ...named.slice(0, hasFields ? shownCount : 0).flatMap((row) => [`imagePrompts.${row.itemId}`, `imagePrompts.${row.productId}`])]);
  const isShownAtFields = atItems.size > 0 && [...atItems.keys()].every((field) => fieldsShown.has(field));

  /** @param {SubmitEvent} event */
  async function start(event) {
    event.preventDefault();
    setStarting(true);
    setError(null);
    try {
      /** @type {{runId: string}} */
      const started = await sendJson("POST", catalogPath(catalog, "/regenerate"), makeBody(catalog, named, { maxCostUsd, acceptEstimate }));
      for (const row of named) drafts.delete(`${catalog}/${row.itemId}`);
      announce(`The run has started: ${formatNoun(named.length, "image")}.`);
      onStarted(started.runId);
    } catch (failure) {
      setError(asApiError(failure));
      setStarting(false);
    }
  }

  return html`<${Dialog} title=${named.length === 1 ? "Regenerate 1 image" : `Regenerate ${formatCount(named.length)} images`} onClose=${onClose} isWide=${true}>
    <form ref=${form} class="regenerate" onSubmit=${start}>
      ${rows.length > MAX_ITEMS && html`<p class="warn">A run regenerates at most ${formatCount(MAX_ITEMS)} images. These are the first ones of ${formatCount(rows.length)}; select the others when the run has ended.</p>`}
      <ul class=${hasFields ? "regenerate-items" : "regenerate-items compact"}>
        ${named.slice(0, shownCount).map((row) =>
          hasFields
            ? html`<${PromptField}
            key=${row.itemId}
            catalog=${catalog}
            row=${row}
            value=${promptOf(catalog, row)}
            problem=${atItems.get(`imagePrompts.${row.itemId}`) ?? atItems.get(`imagePrompts.${row.productId}`)}
            onType=${(/** @type {string} */ text) => {
              drafts.set(`${catalog}/${row.itemId}`, text);
              setEdits((count) => count + 1);
            }}
          />`
            : html`<li key=${row.itemId}><${Thumbnail} catalog=${catalog} row=${row} /><span><bdi>${row.name}</bdi>${promptOf(catalog, row).trim() !== row.imagePrompt && html` <span class="hint">prompt changed</span>`}</span></li>`,
        )}
      </ul>
      ${named.length > shownCount &&
      html`<details class="other-items">
          <summary>${formatNoun(named.length - shownCount, "more item")}</summary>
          <p>${named.slice(shownCount).map((row, at) => html`${at > 0 && ", "}<bdi>${row.name}</bdi>`)}</p>
        </details>
        <button type="button" onClick=${() => setShownCount(shownCount + SHOWN_ITEMS)}>Show the next ${formatCount(Math.min(SHOWN_ITEMS, named.length - shownCount))}</button>`}
      ${!hasFields && html`<button type="button" onClick=${() => setFields(true)}>Edit the prompts</button>`}
      <div class="regenerate-footer">
      <${EstimateNote} loaded=${estimate} />
      <label class="field short">
        <span>Budget in US dollars <span class="hint">(optional; the run stops before it costs more)</span></span>
        <input
          name="maxCostUsd"
          inputmode="decimal"
          pattern="[0-9]*[.]?[0-9]+"
          autocomplete="off"
          value=${maxCostUsd}
          aria-invalid=${atItems.has("maxCostUsd") ? "true" : null}
          onInput=${(/** @type {InputEvent} */ event) => setMaxCostUsd(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
        />
        ${atItems.has("maxCostUsd") && html`<span class="error-text" role="alert">${atItems.get("maxCostUsd")}</span>`}
      </label>
      ${isShownAtFields ? html`<p class="error-text" role="alert">Correct what is marked, then start again.</p>` : html`<${ErrorNote} error=${error} />`}
      ${error?.kind === "estimate-above-budget" &&
      html`<label class="check">
        <input type="checkbox" checked=${acceptEstimate} onChange=${(/** @type {Event} */ event) => setAcceptEstimate(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
        Start anyway; the run stops at the budget
      </label>`}
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled=${isStarting ? "true" : null}>${isStarting ? "Starting…" : describeStart(named.length, estimate.data)}</button>
        <button type="button" onClick=${onClose}>Cancel</button>
      </div>
      </div>
    </form>
  <//>`;
}

/** @param {string} catalog @param {ItemRow[]} rows @param {AbortSignal} signal @returns {Promise<Estimate>} */
function loadEstimate(catalog, rows, signal) {
  return sendJson("POST", catalogPath(catalog, "/regenerate"), { productIds: rows.map((row) => row.itemId) }, { query: { estimate: true }, signal });
}

/** @param {number} count @param {Estimate | null} estimate */
function describeStart(count, estimate) {
  const images = formatNoun(count, "image");
  return estimate === null ? `Regenerate ${images}` : `Regenerate ${images} for about ${formatUsd(Number(estimate.costUsd))}`;
}

/** @param {{loaded: import("../lib/polling.js").Loaded<Estimate>}} props */
function EstimateNote({ loaded: { data, error, reload } }) {
  if (error !== null) return html`<${ErrorNote} error=${error} onRetry=${reload} />`;
  if (data === null) return html`<p role="status" class="hint">Estimating the cost…</p>`;
  const seconds = Math.max(data.minimumSeconds ?? 0, data.windowSeconds);
  return html`<p role="status" class="estimate">
    About <strong>${formatUsd(Number(data.costUsd))}</strong>: ${formatNoun(data.imageCalls, "image call")}${data.textCalls > 0 && `, ${formatNoun(data.textCalls, "text call")}`}, about
    ${" "}${formatDuration(seconds)}. The present images are kept as earlier rounds.
  </p>`;
}

/** @param {{catalog: string, row: ItemRow}} props */
function Thumbnail({ catalog, row: { image, filename } }) {
  if (image === null) return html`<span class="prompt-thumbnail image-missing">no image</span>`;
  return html`<${StoredImage} class="prompt-thumbnail" path=${image.hasThumbnail ? thumbnailPath(catalog, filename) : imagePath(catalog, filename)} sha256=${image.sha256} alt="" />`;
}

/** @param {{catalog: string, row: ItemRow, value: string, problem: string | undefined, onType: (text: string) => void}} props */
function PromptField({ catalog, row, value, problem, onType }) {
  return html`<li class="prompt-field">
    <${Thumbnail} catalog=${catalog} row=${row} />
    <label class="field">
      <span><strong><bdi>${row.name}</bdi></strong>${value.trim() !== row.imagePrompt && html` <span class="hint">prompt changed</span>`}</span>
      <textarea
        rows=${Math.min(MAX_ROWS, 2 + Math.floor(value.length / ROW_CHARACTERS))}
        dir="auto"
        spellcheck="true"
        aria-invalid=${problem ? "true" : null}
        value=${value}
        onInput=${(/** @type {InputEvent} */ event) => onType(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value)}
      ></textarea>
      ${problem && html`<span class="error-text" role="alert">${problem}</span>`}
    </label>
    ${value.trim() !== row.imagePrompt && html`<button type="button" class="restore" onClick=${() => onType(row.imagePrompt)}>Restore the prompt of the item</button>`}
  </li>`;
}
