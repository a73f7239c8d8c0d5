/** Lines above the grid: decisions that are not saved, decisions that were refused, and the run that is active. */

import { formatCount, formatNoun, formatUsd } from "../lib/format.js";
import { html } from "../lib/html.js";
import { useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";
import { getJson } from "../lib/api.js";
import { isRetried } from "./decision_queue.js";
import { awaitsApproval, describeStatus, hasEnded } from "../lib/run_words.js";

const RUN_POLL_MILLISECONDS = 2000;
const SHOWN_NAMES = 5;

/** @param {{name: string}[]} items */
function listNames(items) {
  const names = items.slice(0, SHOWN_NAMES).map(({ name }, at) => html`${at > 0 && ", "}<bdi>${name}</bdi>`);
  return html`${names}${items.length > SHOWN_NAMES && ` and ${formatCount(items.length - SHOWN_NAMES)} more`}`;
}

/** @param {{queue: import("./decision_queue.js").DecisionQueue}} props */
export function UnsentNote({ queue }) {
  void queue.revision.value;
  const error = queue.error.value;
  const unsent = [...queue.unsent.values()];
  if (error === null || unsent.length === 0) return null;
  return html`<div class="notice bad-notice" role="alert">
    <p><strong>${formatNoun(unsent.length, "decision")} not saved yet:</strong> ${listNames(unsent)}. ${error.message} ${isRetried(error) ? "The page keeps trying; do not close it." : "They are kept until this page is closed."}</p>
    <button type="button" onClick=${() => void queue.flush()}>Save now</button>
  </div>`;
}

/** @type {Record<string, string>} */
const REASONS = {
  image_changed: "The image has changed since. Look at the new image and decide again",
  no_image: "There is no image any more",
  unknown_item: "The item is no longer in the catalog",
};

/** @param {{queue: import("./decision_queue.js").DecisionQueue, onShow: (itemId: string) => void}} props */
export function RefusedNote({ queue, onShow }) {
  const refused = queue.refused.value;
  if (refused.length === 0) return null;
  const canRetry = refused.some(({ reason }) => !(reason in REASONS));
  const reasons = [...new Set(refused.map(({ reason }) => reason))];
  const byReason = reasons.map((reason) => /** @type {const} */ ([reason, refused.filter((one) => one.reason === reason)]));
  return html`<div class="notice bad-notice" role="alert">
    ${byReason.map(
      ([reason, items]) => html`<p key=${reason}>
        <strong>${formatNoun(items.length, "decision")} not recorded.</strong> ${REASONS[reason] ?? reason}:${" "}
        ${items.slice(0, SHOWN_NAMES).map((item, at) => html`${at > 0 && ", "}<button type="button" class="link-button" onClick=${() => onShow(item.itemId)}><bdi>${item.name}</bdi></button> (${item.verdict})`)}${items.length > SHOWN_NAMES && ` and ${formatCount(items.length - SHOWN_NAMES)} more`}
      </p>`,
    )}
    <div class="buttons">
      ${canRetry && html`<button type="button" onClick=${() => queue.retryRefused()}>Try again</button>`}
      <button type="button" onClick=${() => (queue.refused.value = [])}>Dismiss</button>
    </div>
  </div>`;
}

/** @param {{runId: string, isOwn: boolean}} props `isOwn`: started here, so its end is shown too */
export function RunNote({ runId, isOwn }) {
  const { data } = useLoaded(
    `run ${runId}`,
    (signal) => /** @type {Promise<import("../lib/types.js").RunStatus>} */ (getJson(`runs/${encodeURIComponent(runId)}`, { signal })),
    (run) => (run === null || !hasEnded(run.status) ? RUN_POLL_MILLISECONDS : 0),
  );
  if (data === null || (!isOwn && hasEnded(data.status))) return null;
  const { images } = data.progress;
  if (awaitsApproval(data)) {
    return html`<p class="notice" role="status">
      The run waits for your approval of its first ${formatNoun(data.awaitedImages ?? 0, "image")}. Approve those whose look the others are to have, then <a href=${makeHref(["runs", runId])}>continue the run</a>.
    </p>`;
  }
  return html`<p class="notice" role="status">
    <a href=${makeHref(["runs", runId])}>Run</a> (${describeStatus(data.status).name.toLowerCase()}): ${formatCount(images.done)} of ${formatNoun(images.total, "image")}${images.failed > 0 && html`, <span class="bad">${formatCount(images.failed)} failed</span>`},
    ${" "}${formatUsd(Number(data.cost.usd))}. New images are undecided.
  </p>`;
}
