/** How fast images come, from the counts of successive polls. */

/** @typedef {{at: number, made: number}} Sample milliseconds, and images made by then */

const WINDOW_MILLISECONDS = 60_000;
const MIN_MILLISECONDS = 10_000;

/**
 * @param {readonly Sample[]} samples the earliest first
 * @param {Sample} sample the latest
 * @returns {Sample[]} the samples that span the latest minute
 */
export function addSample(samples, sample) {
  const kept = [...samples, sample];
  while (kept.length > 2 && sample.at - /** @type {Sample} */ (kept[1]).at >= WINDOW_MILLISECONDS) kept.shift();
  return kept;
}

/**
 * @param {readonly Sample[]} samples
 * @returns {{perMinute: number, seconds: number} | null} images per minute, and over how many seconds; null = too early to say
 */
export function measureRate(samples) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < MIN_MILLISECONDS) return null;
  const milliseconds = last.at - first.at;
  return { perMinute: ((last.made - first.made) * 60_000) / milliseconds, seconds: milliseconds / 1000 };
}
