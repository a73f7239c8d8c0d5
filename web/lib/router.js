/**
 * The address after `#`: a path and its filters, such as `#/catalogs/lego/review?decision=undecided`.
 *
 * @typedef {{path: string[], query: URLSearchParams}} Address
 */

import { signal, useRef } from "./html.js";

/** @returns {Address} */
function readAddress() {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** @param {string} segment */
function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The current address; changes with every navigation. */
export const address = signal(readAddress());

addEventListener("hashchange", () => {
  address.value = readAddress();
});

/**
 * @param {string[]} path
 * @param {Record<string, string | null | undefined> | URLSearchParams} [query] empty values are left out
 */
export function makeHref(path, query = {}) {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(/** @type {[string, string][]} */ (kept)).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** @param {string} href from `makeHref` @param {{replace?: boolean}} [options] `replace` adds no history entry */
export function navigate(href, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", href);
    address.value = readAddress();
  } else {
    location.hash = href;
  }
}

/**
 * Changes some filters in the address and keeps the others.
 * @param {Record<string, string | null>} changes null removes a filter
 * @param {{replace?: boolean}} [options]
 */
export function changeQuery(changes, options) {
  const query = new URLSearchParams(address.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  navigate(makeHref(address.value.path, query), options);
}

/**
 * Reads the filters of a view. While the address is already that of another view, they stay as they were.
 * @template T
 * @param {string[]} path how the view's addresses begin @param {(query: URLSearchParams) => T} read
 * @returns {T}
 */
export function useOwnQuery(path, read) {
  const { path: current, query } = address.value;
  const latest = useRef(query);
  if (path.every((part, at) => part === current[at])) latest.current = query;
  return read(latest.current);
}
