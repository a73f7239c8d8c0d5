/**
 * Decisions: shown at once, sent in the background, kept until the app has them.
 *
 * @typedef {import("../lib/types.js").ItemRow} ItemRow
 * @typedef {import("../lib/types.js").Verdict} Verdict
 * @typedef {{productId: string, itemId: string, name: string, sha256: string, verdict: Verdict, note: string | null}} ItemDecision
 * @typedef {ItemDecision & {before: Verdict, isSending: boolean, confirmedAt: number | null}} Shown a decision that the rows read so far do not hold
 * @typedef {ItemDecision & {reason: string}} Refused
 * @typedef {{verdict: Verdict, before: ItemDecision[]}} Step what an undo puts back
 */

import { catalogPath, sendJson } from "../lib/api.js";
import { signal } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";
import { reviewer } from "../lib/session.js";

const MAX_BATCH = 1000;
const COLLECT_MILLISECONDS = 120;
const RETRY_MILLISECONDS = [1000, 2000, 5000, 10_000];
const MAX_STEPS = 100;
/** Without the right key the call fails again until somebody does something. */
const MUST_ASK = [401, 403];

/** @param {ItemRow} row @returns {ItemDecision | null} the decision in a row; null: the item has no image to decide about */
export function decisionInRow(row) {
  if (row.image === null || row.image.isPlaceholder) return null;
  const { productId, itemId, name, decision } = row;
  return { productId, itemId, name, sha256: row.image.sha256, verdict: decision?.decision ?? "undecided", note: decision?.note ?? null };
}

/** @param {import("../lib/api.js").ApiError} error @returns {boolean} whether the page sends the same again by itself */
export function isRetried({ status }) {
  return status === 0 || status === 429 || status >= 500;
}

export class DecisionQueue {
  /** @param {string} catalog */
  constructor(catalog) {
    this.catalog = catalog;
    /** Grows with every change. */
    this.revision = signal(0);
    /** Decisions that the app does not have yet, by item id. @type {Map<string, Shown>} */
    this.unsent = new Map();
    /** By item id. @type {Map<string, Shown>} */
    this.shown = new Map();
    /** Decisions that the counts read so far do not hold. @type {Set<Shown>} */
    this.uncounted = new Set();
    /** @type {Step[]} */
    this.steps = [];
    /** @type {import("../vendor/signals.js").Signal<import("../lib/api.js").ApiError | null>} why the last attempt failed */
    this.error = signal(null);
    /** Decisions that the app refused, until the reviewer closes them. @type {import("../vendor/signals.js").Signal<Refused[]>} */
    this.refused = signal([]);
    this.attempt = 0;
    this.isSending = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(refused: Refused[]) => void} */
    this.onRefused = () => undefined;
    /** @type {() => void} */
    this.onSaved = () => undefined;
  }

  /** @param {ItemRow} row @returns {ItemDecision | null} the decision to show */
  find(row) {
    const shown = this.shown.get(row.itemId);
    return shown !== undefined && shown.sha256 === row.image?.sha256 ? shown : decisionInRow(row);
  }

  /** @param {ItemRow} row @returns {Verdict | null} null: no image */
  verdictOf(row) {
    return this.find(row)?.verdict ?? null;
  }

  /**
   * Records decisions as one step that can be undone.
   * @param {ItemDecision[]} current what is shown now @param {Verdict} verdict @param {string | null} [note] absent = each keeps its note
   */
  decide(current, verdict, note) {
    const changed = current.filter((one) => one.verdict !== verdict || (note !== undefined && note !== one.note));
    if (changed.length === 0) return;
    this.steps = [...this.steps.slice(1 - MAX_STEPS), { verdict, before: changed }];
    this.#record(changed.map((one) => ({ ...one, verdict, note: verdict === "undecided" ? null : note === undefined ? one.note : note })), new Map(changed.map((one) => [one.itemId, one.verdict])));
  }

  /**
   * Puts back what the last step replaced, except where the list shows that another reviewer has decided otherwise since.
   * @param {(itemId: string) => ItemRow | null} readRow null: the row is not known here
   * @returns {{restored: ItemDecision[], kept: ItemDecision[]} | null} null: there is nothing to undo
   */
  undo(readRow) {
    const step = this.steps[this.steps.length - 1];
    if (step === undefined) return null;
    this.steps = this.steps.slice(0, -1);
    /** @type {ItemDecision[]} */
    const changed = [];
    /** @type {ItemDecision[]} */
    const restored = [];
    /** @type {ItemDecision[]} */
    const kept = [];
    for (const one of step.before) {
      const row = readRow(one.itemId);
      const current = row === null ? null : this.find(row);
      if (current === null || current.sha256 !== one.sha256 || current.verdict === step.verdict) changed.push(one);
      else if (current.verdict !== one.verdict) kept.push(current);
      else restored.push(one); // it is so already: the app has refused the step, or another reviewer has decided so
    }
    this.#record(changed, new Map(changed.map((one) => [one.itemId, step.verdict])));
    return { restored: [...changed, ...restored], kept };
  }

  /** @param {ItemDecision[]} decisions @param {Map<string, Verdict>} from the verdicts they replace */
  #record(decisions, from) {
    for (const decision of decisions) {
      const waiting = this.unsent.get(decision.itemId);
      const isReplaced = waiting !== undefined && !waiting.isSending && waiting.sha256 === decision.sha256;
      if (isReplaced) this.uncounted.delete(waiting);
      const before = isReplaced ? waiting.before : from.get(decision.itemId) ?? "undecided";
      const entry = { ...decision, before, isSending: false, confirmedAt: null };
      this.shown.set(decision.itemId, entry);
      this.unsent.set(decision.itemId, entry);
      this.uncounted.add(entry);
    }
    this.revision.value += 1;
    this.#schedule(COLLECT_MILLISECONDS);
  }

  /** @param {number} milliseconds */
  #schedule(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), milliseconds);
  }

  /** Sends what waits now. */
  async flush() {
    clearTimeout(this.timer);
    if (this.isSending || this.unsent.size === 0) return;
    this.isSending = true;
    const batch = [...this.unsent.values()].slice(0, MAX_BATCH);
    for (const entry of batch) entry.isSending = true;
    try {
      const body = {
        decisions: batch.map(({ itemId, verdict, sha256, note }) => ({ productId: itemId, decision: verdict, sha256, ...(note ? { note } : {}) })),
        ...(reviewer.peek() ? { reviewer: reviewer.peek() } : {}),
      };
      /** @type {import("../lib/types.js").DecisionsAnswer} */
      const answer = await sendJson("PUT", catalogPath(this.catalog, "/decisions"), body);
      this.#settle(batch, answer.refused);
    } catch (error) {
      this.#fail(batch, asApiError(error));
    } finally {
      this.isSending = false;
      this.revision.value += 1;
    }
  }

  /** @param {Shown[]} batch @param {{productId: string, reason: string}[]} refusals */
  #settle(batch, refusals) {
    const reasons = new Map(refusals.map((one) => [one.productId, one.reason]));
    const now = performance.now();
    /** @type {Refused[]} */
    const refused = [];
    for (const entry of batch) {
      if (this.unsent.get(entry.itemId) === entry) this.unsent.delete(entry.itemId);
      const reason = reasons.get(entry.itemId) ?? reasons.get(entry.productId);
      if (reason === undefined) {
        entry.confirmedAt = now;
      } else {
        this.#takeBack(entry);
        refused.push({ ...entry, reason });
      }
    }
    this.attempt = 0;
    this.error.value = null;
    if (this.unsent.size > 0) this.#schedule(0);
    this.#refuse(refused);
    this.onSaved();
  }

  /** @param {Shown} entry */
  #takeBack(entry) {
    if (this.unsent.get(entry.itemId) === entry) this.unsent.delete(entry.itemId);
    if (this.shown.get(entry.itemId) === entry) this.shown.delete(entry.itemId);
    this.uncounted.delete(entry);
  }

  /** @param {Refused[]} refused */
  #refuse(refused) {
    if (refused.length === 0) return;
    this.refused.value = [...this.refused.peek(), ...refused];
    this.onRefused(refused);
  }

  /** @param {Shown[]} batch @param {import("../lib/api.js").ApiError} error */
  #fail(batch, error) {
    this.error.value = error;
    for (const entry of batch) entry.isSending = false;
    if (MUST_ASK.includes(error.status)) return; // the reviewer saves again by hand
    if (isRetried(error)) {
      const wait = RETRY_MILLISECONDS[Math.min(this.attempt, RETRY_MILLISECONDS.length - 1)] ?? 0;
      this.attempt += 1;
      this.#schedule(wait);
      return;
    }
    batch.forEach((entry) => this.#takeBack(entry));
    this.#refuse(batch.map((entry) => ({ ...entry, reason: error.message })));
    if (this.unsent.size > 0) this.#schedule(0);
  }

  /** Sends the refused decisions again, about the images they were made for. */
  retryRefused() {
    const again = this.refused.peek();
    this.refused.value = [];
    this.error.value = null;
    this.#record(again, new Map());
  }

  /**
   * Forgets decisions that rows read from the app hold.
   * @param {ItemRow[]} rows @param {number} startedAt when the request for them began
   */
  reconcile(rows, startedAt) {
    for (const row of rows) {
      const entry = this.shown.get(row.itemId);
      if (entry !== undefined && entry.confirmedAt !== null && entry.confirmedAt <= startedAt) this.shown.delete(row.itemId);
    }
  }

  /**
   * Adds to counts what they do not hold yet.
   * @param {import("../lib/types.js").CatalogCounts} counts @param {number} startedAt when the request for them began
   */
  adjust(counts, startedAt) {
    const adjusted = { ...counts };
    for (const entry of this.uncounted) {
      if (entry.confirmedAt !== null && entry.confirmedAt <= startedAt) {
        this.uncounted.delete(entry);
      } else {
        adjusted[entry.before] -= 1;
        adjusted[entry.verdict] += 1;
      }
    }
    return adjusted;
  }
}

/** @type {Map<string, DecisionQueue>} */
const queues = new Map();

/** @param {string} catalog @returns {DecisionQueue} the only one for a catalog: it outlives the views */
export function queueOf(catalog) {
  const queue = queues.get(catalog) ?? new DecisionQueue(catalog);
  queues.set(catalog, queue);
  return queue;
}

addEventListener("beforeunload", (event) => {
  if ([...queues.values()].some((queue) => queue.unsent.size > 0)) event.preventDefault();
});
addEventListener("online", () => queues.forEach((queue) => void queue.flush()));
