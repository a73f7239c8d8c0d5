/**
 * What was typed into the form of a new run. It is kept until the run starts or the tab is closed: a reload, an error or
 * a question for the key loses nothing.
 *
 * @typedef {Record<string, any>} Values what was entered, by the path of the field, as `toDraft` returns it
 * @typedef {{values: Values, key: {body: string, value: string} | null}} Draft
 */

import { createIdempotencyKey } from "../lib/tokens.js";
import { fromDraft, toDraft } from "./schema.js";

/** @typedef {import("./schema.js").Field} Field */

const STORAGE_PREFIX = "catalog-seeder.new-run.";

/** Fields of an earlier request that a new one does not take over: they repeat work, or spend without a limit. */
const FORGOTTEN = new Set(["forceCategories", "forceImages", "acceptEstimate", "dryRun"]);

/** @param {string} origin address that the form was opened with @returns {Draft | null} */
export function loadDraft(origin) {
  try {
    const text = sessionStorage.getItem(STORAGE_PREFIX + origin);
    return text === null ? null : JSON.parse(text);
  } catch {
    return null; // the browser blocks storage, or the text is damaged
  }
}

/** @param {string} origin @param {Draft | null} draft null removes it */
export function saveDraft(origin, draft) {
  try {
    if (draft === null) sessionStorage.removeItem(STORAGE_PREFIX + origin);
    else sessionStorage.setItem(STORAGE_PREFIX + origin, JSON.stringify(draft));
  } catch {
    // the browser blocks storage
  }
}

/**
 * @param {Field[]} fields @param {Record<string, any>} request an earlier request
 * @returns {Values} what differs from the defaults
 */
export function takeOver(fields, request) {
  /** @type {Values} */
  const values = {};
  for (const field of fields) {
    const value = field.path.split(".").reduce((/** @type {any} */ held, name) => held?.[name], request);
    if (value === undefined || value === null || FORGOTTEN.has(field.path)) continue;
    if (field.kind === "map" && Object.keys(value).length === 0) continue;
    if (JSON.stringify(value) !== JSON.stringify(field.default)) values[field.path] = toDraft(field, value);
  }
  return values;
}

/**
 * @param {Field[]} fields the ones that count @param {Values} values
 * @returns {Record<string, any>} the request: only fields that were entered
 */
export function makeBody(fields, values) {
  /** @type {Record<string, any>} */
  const body = {};
  for (const field of fields) {
    if (!(field.path in values)) continue;
    const value = fromDraft(field, values[field.path]);
    if (value === undefined || (field.kind === "map" && Object.keys(value).length === 0)) continue;
    const names = field.path.split(".");
    const last = /** @type {string} */ (names.pop());
    /** @type {any} */
    let holder = body;
    for (const name of names) holder = holder[name] ??= {};
    holder[last] = value;
  }
  return body;
}

/**
 * The key of a request: the same body has the same key, so a double click or a retry starts one run. The app binds a key
 * to a body, so a changed request needs another key.
 * @param {Draft} draft @param {string} body
 * @returns {{body: string, value: string}}
 */
export function chooseKey(draft, body) {
  return draft.key?.body === body ? draft.key : { body, value: createIdempotencyKey() };
}
