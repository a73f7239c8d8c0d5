/** Bars above and below the grid: how many items there are, and what can be done with the selected items or the item at the cursor. */

import { formatCount, formatNoun } from "../lib/format.js";
import { html } from "../lib/html.js";
import { FilterToggle, clearFilters } from "./filter_bar.js";

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
  const isEmpty = count === 0 && row === null;
  const amount = count > 1 ? ` ${formatCount(count)}` : "";
  return html`<div class="action-bar" role="toolbar" aria-label="Actions">
    <p class="action-target">
      ${count > 0
        ? html`<strong>${formatNoun(count, "item")} selected</strong>`
        : row === null
          ? "No item"
          : html`<strong dir="auto">${row.name}</strong> <span class="hint">${formatCount(index + 1)} of ${formatCount(state.total)}</span>`}
    </p>
    <div class="action-buttons" tabindex=${isEmpty && state.queue.steps.length === 0 ? 0 : null}>
      <button type="button" class="approve" disabled=${isEmpty} onClick=${actions.approve}>Approve${amount} <kbd aria-hidden="true">a</kbd></button>
      <button type="button" class="reject" disabled=${isEmpty} onClick=${actions.reject}>Reject${amount} <kbd aria-hidden="true">x</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.regenerate}>Regenerate${amount}… <kbd aria-hidden="true">r</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.edit}>Edit prompt… <kbd aria-hidden="true">e</kbd></button>
      <button type="button" disabled=${row === null} onClick=${actions.open}>Open <kbd aria-hidden="true">Enter</kbd></button>
      <button type="button" disabled=${isEmpty} onClick=${actions.compare}>Compare <kbd aria-hidden="true">c</kbd></button>
      <button type="button" disabled=${state.queue.steps.length === 0} onClick=${actions.undo}>Undo <kbd aria-hidden="true">u</kbd></button>
    </div>
  </div>`;
}

/** @param {{state: import("./review_state.js").ReviewState}} props */
export function ListBar({ state }) {
  void state.pages.revision.value;
  const { total } = state.pages;
  const isFiltered = Object.keys(state.filters).length > 1;
  const isSelecting = state.isSelecting.value;
  const hasSelection = state.selected.value.size > 0;
  const selecting = state.selecting.value;
  const text = selecting !== null ? `Selecting… ${formatCount(selecting)} of ${formatNoun(total ?? 0, "item")}` : total === null ? (state.pages.error.value === null ? "Loading…" : "") : formatNoun(total, "item");
  return html`<div class="list-bar">
    <${FilterToggle} count=${Object.keys(state.filters).length - 1} />
    <p role="status">${text}</p>
    ${isFiltered && html`<button type="button" class="small" onClick=${() => clearFilters(state.filters)}>Clear filters</button>`}
    <button type="button" class="small" aria-pressed=${isSelecting ? "true" : "false"} disabled=${state.total === 0} onClick=${() => (state.isSelecting.value = !isSelecting)}>Select</button>
    <button type="button" class="small" disabled=${state.total === 0} onClick=${() => void state.selectAll()}>Select all</button>
    ${(hasSelection || isSelecting) && html`<button type="button" class="small" onClick=${() => state.clearSelection()}>Clear selection <kbd aria-hidden="true">Esc</kbd></button>`}
  </div>`;
}
