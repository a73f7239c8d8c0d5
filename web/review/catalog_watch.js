/** Counts and version of a catalog, read again every few seconds, so that the changes of others appear. */

import { catalogPath, getJson } from "../lib/api.js";
import { useEffect, useRef } from "../lib/html.js";
import { useLoaded } from "../lib/polling.js";
import { hasEnded } from "../lib/run_words.js";

const POLL_MILLISECONDS = 5000;
const POLL_WITH_RUN_MILLISECONDS = 2000;

/** @typedef {import("../lib/types.js").CatalogDetail} CatalogDetail */

/**
 * @param {string} catalog
 * @param {() => string} shownVersion of what is on the screen; "" = nothing yet
 * @param {() => void} onChange called when anything in the catalog has changed since it was read
 */
export function useCatalog(catalog, shownVersion, onChange) {
  const { data, error, reload } = useLoaded(
    `catalog ${catalog}`,
    async (signal) => {
      const startedAt = performance.now();
      /** @type {CatalogDetail} */
      const detail = await getJson(catalogPath(catalog), { signal });
      return { detail, startedAt };
    },
    (latest) => (latest?.detail.lastRun && !hasEnded(latest.detail.lastRun.status) ? POLL_WITH_RUN_MILLISECONDS : POLL_MILLISECONDS),
  );
  const version = data?.detail.version ?? null;
  const known = useRef(version);
  useEffect(() => {
    if (version === null) return;
    const isChanged = known.current !== null && known.current !== version;
    // The list outlives the view, and may be older than the first answer.
    if (isChanged || !["", version].includes(shownVersion())) onChange();
    known.current = version;
  }, [data]);
  return { detail: data?.detail ?? null, startedAt: data?.startedAt ?? 0, error, reload };
}
