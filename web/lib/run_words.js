/** Words for the states of runs. */

/** @typedef {import("./types.js").RunStatus} RunStatus */

/** How a status is spelled, and its tone: `good`, `bad`, `warn`, `active` or "". @type {Record<string, {name: string, tone: string}>} */
const STATUSES = {
  Pending: { name: "Pending", tone: "active" },
  Running: { name: "Running", tone: "active" },
  Paused: { name: "Paused", tone: "warn" },
  Suspended: { name: "Suspended", tone: "warn" },
  Completed: { name: "Completed", tone: "good" },
  CompletedWithFailures: { name: "Completed with failures", tone: "warn" },
  Cancelled: { name: "Cancelled", tone: "" },
  Failed: { name: "Failed", tone: "bad" },
  Interrupted: { name: "Interrupted", tone: "bad" },
};

export const STATUS_NAMES = Object.keys(STATUSES);

/** @param {string} status */
export function describeStatus(status) {
  return STATUSES[status] ?? { name: status, tone: "" };
}

/** @param {string} status @returns {boolean} whether the run may still do something by itself */
export function isActive(status) {
  return status === "Pending" || status === "Running";
}

/** @param {RunStatus} run @returns {boolean} whether it waits until a person has approved some of its first images */
export function awaitsApproval(run) {
  return run.status === "Paused" && run.awaitedImages !== undefined;
}

/** @param {string} status @returns {boolean} whether nothing changes any more */
export function hasEnded(status) {
  return ["Completed", "CompletedWithFailures", "Cancelled", "Failed"].includes(status);
}

/** @param {string | null | undefined} moment ISO 8601 @param {number} [now] milliseconds @returns {number} seconds from now; negative = past */
export function secondsUntil(moment, now = Date.now()) {
  return moment ? (Date.parse(moment) - now) / 1000 : 0;
}

/** @param {RunStatus} run @returns {number} seconds that the run took, or takes so far */
export function measureSeconds(run) {
  const end = run.completedAt ?? (isActive(run.status) ? new Date().toISOString() : run.updatedAt);
  return Math.max(0, (Date.parse(end) - Date.parse(run.createdAt)) / 1000);
}

/**
 * A run that ended early has fewer items than images to generate, and a run over named items fewer images than items.
 * @param {RunStatus} run @returns {number} accepted items whose image is missing
 */
export function countMissing({ progress: { items, images } }) {
  return Math.max(0, Math.min(items.accepted, images.total) - images.done);
}
