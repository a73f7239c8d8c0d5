/** The images of a run as they come, the latest first. */

import { StoredImage } from "../components/stored_image.js";
import { catalogPath, getJson } from "../lib/api.js";
import { html, useRef } from "../lib/html.js";
import { imagePath, thumbnailPath } from "../lib/images.js";
import { useLoaded } from "../lib/polling.js";
import { makeHref } from "../lib/router.js";
import { hasEnded, isActive } from "../lib/run_words.js";

const SHOWN = 24;
const POLL_MILLISECONDS = 3_000;

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */
/** @typedef {import("../lib/types.js").ItemRow} ItemRow */

/** @param {{run: RunStatus}} props */
export function NewestImages({ run }) {
  const { catalog, runId, status } = run;
  const shown = useRef(/** @type {{made: number, items: ItemRow[]} | null} */ (null));
  const { data } = useLoaded(
    `newest ${runId} ${hasEnded(status)}`,
    async (signal) => {
      const made = run.imagesMade;
      // Counts are ahead of the list or behind it, so an empty list is asked for again.
      if (shown.current?.made !== made || shown.current.items.length === 0 || hasEnded(status)) {
        shown.current = { made, items: await loadNewest(catalog, runId, signal) };
      }
      return shown.current.items;
    },
    () => (isActive(status) ? POLL_MILLISECONDS : 0),
  );
  if (data === null && isActive(status)) return html`<h2>Newest images</h2><p class="hint">Loading…</p>`;
  if (data === null || data.length === 0) {
    return isActive(status) && run.progress.images.total > 0 ? html`<h2>Newest images</h2><p class="hint">Images appear here as they are generated.</p>` : null;
  }
  return html`<h2>Newest images</h2>
    <ul class="newest-images">
      ${data.map(
        ({ itemId, name, filename, image }) => html`<li key=${`${itemId} ${image?.sha256}`}>
          <a href=${makeHref(["catalogs", catalog, "items", itemId])} title=${name}>
            <${StoredImage} path=${image?.hasThumbnail ? thumbnailPath(catalog, filename) : imagePath(catalog, filename)} sha256=${image?.sha256 ?? ""} alt=${name} />
          </a>
        </li>`,
      )}
    </ul>`;
}

/**
 * @param {string} catalog @param {string} runId @param {AbortSignal} signal
 * @returns {Promise<ItemRow[]>} the newest images of the catalog that this run generated
 */
async function loadNewest(catalog, runId, signal) {
  const query = { sort: "newest", state: "complete", limit: 2 * SHOWN };
  const page = /** @type {import("../lib/types.js").ItemPage} */ (await getJson(catalogPath(catalog, "/items"), { query, signal }));
  return page.items.filter((item) => item.image !== null && item.image.runId === runId).slice(0, SHOWN);
}
