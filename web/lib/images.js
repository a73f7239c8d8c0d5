/**
 * Images of the API as blob addresses. An `<img src>` cannot send the function key as a header, so images are fetched;
 * the latest are kept, older ones are released.
 */

import { catalogPath, send } from "./api.js";

const MAX_KEPT = 600;
const MAX_PARALLEL = 8;

/** @typedef {{url: string | null, promise: Promise<string>, users: number}} Entry */

/** By address, the least recently used first. @type {Map<string, Entry>} */
const entries = new Map();

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
    waiting.push(() => resolve());
  });
}

function endTurn() {
  const next = waiting.pop();
  if (next) next();
  else running -= 1;
}

/** @param {string} path @param {string} sha256 @param {AbortSignal} signal */
async function fetchImage(path, sha256, signal) {
  await takeTurn();
  try {
    signal.throwIfAborted();
    const response = await send("GET", path, { query: { sha256 }, signal });
    return URL.createObjectURL(await response.blob());
  } finally {
    endTurn();
  }
}

function releaseOldest() {
  for (const [address, entry] of entries) {
    if (entries.size <= MAX_KEPT) return;
    if (entry.users > 0 || entry.url === null) continue;
    URL.revokeObjectURL(entry.url);
    entries.delete(address);
  }
}

/**
 * Returns the blob address of an image, and keeps it valid until `release` is called.
 * @param {string} path relative to `/api/` @param {string} sha256 of the image, part of the cache key
 * @returns {{url: string | null, promise: Promise<string>, release: () => void}}
 */
export function holdImage(path, sha256) {
  const key = `${path} ${sha256}`;
  let entry = entries.get(key);
  const controller = new AbortController();
  if (entry === undefined) {
    /** @type {Entry} */
    const created = { url: null, promise: fetchImage(path, sha256, controller.signal), users: 0 };
    created.promise.then(
      (url) => {
        created.url = url;
        if (entries.get(key) !== created) URL.revokeObjectURL(url);
        releaseOldest();
      },
      () => {
        if (entries.get(key) === created) entries.delete(key);
      },
    );
    entry = created;
  } else {
    entries.delete(key);
  }
  entries.set(key, entry); // now the most recently used
  const held = entry;
  held.users += 1;
  let isHeld = true;
  return {
    url: held.url,
    promise: held.promise,
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      held.users -= 1;
      if (held.users === 0 && held.url === null) {
        entries.delete(key); // nobody waits for it any more
        controller.abort();
      }
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
