// The rate of images, from the counts of successive polls. Run by test_units.py.
import assert from "node:assert/strict";
import test from "node:test";

import { addSample, measureRate } from "../../web/run/rate.js";

/** @param {[number, number][]} points seconds and images made */
function collect(points) {
  let samples = /** @type {import("../../web/run/rate.js").Sample[]} */ ([]);
  for (const [seconds, made] of points) samples = addSample(samples, { at: 1000 * seconds, made });
  return samples;
}

test("nothing is reported before there are ten seconds to measure", () => {
  assert.equal(measureRate([]), null);
  assert.equal(measureRate(collect([[0, 0]])), null);
  assert.equal(measureRate(collect([[0, 0], [9, 90]])), null);
});

test("the rate is that of the time between the samples", () => {
  assert.deepEqual(measureRate(collect([[0, 10], [5, 12], [20, 20]])), { perMinute: 30, seconds: 20 });
  assert.deepEqual(measureRate(collect([[0, 10], [30, 10]])), { perMinute: 0, seconds: 30 });
});

test("samples from before the latest minute do not count, and memory is bounded", () => {
  const samples = collect(Array.from({ length: 500 }, (_, index) => [2 * index, index < 400 ? 0 : 10 * (index - 400)]));
  assert.ok(samples.length <= 32);
  assert.deepEqual(measureRate(samples), { perMinute: 300, seconds: 60 });
});
