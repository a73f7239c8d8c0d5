/** The grid of thumbnails: only the rows near the visible part are elements. */

import { StoredImage } from "../components/stored_image.js";
import { formatCount, formatDistance, formatNoun } from "../lib/format.js";
import { Component, html, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { imagePath, thumbnailPath } from "../lib/images.js";
import { GridLayout, chooseColumns } from "./grid_layout.js";

/** @typedef {import("../lib/types.js").ItemRow} ItemRow */
/** @typedef {import("./review_state.js").ReviewState} ReviewState */

const HEADING_HEIGHT = 36;

/** @param {ItemRow} row @param {string | null} verdict @param {boolean} isUnsent */
function describeCell(row, verdict, isUnsent) {
  const parts = [row.name];
  if (row.failure !== null) parts.push(`failed: ${row.failure.reason}`);
  else if (row.image === null) parts.push("no image");
  else if (row.image.isPlaceholder) parts.push("placeholder");
  if (verdict !== null) parts.push(isUnsent ? `${verdict}, not saved yet` : verdict);
  if (row.image !== null && row.image.score !== null) parts.push(`score ${row.image.score}`);
  if (typeof row.image?.likeness === "number") parts.push(`likeness ${row.image.likeness}`);
  if (typeof row.image?.styleDistance === "number") parts.push(`${formatDistance(row.image.styleDistance)} from the style`);
  return parts.join(", ");
}

/** @extends {Component<{catalog: string, index: number, column: number, row: ItemRow | null, verdict: string | null, isUnsent: boolean, isCursor: boolean, isSelected: boolean}>} */
class GridCell extends Component {
  /** @param {Record<string, unknown>} next */
  shouldComponentUpdate(next) {
    const before = /** @type {Record<string, unknown>} */ (this.props);
    return Object.keys(next).some((name) => next[name] !== before[name]);
  }

  render() {
    const { catalog, index, column, row, verdict, isUnsent, isCursor, isSelected } = this.props;
    const image = row?.image ?? null;
    return html`<div
      role="gridcell"
      class=${isCursor ? "cell cursor" : "cell"}
      data-index=${index}
      data-item=${row?.itemId}
      data-decision=${verdict}
      data-unsent=${isUnsent ? "" : null}
      data-score=${image?.score ?? null}
      aria-colindex=${column + 1}
      aria-selected=${isSelected ? "true" : "false"}
      aria-label=${row === null ? "Loading" : describeCell(row, verdict, isUnsent)}
      tabindex=${isCursor ? 0 : -1}
    >
      ${row === null
        ? html`<span class="cell-image image-loading"></span>`
        : image === null
          ? html`<span class="cell-image cell-empty" data-text=${row.failure?.reason.replaceAll("_", " ") ?? "no image"}></span>`
          : html`<${StoredImage}
              class="cell-image"
              path=${image.hasThumbnail ? thumbnailPath(catalog, row.filename) : imagePath(catalog, row.filename)}
              sha256=${image.sha256}
              alt=""
            />`}
      <span class="cell-name" dir="auto">${row?.name ?? ""}</span>
    </div>`;
  }
}

/** @param {{row: import("./grid_layout.js").GridRow, columns: number}} props */
function HeadingRow({ row, columns }) {
  return html`<div role="row" class="grid-heading" aria-rowindex=${row.row + 1} style=${{ transform: `translateY(${row.top}px)` }}>
    <div role="gridcell" aria-colspan=${columns}><bdi>${row.section.title}</bdi> <span class="hint">${formatNoun(row.section.items, "item")}</span></div>
  </div>`;
}

/**
 * @param {object} props
 * @param {ReviewState} props.state
 * @param {string} props.label
 * @param {(index: number) => void} props.onOpen
 */
export function ItemGrid({ state, label, onOpen }) {
  const { pages, queue } = state;
  const scroller = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [top, setTop] = useState(state.scrollTop);
  const seen = useRef(/** @type {Seen} */ ({ generation: -1, layout: null, moves: state.cursor.peek().moves, index: state.cursor.peek().index, anchors: [], hasFocus: false }));
  void pages.revision.value;
  void queue.revision.value;
  const cursor = state.cursor.value;
  const selected = state.selected.value;

  const { columns, rowHeight } = chooseColumns(size.width, size.height);
  const layout = makeLayout(state, columns, rowHeight);
  state.layout = layout;
  state.pageLines = Math.max(1, Math.floor((size.height - HEADING_HEIGHT) / rowHeight));
  state.isCursorVisible = () => {
    const place = layout.place(state.cursor.peek().index).top - state.scrollTop;
    return place > -rowHeight && place < size.height;
  };
  const isReady = size.width > 0;
  const rows = isReady ? layout.rowsBetween(top - rowHeight, top + size.height + rowHeight) : [];
  if (isReady && layout.total > 0) addCursorRow(rows, layout, cursor.index);
  const section = isReady ? layout.rowsBetween(top, top + 1)[0]?.section : undefined;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    setSize({ width: element.clientWidth, height: element.clientHeight });
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !isReady) return;
    const visible = rows.filter((row) => row.kind === "items");
    const shown = visible.filter((row) => row.top + rowHeight > top && row.top < top + size.height);
    const firstShown = shown[0];
    const lastShown = shown[shown.length - 1];
    if (pages.total === null) pages.show(state.cursor.peek().index, state.cursor.peek().index);
    else if (firstShown && lastShown) pages.show(firstShown.first, lastShown.first + lastShown.count - 1);
  });

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || !isReady) return;
    const before = seen.current;
    const isFirst = before.layout === null;
    const hasChanged = before.generation !== pages.generation || before.layout !== layout;
    if (before.generation !== pages.generation) state.followCursor();
    if (isFirst) element.scrollTop = state.scrollTop;
    else if (hasChanged) keepPlace(element, state, layout, before);
    const place = layout.place(state.cursor.peek().index);
    if (before.moves !== cursor.moves) scrollIntoView(element, layout, place.top, place.row);
    if (isFirst && state.isReturning) scrollIntoView(element, layout, place.top, place.row);
    state.scrollTop = element.scrollTop;
    if (isFirst && state.isReturning) {
      state.isReturning = false;
      focusCell(element, cursor.index);
    }
    const isElsewhere = before.hasFocus && (isFocusLost() || (before.index !== cursor.index && element.contains(document.activeElement)));
    if (before.moves !== cursor.moves || isElsewhere) focusCell(element, cursor.index);
    seen.current = { generation: pages.generation, layout, moves: cursor.moves, index: cursor.index, anchors: listAnchors(state, layout, size.height), hasFocus: element.contains(document.activeElement) };
    updateTop(element.scrollTop);
  });

  /** @param {number} scrollTop */
  function updateTop(scrollTop) {
    const step = Math.max(1, Math.floor(rowHeight / 2));
    if (Math.floor(scrollTop / step) !== Math.floor(top / step)) setTop(scrollTop);
  }

  function onScroll() {
    const element = scroller.current;
    if (element === null) return;
    state.scrollTop = element.scrollTop;
    seen.current.anchors = listAnchors(state, layout, size.height);
    updateTop(element.scrollTop);
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const index = cellIndex(event);
    if (index === null) return;
    if (event.shiftKey) state.moveTo(index, true);
    else if (event.ctrlKey || event.metaKey || state.isSelecting.peek()) state.toggle(index);
    else {
      if (state.selected.peek().size > 0) state.clearSelection();
      state.moveTo(index);
    }
  }

  /** @param {MouseEvent} event */
  function onDoubleClick(event) {
    const index = cellIndex(event);
    if (index !== null && !state.isSelecting.peek()) onOpen(index);
  }

  return html`<div class="grid-frame">
    ${section?.title != null && html`<div class="grid-sticky" aria-hidden="true"><bdi>${section.title}</bdi> <span class="hint">${formatNoun(section.items, "item")}</span></div>`}
    ${pages.total === 0 && html`<p class="grid-empty">${Object.keys(state.filters).length > 1 ? "No item matches these filters." : "This catalog has no items yet."}</p>`}
    <div
      ref=${scroller}
      class="item-grid"
      role="grid"
      aria-label=${label}
      aria-rowcount=${layout.rowCount}
      aria-colcount=${columns}
      aria-multiselectable="true"
      aria-busy=${pages.total === null ? "true" : "false"}
      onScroll=${onScroll}
      onClick=${onClick}
      onDblClick=${onDoubleClick}
    >
      <div class="grid-space" role="presentation" style=${{ height: `${layout.height}px` }}>
        ${rows.map((row) =>
          row.kind === "heading"
            ? html`<${HeadingRow} key=${`h${row.row}`} row=${row} columns=${columns} />`
            : html`<div key=${row.row} role="row" class="grid-row" aria-rowindex=${row.row + 1} style=${{ transform: `translateY(${row.top}px)`, height: `${rowHeight}px`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
                ${Array.from({ length: row.count }, (_, column) => {
                  const index = row.first + column;
                  const item = pages.at(index);
                  return html`<${GridCell}
                    key=${column}
                    catalog=${state.catalog}
                    index=${index}
                    column=${column}
                    row=${item}
                    verdict=${item === null ? null : queue.verdictOf(item)}
                    isUnsent=${item !== null && queue.unsent.has(item.itemId)}
                    isCursor=${index === cursor.index}
                    isSelected=${item !== null && selected.has(item.itemId)}
                  />`;
                })}
              </div>`,
        )}
      </div>
    </div>
  </div>`;
}

/** @typedef {{generation: number, layout: GridLayout | null, moves: number, index: number, anchors: {itemId: string, offset: number}[], hasFocus: boolean}} Seen */

/** @type {{layout: GridLayout, key: unknown[]} | null} */
let latest = null;

/** @param {ReviewState} state @param {number} columns @param {number} rowHeight @returns {GridLayout} the same object while nothing has changed */
function makeLayout(state, columns, rowHeight) {
  const { total, sections } = state.pages;
  const key = [state, total, JSON.stringify(sections), columns, rowHeight];
  if (latest !== null && latest.key.every((part, at) => part === key[at])) return latest.layout;
  const isGrouped = state.filters.duplicates === "true";
  const sizes = sections?.map(({ key: name, items }, at) => ({ title: isGrouped ? `Near-duplicates ${formatCount(at + 1)}` : name, items })) ?? [{ title: null, items: total ?? 0 }];
  latest = { key, layout: new GridLayout({ sections: sizes, columns, rowHeight, headingHeight: HEADING_HEIGHT }) };
  return latest.layout;
}

/** The row of the cursor is always an element, so that it keeps the focus. @param {import("./grid_layout.js").GridRow[]} rows @param {GridLayout} layout @param {number} index */
function addCursorRow(rows, layout, index) {
  if (index >= layout.total) return;
  const row = layout.rowOf(index);
  if (row === undefined || rows.some((other) => other.row === row.row)) return;
  if (row.row < (rows[0]?.row ?? 0)) rows.unshift(row);
  else rows.push(row);
}

/** @param {ReviewState} state @param {GridLayout} layout @param {number} height @returns {{itemId: string, offset: number}[]} items on the screen, the cursor first */
function listAnchors(state, layout, height) {
  const anchors = [];
  const { index } = state.cursor.peek();
  for (const row of layout.rowsBetween(state.scrollTop, state.scrollTop + height)) {
    for (let at = row.first; at < row.first + row.count; at += 1) {
      const itemId = state.pages.at(at)?.itemId;
      if (itemId === undefined) continue;
      const anchor = { itemId, offset: row.top - state.scrollTop };
      if (at === index) anchors.unshift(anchor);
      else anchors.push(anchor);
    }
  }
  return anchors;
}

/** Scrolls so that what was on the screen stays where it was. @param {HTMLElement} element @param {ReviewState} state @param {GridLayout} layout @param {Seen} before */
function keepPlace(element, state, layout, before) {
  for (const { itemId, offset } of before.anchors) {
    const index = state.pages.indexOf(itemId);
    if (index < 0) continue;
    element.scrollTop = layout.place(index).top - offset;
    return;
  }
}

/** @param {HTMLElement} element @param {GridLayout} layout @param {number} top @param {number} row */
function scrollIntoView(element, layout, top, row) {
  const first = row <= 1 ? 0 : top - HEADING_HEIGHT;
  if (element.scrollTop > first) element.scrollTop = first;
  else if (element.scrollTop + element.clientHeight < top + layout.rowHeight) element.scrollTop = top + layout.rowHeight - element.clientHeight;
}

/** @param {HTMLElement} element @param {number} index */
function focusCell(element, index) {
  const cell = element.querySelector(`[data-index="${index}"]`);
  if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
}

function isFocusLost() {
  return document.activeElement === null || document.activeElement === document.body;
}

/** @param {Event} event @returns {number | null} */
function cellIndex(event) {
  const cell = event.target instanceof Element ? event.target.closest("[data-index]") : null;
  return cell === null ? null : Number(cell.getAttribute("data-index"));
}
