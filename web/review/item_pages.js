/**
 * The items that match the filters, read in pages as they are shown. Only the latest pages are kept, so a list of any
 * length needs the same memory.
 *
 * @typedef {import("../lib/types.js").ItemRow} ItemRow
 * @typedef {import("../lib/types.js").ItemPage} ItemPage
 * @typedef {{key: string, items: number}[]} Sections
 */

import { catalogPath, getJson } from "../lib/api.js";
import { signal } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";

const PAGE_SIZE = 200;
const MAX_PAGES = 12;
const COLLECT_SIZE = 500;
const MAX_REFRESH_ATTEMPTS = 3;

export class ItemPages {
  /** @param {string} catalog @param {Record<string, string>} filters as the API takes them @param {(items: ItemRow[], startedAt: number) => void} [onRead] called with rows that are kept, and when the request for them began */
  constructor(catalog, filters, onRead = () => undefined) {
    this.catalog = catalog;
    this.filters = filters;
    this.onRead = onRead;
    /** Grows with every change. */
    this.revision = signal(0);
    /** Grows when items may have other places than before. */
    this.generation = 0;
    /** @type {import("../vendor/signals.js").Signal<import("../lib/api.js").ApiError | null>} */
    this.error = signal(null);
    /** @type {number | null} null: not read yet */
    this.total = null;
    /** @type {Sections | null} */
    this.sections = null;
    /** By number, the least recently used first. @type {Map<number, ItemRow[]>} */
    this.pages = new Map();
    /** @type {Map<number, {controller: AbortController, promise: Promise<void>}>} */
    this.loading = new Map();
    this.version = "";
    /** Pages that are in view. */
    this.window = { first: 0, last: 0 };
    /** The page of the cursor, kept too. */
    this.pinned = 0;
    /** @type {Promise<void> | null} */
    this.refreshing = null;
    this.isRefreshWanted = false;
    this.isDisposed = false;
  }

  /** @param {number} index @returns {ItemRow | null} null: not read */
  at(index) {
    return this.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE] ?? null;
  }

  /**
   * Reads what is missing between two indices and stops reading pages that are out of view.
   * @param {number} first @param {number} last
   */
  show(first, last) {
    this.window = { first: Math.floor(first / PAGE_SIZE), last: Math.floor(Math.max(first, last) / PAGE_SIZE) };
    for (const [number, { controller }] of this.loading) {
      if (number < this.window.first - 1 || number > this.window.last + 1) controller.abort();
    }
    for (let number = this.window.first; number <= this.window.last; number += 1) {
      const rows = this.pages.get(number);
      if (rows === undefined) {
        void this.#load(number);
      } else {
        this.pages.delete(number);
        this.pages.set(number, rows); // now the most recently used
      }
    }
  }

  /** @param {number} index @returns {Promise<void>} until the item is read, or cannot be */
  async load(index) {
    const number = Math.floor(index / PAGE_SIZE);
    if (!this.pages.has(number)) await this.#load(number);
  }

  /** @param {number} number @returns {Promise<void>} */
  #load(number) {
    const running = this.loading.get(number);
    if (running !== undefined && !running.controller.signal.aborted) return running.promise;
    const controller = new AbortController();
    const promise = this.#readInto(number, controller.signal).finally(() => {
      if (this.loading.get(number)?.controller === controller) this.loading.delete(number);
    });
    this.loading.set(number, { controller, promise });
    return promise;
  }

  /** @param {number} number @param {AbortSignal} signal */
  async #readInto(number, signal) {
    const generation = this.generation;
    try {
      const startedAt = performance.now();
      const page = await this.#read(number * PAGE_SIZE, PAGE_SIZE, signal);
      if (signal.aborted || this.isDisposed || generation !== this.generation) return;
      const isShifted = this.version !== "" && page.version !== this.version;
      this.onRead(page.items, startedAt);
      this.#apply(new Map([...this.pages, [number, page.items]]), page, isShifted ? this.version : page.version);
      if (isShifted) void this.refresh();
    } catch (error) {
      if (!signal.aborted) this.error.value = asApiError(error);
    }
  }

  /** @param {number} offset @param {number} limit @param {AbortSignal} [signal] @returns {Promise<ItemPage>} */
  #read(offset, limit, signal) {
    return getJson(catalogPath(this.catalog, "/items"), { query: { ...this.filters, offset, limit }, signal });
  }

  /** @param {Map<number, ItemRow[]>} pages @param {ItemPage} page @param {string} version */
  #apply(pages, page, version) {
    this.pages = pages;
    for (const number of this.pages.keys()) {
      if (this.pages.size <= MAX_PAGES) break;
      if ((number < this.window.first || number > this.window.last) && number !== this.pinned) this.pages.delete(number);
    }
    this.total = page.total;
    this.sections = page.sections ?? null;
    this.version = version;
    this.error.value = null;
    this.revision.value += 1;
  }

  /** @param {number} index of the cursor, whose page is kept */
  pin(index) {
    this.pinned = Math.floor(index / PAGE_SIZE);
  }

  /** Reads the pages in view again, and forgets the others. @returns {Promise<void>} */
  refresh() {
    this.isRefreshWanted = true; // also while one is under way, which may have read what was there before
    this.refreshing ??= this.#refreshWhileWanted().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  async #refreshWhileWanted() {
    while (this.isRefreshWanted && !this.isDisposed) {
      this.isRefreshWanted = false;
      await this.#refresh();
    }
  }

  async #refresh() {
    for (let attempt = 1; attempt <= MAX_REFRESH_ATTEMPTS && !this.isDisposed; attempt += 1) {
      const { first, last } = this.window;
      const numbers = [...new Set([...Array.from({ length: last - first + 1 }, (_, at) => first + at), this.pinned])];
      const startedAt = performance.now();
      try {
        const read = await Promise.all(numbers.map((number) => this.#read(number * PAGE_SIZE, PAGE_SIZE)));
        const latest = read[read.length - 1];
        if (latest === undefined || this.isDisposed) return;
        if (read.some((page) => page.version !== latest.version) && attempt < MAX_REFRESH_ATTEMPTS) continue;
        this.#stopLoading();
        for (const page of read) this.onRead(page.items, startedAt);
        this.generation += 1;
        this.#apply(new Map(numbers.map((number, at) => [number, read[at]?.items ?? []])), latest, latest.version);
        if (this.window.first !== first || this.window.last !== last) this.show(this.window.first * PAGE_SIZE, this.window.last * PAGE_SIZE);
        return;
      } catch (error) {
        this.error.value = asApiError(error);
        return;
      }
    }
  }

  /**
   * Reads a range of any length.
   * @param {number} first @param {number} last included @param {AbortSignal} signal
   * @returns {AsyncGenerator<ItemRow[]>}
   */
  async *collect(first, last, signal) {
    for (let offset = first; offset <= last; ) {
      const limit = Math.min(COLLECT_SIZE, last - offset + 1);
      const { items } = await this.#read(offset, limit, signal);
      if (items.length === 0) return;
      yield items;
      offset += items.length;
    }
  }

  /** @param {string} itemId @returns {number} index among what is read; -1 = not there */
  indexOf(itemId) {
    for (const [number, rows] of this.pages) {
      const at = rows.findIndex((row) => row.itemId === itemId);
      if (at >= 0) return number * PAGE_SIZE + at;
    }
    return -1;
  }

  /** @param {Map<string, (row: ItemRow) => ItemRow>} changes by item id */
  patch(changes) {
    for (const [number, rows] of this.pages) {
      if (rows.some((row) => changes.has(row.itemId))) this.pages.set(number, rows.map((row) => changes.get(row.itemId)?.(row) ?? row));
    }
    this.revision.value += 1;
  }

  #stopLoading() {
    for (const { controller } of this.loading.values()) controller.abort();
  }

  dispose() {
    this.isDisposed = true;
    this.#stopLoading();
  }
}
