/** Short messages: shown as toasts, and read by screen readers. */

import { signal } from "./html.js";

const SHOWN_MILLISECONDS = 6000;

/** @typedef {{id: number, text: string, kind: "info" | "error"}} Toast */

/** @type {import("../vendor/signals.js").Signal<Toast[]>} */
export const toasts = signal([]);

let lastId = 0;

/** @param {string} text @param {"info" | "error"} [kind] errors stay until they are closed */
export function announce(text, kind = "info") {
  lastId += 1;
  const toast = { id: lastId, text, kind };
  const kept = toasts.peek().filter((other) => other.kind === "error"); // a new message replaces the one before
  toasts.value = [...kept.slice(-3), toast];
  if (kind === "info") setTimeout(() => closeToast(toast.id), SHOWN_MILLISECONDS);
}

/** What screen readers read and the eye sees elsewhere, such as the mark of a decision. */
export const spoken = signal("");

/** @param {string} text */
export function say(text) {
  spoken.value = text;
}

/** @param {number} id */
export function closeToast(id) {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}
