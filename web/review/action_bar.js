/** What can be done with the selected items, or with the item at the cursor, by mouse or touch. */

import { formatCount, formatNoun } from "../lib/format.js";
import { html } from "../lib/html.js";

/**
 * @param {object} props
 * @param {import("./review_state.js").ReviewState} props.state
 * @param {import("./review_keys.js").Actions} props.actions
 */
export function ActionBar({ state, actions }) {
  void state.pages.revision.value;
  void state.queue.revision.value;
  const { index } = state.cursor.value;
  const count = state.selected.value.size;
  const row = state.pages.at(index);
  const isSelecting = state.isSelecting.value;
  const isEmpty = count === 0 && row === null;
  const amount = count > 1 ? ` ${formatCount(count)}` : "";
  return html`<div class="action-bar" role="toolbar" aria-label="Actions">
    <p class="action-target">
      ${count > 0
        ? html`<strong>${formatNoun(count, "item")} selected</strong>`
        : row === null
          ? "No item"
          : html`<strong>${row.name}</strong> <span class="hint">${formatCount(index + 1)} of ${formatCount(state.total)}</span>`}
    </p>
    <div class="action-buttons">
      <button type="button" class="approve" disabled=${isEmpty} onClick=${actions.approve}>Approve${amount} <kbd aria-hidden="true">a</kbd></button>
      <button type="button" class="reject" disabled=${isEmpty} onClick=${actions.reject}>Reject${amount} <kbd aria-hidden="true">x</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.regenerate}>Regenerate${amount}… <kbd aria-hidden="true">r</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.edit}>Edit prompt… <kbd aria-hidden="true">e</kbd></button>
      <button type="button" disabled=${row === null} onClick=${actions.open}>Open <kbd aria-hidden="true">Enter</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.compare}>Compare <kbd aria-hidden="true">c</kbd></button>
      <button type="button" disabled=${state.queue.steps.length === 0} onClick=${actions.undo}>Undo <kbd aria-hidden="true">u</kbd></button>
      <button type="button" aria-pressed=${isSelecting ? "true" : "false"} onClick=${() => (state.isSelecting.value = !isSelecting)}>Select</button>
      <button type="button" disabled=${state.total === 0} onClick=${() => void state.selectAll()}>Select all ${formatCount(state.total)}</button>
      ${(count > 0 || isSelecting) && html`<button type="button" onClick=${() => state.clearSelection()}>Clear selection <kbd aria-hidden="true">Esc</kbd></button>`}
    </div>
  </div>`;
}
