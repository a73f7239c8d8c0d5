/** The decision about an item's image, with a note. */

import { formatTime } from "../lib/format.js";
import { html, useState } from "../lib/html.js";

/** Notes that were typed and not saved yet, by catalog, item and image. @type {Map<string, string>} */
const drafts = new Map();

/** @param {string} catalog @param {import("./decision_queue.js").ItemDecision} decision @returns {string | null | undefined} undefined: nothing was typed */
export function takeNote(catalog, decision) {
  const key = `${catalog}/${decision.itemId}/${decision.sha256}`;
  const note = drafts.get(key);
  drafts.delete(key);
  return note === undefined ? undefined : note.trim() || null;
}

/**
 * @param {object} props
 * @param {string} props.catalog
 * @param {import("../lib/types.js").ItemRow} props.item
 * @param {import("./decision_queue.js").DecisionQueue} props.queue
 * @param {(verdict: "approved" | "rejected" | "undecided") => void} props.onDecide
 */
export function DecisionPanel({ catalog, item, queue, onDecide }) {
  void queue.revision.value;
  const [, setEdits] = useState(0);
  const decision = queue.find(item);
  if (decision === null) {
    return html`<section class="decision-panel" aria-label="Decision">
      <p><strong>No image.</strong> ${item.failure !== null && html`<span class="bad">${item.failure.reason}</span>: ${item.failure.message}`}</p>
    </section>`;
  }
  const key = `${catalog}/${item.itemId}/${decision.sha256}`;
  const typed = drafts.get(key) ?? decision.note ?? "";
  const isUnsent = queue.unsent.has(item.itemId);
  const isSavable = decision.verdict !== "undecided" && typed.trim() !== (decision.note ?? "");
  return html`<section class="decision-panel" aria-label="Decision">
    <p role="status">
      <span class=${`count ${decision.verdict}`}>${decision.verdict}</span>${isUnsent && html` <span class="hint">saving…</span>`}
      ${!isUnsent && item.decision !== null && decision.verdict !== "undecided" && html` <span class="hint">${item.decision.reviewer && html`by <bdi>${item.decision.reviewer}</bdi>, `}${formatTime(item.decision.at)}</span>`}
    </p>
    <div class="buttons">
      <button type="button" class="approve" aria-pressed=${decision.verdict === "approved" ? "true" : "false"} onClick=${() => onDecide("approved")}>Approve <kbd aria-hidden="true">a</kbd></button>
      <button type="button" class="reject" aria-pressed=${decision.verdict === "rejected" ? "true" : "false"} onClick=${() => onDecide("rejected")}>Reject <kbd aria-hidden="true">x</kbd></button>
      ${decision.verdict !== "undecided" && html`<button type="button" onClick=${() => onDecide("undecided")}>Undecided <kbd aria-hidden="true">z</kbd></button>`}
    </div>
    <label class="field">
      <span>Note <span class="hint">(saved with the decision)</span></span>
      <textarea
        rows="2"
        maxlength="500"
        value=${typed}
        onInput=${(/** @type {InputEvent} */ event) => {
          drafts.set(key, /** @type {HTMLTextAreaElement} */ (event.currentTarget).value);
          setEdits((count) => count + 1);
        }}
      ></textarea>
    </label>
    ${isSavable && html`<button type="button" onClick=${() => onDecide(decision.verdict)}>Save the note</button>`}
  </section>`;
}
