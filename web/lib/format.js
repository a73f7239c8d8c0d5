/** Numbers, times and sizes as people read them. */

const integers = new Intl.NumberFormat("en");

/** @param {number} value */
export function formatCount(value) {
  return integers.format(value);
}

/** @param {number} count @param {string} noun @param {string} [plural] */
export function formatNoun(count, noun, plural = `${noun}s`) {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** @param {number} usd amounts below a dollar have four decimals, as one image costs a few cents */
export function formatUsd(usd) {
  return `$${usd > 0 && usd < 1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

/** A distance of colors, 0 to 1, in hundredths: "12.3 %". @param {number} distance */
export function formatDistance(distance) {
  return `${(100 * distance).toFixed(1)} %`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {number} seconds */
export function formatDuration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

/** @param {string | null | undefined} moment ISO 8601 */
export function formatTime(moment) {
  if (!moment) return "";
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
