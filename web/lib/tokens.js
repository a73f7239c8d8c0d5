/** Idempotency keys. */

/** @returns {string} a new random key; `crypto.randomUUID` exists only on https and localhost */
export function createIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `review-page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
