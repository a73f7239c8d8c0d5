/** What the page remembers until the tab is closed: the function key, the reviewer's name and whether keys are on. */

import { signal } from "./html.js";

const KEY_NAME = "catalog-seeder.key";
const REVIEWER_NAME = "catalog-seeder.reviewer";
const SHORTCUTS_NAME = "catalog-seeder.shortcuts";

/** @param {Storage} storage @param {string} name */
function read(storage, name) {
  try {
    return storage.getItem(name) ?? "";
  } catch {
    return ""; // the browser blocks storage: nothing is remembered
  }
}

/** @param {Storage} storage @param {string} name @param {string} value */
function write(storage, name, value) {
  try {
    if (value) storage.setItem(name, value);
    else storage.removeItem(name);
  } catch {
    // as above
  }
}

/** The function key; "" = none is needed, or it was not asked for yet. Sent as a header, never part of an address. */
export const functionKey = signal(read(sessionStorage, KEY_NAME));

/** The name that decisions are recorded with; "" = none. */
export const reviewer = signal(read(localStorage, REVIEWER_NAME));

/** Whether single-key shortcuts are on (WCAG 2.1.4 asks for a way to switch them off). */
export const shortcutsEnabled = signal(read(localStorage, SHORTCUTS_NAME) !== "off");

/** @param {string} key */
export function rememberKey(key) {
  write(sessionStorage, KEY_NAME, key);
  functionKey.value = key;
}

/** @param {string} name */
export function rememberReviewer(name) {
  write(localStorage, REVIEWER_NAME, name);
  reviewer.value = name;
}

/** @param {boolean} enabled */
export function enableShortcuts(enabled) {
  write(localStorage, SHORTCUTS_NAME, enabled ? "" : "off");
  shortcutsEnabled.value = enabled;
}
