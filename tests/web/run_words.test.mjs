// What is said about a run. Run by test_units.py.
import assert from "node:assert/strict";
import test from "node:test";

import { countMissing } from "../../web/lib/run_words.js";

/** @param {number} accepted @param {number} done @param {number} total */
function count(accepted, done, total) {
  const progress = { categories: 1, items: { accepted, target: accepted, rejected: 0 }, images: { done, failed: 0, total } };
  return countMissing(/** @type {import("../../web/lib/types.js").RunStatus} */ ({ progress }));
}

test("items without an image are missing", () => {
  assert.equal(count(10, 7, 10), 3);
  assert.equal(count(10, 10, 10), 0);
});

test("images of items that a run has not generated are not missing", () => {
  assert.equal(count(6, 6, 200), 0);
  assert.equal(count(6, 4, 200), 2);
});

test("a run over named items misses none of the other items", () => {
  assert.equal(count(210, 3, 3), 0);
  assert.equal(count(210, 0, 0), 0);
});
