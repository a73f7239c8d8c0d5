/**
 * A list under review: its pages, the cursor and the selection. It outlives the view, so that going back to the grid
 * finds the same place.
 *
 * @typedef {import("../lib/types.js").ItemRow} ItemRow
 */

import { announce, say } from "../lib/announce.js";
import { formatNoun } from "../lib/format.js";
import { batch, signal } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";
import { queueOf } from "./decision_queue.js";
import { ItemPages } from "./item_pages.js";

const FILTER_NAMES = ["category", "decision", "state", "reason", "maxScore", "q", "duplicates"];
const DEFAULT_SORT = "category";
/** Pages that are read in search of the next undecided item. */
const MAX_PAGES_AHEAD = 5;
/** Items do not change places while somebody decides item after item. */
const QUIET_MILLISECONDS = 2500;

/** @param {URLSearchParams} query of the address @returns {Record<string, string>} filters as the API takes them */
export function readFilters(query) {
  /** @type {Record<string, string>} */
  const filters = {};
  for (const name of FILTER_NAMES) {
    const value = query.get(name);
    if (value) filters[name] = value;
  }
  return { ...filters, sort: query.get("sort") || DEFAULT_SORT };
}

/** @param {Record<string, string>} filters @returns {Record<string, string>} what stands in the address */
export function filtersInAddress({ sort, ...filters }) {
  return sort === undefined || sort === DEFAULT_SORT ? filters : { ...filters, sort };
}

export class ReviewState {
  /** @param {string} catalog @param {Record<string, string>} filters */
  constructor(catalog, filters) {
    this.catalog = catalog;
    this.filters = filters;
    this.queue = queueOf(catalog);
    this.pages = new ItemPages(catalog, filters, (rows, startedAt) => {
      this.queue.reconcile(rows, startedAt);
      this.#updateSelected(rows);
    });
    /** The item that keys act on; `moves` grows when it is to be scrolled into view. */
    this.cursor = signal({ index: 0, moves: 0 });
    /** @type {string | null} */
    this.cursorId = null;
    /** By item id, in the order of selection. @type {import("../vendor/signals.js").Signal<Map<string, ItemRow>>} */
    this.selected = signal(new Map());
    /** Whether a tap selects, for screens without keys. */
    this.isSelecting = signal(false);
    /** @type {{from: number, base: Map<string, ItemRow>} | null} */
    this.range = null;
    /** @type {import("./grid_layout.js").GridLayout | null} */
    this.layout = null;
    this.scrollTop = 0;
    this.pageLines = 1;
    /** Whether an item was opened from the grid: coming back, the grid has the focus again. */
    this.isReturning = false;
    this.decidedAt = -QUIET_MILLISECONDS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.refreshTimer = undefined;
    this.selectionReader = new AbortController();
    /** How many items of a long selection are read; null: none is under way. @type {import("../vendor/signals.js").Signal<number | null>} */
    this.selecting = signal(null);
    /** Whether the cursor is on the screen; a key that decides shows it first. */
    this.isCursorVisible = () => true;
  }

  get total() {
    return this.pages.total ?? 0;
  }

  get current() {
    return this.pages.at(this.cursor.peek().index);
  }

  /** @param {number} index @param {boolean} [isExtending] selects everything from where the selection began */
  moveTo(index, isExtending = false) {
    const target = Math.max(0, Math.min(this.total - 1, index));
    const before = this.cursor.peek();
    if (isExtending) this.#extendTo(target, before.index);
    else this.range = null;
    this.setCursor(target, true);
  }

  /** @param {number} index @param {boolean} isMove whether to scroll there */
  setCursor(index, isMove) {
    const { moves } = this.cursor.peek();
    this.pages.pin(index);
    this.cursorId = this.pages.at(index)?.itemId ?? null;
    this.cursor.value = { index, moves: moves + (isMove ? 1 : 0) };
  }

  /** Puts the cursor back on its item after the list has changed. */
  followCursor() {
    const { index } = this.cursor.peek();
    const found = this.cursorId === null ? -1 : this.pages.indexOf(this.cursorId);
    const next = found >= 0 ? found : Math.max(0, Math.min(this.total - 1, index));
    if (next !== index || this.pages.at(next)?.itemId !== this.cursorId) this.setCursor(next, false);
  }

  /** @param {ItemRow[]} rows read again; a selected item with a new image stays as it was selected, so that a decision about it is refused */
  #updateSelected(rows) {
    const before = this.selected.peek();
    const changed = rows.filter((row) => before.get(row.itemId)?.image?.sha256 === row.image?.sha256);
    if (before.size > 0 && changed.length > 0) this.selected.value = new Map([...before, ...changed.filter((row) => before.has(row.itemId)).map((row) => /** @type {[string, ItemRow]} */ ([row.itemId, row]))]);
  }

  /** @param {number} target @param {number} cursor */
  #extendTo(target, cursor) {
    this.range ??= { from: cursor, base: this.selected.peek() };
    void this.#selectRange(Math.min(this.range.from, target), Math.max(this.range.from, target), this.range.base);
  }

  /** @param {number} first @param {number} last @param {Map<string, ItemRow>} base */
  async #selectRange(first, last, base) {
    this.stopSelecting();
    const { signal: aborted } = this.selectionReader;
    const selected = new Map(base);
    let index = first;
    for (; index <= last; index += 1) {
      const row = this.pages.at(index);
      if (row === null) break;
      selected.set(row.itemId, row);
    }
    if (index <= last) {
      try {
        for await (const rows of this.pages.collect(index, last, aborted)) {
          for (const row of rows) selected.set(row.itemId, row);
          this.selecting.value = selected.size;
        }
      } catch (error) {
        if (aborted.aborted) return;
        this.selecting.value = null;
        announce(asApiError(error).message, "error");
        return;
      }
      if (aborted.aborted) return;
      this.selecting.value = null;
    }
    this.selected.value = selected;
  }

  /** @param {number} index */
  toggle(index) {
    const row = this.pages.at(index);
    if (row === null) return;
    this.range = { from: index, base: this.selected.peek() };
    const selected = new Map(this.selected.peek());
    if (!selected.delete(row.itemId)) selected.set(row.itemId, row);
    this.range = { from: index, base: selected };
    this.selected.value = selected;
    this.setCursor(index, true);
  }

  stopSelecting() {
    this.selectionReader.abort();
    this.selectionReader = new AbortController();
    this.selecting.value = null;
  }

  async selectAll() {
    await this.#selectRange(0, this.total - 1, new Map());
    announce(`${formatNoun(this.selected.peek().size, "item")} selected`);
  }

  clearSelection() {
    this.stopSelecting();
    batch(() => {
      this.range = null;
      this.selected.value = new Map();
      this.isSelecting.value = false;
    });
  }

  /** Goes from a filter to the grid, or clears the selection. */
  leave() {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && activeElement.matches("input, select, textarea")) activeElement.blur();
    else this.clearSelection();
    this.setCursor(this.cursor.peek().index, true);
  }

  /** @returns {ItemRow[]} the selected items, else the one at the cursor */
  targets() {
    const selected = [...this.selected.peek().values()];
    if (selected.length > 0) return selected;
    const row = this.current;
    return row === null ? [] : [row];
  }

  /** @param {"approved" | "rejected" | "undecided"} verdict */
  decide(verdict) {
    const isBulk = this.selected.peek().size > 0;
    if (!isBulk && !this.isCursorVisible()) {
      this.setCursor(this.cursor.peek().index, true);
      return;
    }
    const rows = this.targets();
    if (rows.length === 0 && this.total > 0) announce("This item is still loading. Decide when you see it.");
    const decisions = rows.flatMap((row) => this.queue.find(row) ?? []);
    if (decisions.length === 0) {
      if (rows.length > 0) announce(isBulk ? "No selected item has an image to decide about." : "This item has no image to decide about.");
      return;
    }
    this.decidedAt = performance.now();
    batch(() => {
      this.queue.decide(decisions, verdict);
      if (!isBulk) say(`${decisions[0]?.name} ${verdict}`);
      else {
        announce(`${formatNoun(decisions.length, "item")} ${verdict}`);
        this.clearSelection();
      }
      void this.advance(isBulk);
    });
  }

  /** Moves to the next undecided item. @param {boolean} [isQuiet] whether to say nothing if there is none */
  async advance(isQuiet = false) {
    const from = this.cursor.peek().index;
    const { decision } = this.filters;
    if (decision === "approved" || decision === "rejected") {
      this.moveTo(from + 1);
      return;
    }
    let pagesRead = 0;
    for (let index = from + 1; index < this.total; index += 1) {
      if (this.pages.at(index) === null) {
        pagesRead += 1;
        if (pagesRead > MAX_PAGES_AHEAD) break;
        await this.pages.load(index);
        if (this.cursor.peek().index !== from) return; // moved meanwhile
      }
      const row = this.pages.at(index);
      if (row === null) break;
      if (this.queue.verdictOf(row) === "undecided") {
        this.moveTo(index);
        return;
      }
    }
    if (!isQuiet) announce("No undecided item follows in this list.");
  }

  undo() {
    const undone = this.queue.undo((itemId) => this.pages.at(this.pages.indexOf(itemId)));
    this.decidedAt = performance.now();
    if (undone === null) {
      announce("There is nothing to undo.");
      return;
    }
    const [first, ...others] = undone.restored;
    const [kept, ...alsoKept] = undone.kept;
    const parts = [];
    if (first !== undefined) parts.push(others.length === 0 ? `Undone: ${first.name} is ${first.verdict}` : `Undone: ${formatNoun(undone.restored.length, "item")}`);
    if (kept !== undefined) parts.push(`Not undone, because another reviewer has decided since: ${alsoKept.length === 0 ? `${kept.name} is ${kept.verdict}` : formatNoun(undone.kept.length, "item")}`);
    announce(parts.join(". "));
    const index = this.pages.indexOf((first ?? kept)?.itemId ?? "");
    if (index >= 0) this.moveTo(index);
  }

  /** @param {import("./decision_queue.js").Refused[]} refused @returns {void} decisions about images that were replaced: the new ones are read */
  updateSelection(refused) {
    const selected = new Map(this.selected.peek());
    for (const { itemId } of refused) {
      const row = this.pages.at(this.pages.indexOf(itemId));
      if (row !== null && selected.has(itemId)) selected.set(itemId, row);
    }
    this.selected.value = selected;
  }

  /** Reads what is on the screen again, as soon as nobody is deciding. */
  refreshSoon() {
    clearTimeout(this.refreshTimer);
    const wait = this.decidedAt + QUIET_MILLISECONDS - performance.now();
    if (wait <= 0) void this.pages.refresh();
    else this.refreshTimer = setTimeout(() => this.refreshSoon(), wait);
  }

  dispose() {
    clearTimeout(this.refreshTimer);
    this.selectionReader.abort();
    this.pages.dispose();
  }
}

/** @type {ReviewState | null} */
let latest = null;

/** @param {string} catalog @param {Record<string, string>} filters @returns {ReviewState} the latest one if it fits */
export function openReview(catalog, filters) {
  if (latest?.catalog === catalog && JSON.stringify(latest.filters) === JSON.stringify(filters)) return latest;
  latest?.dispose();
  latest = new ReviewState(catalog, filters);
  return latest;
}
