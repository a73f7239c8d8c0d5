/**
 * Images of the API as blob addresses. An `<img src>` cannot send the function key as a header, so images are fetched;
 * the latest are kept, older ones are released.
 */

import { ApiError, catalogPath, send } from "./api.js";

const MAX_KEPT = 600;
const MAX_KEPT_BYTES = 96_000_000;
const MAX_PARALLEL = 8;
const MAX_ATTEMPTS = 3;
const RETRY_MILLISECONDS = 1000;

/** @typedef {{url: string | null, bytes: number, promise: Promise<string>, users: number, controller: AbortController}} Entry */

/** By address, the least recently used first. @type {Map<string, Entry>} */
const entries = new Map();
let keptBytes = 0;

/** Fetches that wait for a free connection; the latest wanted first. @type {(() => void)[]} */
const waiting = [];
let running = 0;

/** @returns {Promise<void>} */
function takeTurn() {
  if (running < MAX_PARALLEL) {
    running += 1;
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

function endTurn() {
  const next = waiting.pop();
  if (next) next();
  else running -= 1;
}

/** @param {string} path @param {string} sha256 @param {AbortSignal} signal @returns {Promise<Blob>} */
async function fetchImage(path, sha256, signal) {
  for (let attempt = 1; ; attempt += 1) {
    await takeTurn();
    try {
      signal.throwIfAborted();
      return await (await send("GET", path, { query: { sha256 }, signal })).blob();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isTemporary(error)) throw error;
    } finally {
      endTurn();
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS * attempt));
  }
}

/** @param {unknown} error */
function isTemporary(error) {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

function releaseOldest() {
  for (const [address, entry] of entries) {
    if (entries.size <= MAX_KEPT && keptBytes <= MAX_KEPT_BYTES) return;
    if (entry.users > 0 || entry.url === null) continue;
    URL.revokeObjectURL(entry.url);
    keptBytes -= entry.bytes;
    entries.delete(address);
  }
}

/** @param {string} key @param {string} path @param {string} sha256 @returns {Entry} */
function startEntry(key, path, sha256) {
  const controller = new AbortController();
  /** @type {Entry} */
  const entry = { url: null, bytes: 0, users: 0, controller, promise: fetchImage(path, sha256, controller.signal).then(keep) };
  /** @param {Blob} blob */
  function keep(blob) {
    controller.signal.throwIfAborted(); // released while the last bytes came
    entry.url = URL.createObjectURL(blob);
    entry.bytes = blob.size;
    keptBytes += blob.size;
    releaseOldest();
    return entry.url;
  }
  entry.promise.catch(() => forget(key, entry));
  return entry;
}

/** @param {string} key @param {Entry} entry */
function forget(key, entry) {
  if (entries.get(key) === entry) entries.delete(key);
}

/** @param {string} path @param {string} sha256 @returns {string | null} the blob address of an image that is here already */
export function findImage(path, sha256) {
  return entries.get(`${path} ${sha256}`)?.url ?? null;
}

/**
 * Returns the blob address of an image, and keeps it valid until `release` is called.
 * @param {string} path relative to `/api/` @param {string} sha256 of the image, part of the cache key
 * @returns {{url: string | null, promise: Promise<string>, release: () => void}}
 */
export function holdImage(path, sha256) {
  const key = `${path} ${sha256}`;
  const held = entries.get(key) ?? startEntry(key, path, sha256);
  entries.delete(key);
  entries.set(key, held); // now the most recently used
  held.users += 1;
  let isHeld = true;
  return {
    url: held.url,
    promise: held.promise,
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      held.users -= 1;
      if (held.users > 0 || held.url !== null) return;
      forget(key, held); // nobody waits for it any more
      held.controller.abort();
    },
  };
}

/** @param {string} catalog @param {string} filename of the image */
export function thumbnailPath(catalog, filename) {
  return catalogPath(catalog, `/thumbnails/${encodeURIComponent(filename)}`);
}

/** @param {string} catalog @param {string} filename */
export function imagePath(catalog, filename) {
  return catalogPath(catalog, `/images/${encodeURIComponent(filename)}`);
}

/** @param {string} catalog @param {string} itemId @param {string} runId @param {number} round */
export function roundPath(catalog, itemId, runId, round) {
  return catalogPath(catalog, `/items/${encodeURIComponent(itemId)}/rounds/${encodeURIComponent(runId)}/${round}`);
}
