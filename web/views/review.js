/** The grid of a catalog's items, where a reviewer decides about each image. */

import { CatalogHeader } from "../components/catalog_header.js";
import { ErrorNote } from "../components/feedback.js";
import { announce } from "../lib/announce.js";
import { formatCount } from "../lib/format.js";
import { html, useEffect, useLayoutEffect, useMemo, useState } from "../lib/html.js";
import { bindKeys } from "../lib/keys.js";
import { makeHref, navigate, useOwnQuery } from "../lib/router.js";
import { hasEnded } from "../lib/run_words.js";
import { ActionBar, ListBar } from "../review/action_bar.js";
import { useCatalog } from "../review/catalog_watch.js";
import { CompareDialog } from "../review/compare.js";
import { FilterBar } from "../review/filter_bar.js";
import { ItemGrid } from "../review/item_grid.js";
import { RegenerateDialog } from "../review/regenerate_dialog.js";
import { RefusedNote, RunNote, UnsentNote } from "../review/review_notices.js";
import { makeReviewBindings } from "../review/review_keys.js";
import { filtersInAddress, openReview, readFilters } from "../review/review_state.js";

/** @typedef {import("../lib/types.js").ItemRow} ItemRow */
/** @typedef {import("../lib/types.js").CatalogCounts} CatalogCounts */

/** @param {{catalog: string}} props */
export function ReviewView({ catalog }) {
  const filters = useOwnQuery(["catalogs", catalog, "review"], (query) => JSON.stringify(readFilters(query)));
  const state = useMemo(() => openReview(catalog, JSON.parse(filters)), [catalog, filters]);
  const watched = useCatalog(catalog, () => state.pages.version, () => state.refreshSoon());
  const [regenerated, setRegenerated] = useState(/** @type {{rows: ItemRow[], isEditing: boolean} | null} */ (null));
  const [compared, setCompared] = useState(/** @type {ItemRow[] | null} */ (null));
  const [ownRun, setOwnRun] = useState(/** @type {string | null} */ (null));
  const actions = useMemo(() => makeActions(state, setRegenerated, setCompared), [state]);

  useLayoutEffect(() => bindKeys("Review", makeReviewBindings(state, actions)), [state, actions]);
  useEffect(() => {
    state.queue.onRefused = (refused) => void state.pages.refresh().then(() => state.updateSelection(refused));
    state.queue.onSaved = () => undefined;
  }, [state]);

  const error = state.pages.error.value ?? watched.error;
  const { detail } = watched;
  const lastRun = detail?.lastRun ?? null;
  return html`<div class="review">
    <${CatalogHeader} catalog=${catalog} current="review">
      <${Counts} state=${state} counts=${detail?.counts ?? null} startedAt=${watched.startedAt} />
    <//>
    <${FilterBar} filters=${state.filters} categories=${(detail?.categories ?? []).map(({ name }) => name)} hasStyle=${detail?.hasStyleDistances ?? false} />
    <${ErrorNote} error=${error} onRetry=${() => void Promise.all([state.pages.refresh(), watched.reload()])} />
    <${UnsentNote} queue=${state.queue} />
    <${RefusedNote} queue=${state.queue} onShow=${(/** @type {string} */ itemId) => openItem(state, itemId)} />
    ${ownRun !== null
      ? html`<${RunNote} key=${ownRun} runId=${ownRun} isOwn=${true} />`
      : lastRun !== null && !hasEnded(lastRun.status) && html`<${RunNote} key=${lastRun.runId} runId=${lastRun.runId} isOwn=${false} />`}
    <${ListBar} state=${state} />
    <${ItemGrid} key=${filters} state=${state} label=${`Items of ${catalog}`} onOpen=${() => actions.open()} />
    <${ActionBar} state=${state} actions=${actions} />
    ${regenerated !== null &&
    html`<${RegenerateDialog}
      catalog=${catalog}
      rows=${regenerated.rows}
      isEditing=${regenerated.isEditing}
      onClose=${() => setRegenerated(null)}
      onStarted=${(/** @type {string} */ runId) => {
        setRegenerated(null);
        setOwnRun(runId);
        state.clearSelection();
        void watched.reload();
      }}
    />`}
    ${compared !== null && html`<${CompareDialog} catalog=${catalog} rows=${compared} onClose=${() => setCompared(null)} />`}
  </div>`;
}

/**
 * @param {import("../review/review_state.js").ReviewState} state
 * @param {(asked: {rows: ItemRow[], isEditing: boolean}) => void} regenerate
 * @param {(rows: ItemRow[]) => void} compare
 * @returns {import("../review/review_keys.js").Actions}
 */
function makeActions(state, regenerate, compare) {
  /** @param {boolean} isEditing */
  function ask(isEditing) {
    const rows = state.targets();
    if (rows.length > 0) regenerate({ rows, isEditing });
  }
  return {
    approve: () => state.decide("approved"),
    reject: () => state.decide("rejected"),
    reset: () => state.decide("undecided"),
    undo: () => state.undo(),
    regenerate: () => ask(false),
    edit: () => ask(true),
    open: () => state.current !== null && openItem(state, state.current.itemId),
    compare: () => {
      const rows = state.targets();
      const withImage = rows.filter((row) => row.image !== null);
      if (rows.length === 1 && rows[0] !== undefined) openItem(state, rows[0].itemId, { compare: "rounds" });
      else if (withImage.length === 2) compare(withImage);
      else announce("Select two items with an image to compare them, or one item to compare its rounds.");
    },
  };
}

/** @param {import("../review/review_state.js").ReviewState} state @param {string} itemId @param {Record<string, string>} [more] */
function openItem(state, itemId, more = {}) {
  state.isReturning = true;
  navigate(makeHref(["catalogs", state.catalog, "items", itemId], { ...filtersInAddress(state.filters), at: String(Math.max(0, state.pages.indexOf(itemId))), ...more }));
}

/** @param {{state: import("../review/review_state.js").ReviewState, counts: CatalogCounts | null, startedAt: number}} props */
function Counts({ state, counts, startedAt }) {
  void state.queue.revision.value;
  if (counts === null) return html`<p class="counts"></p>`;
  const { approved, rejected, undecided, failed } = state.queue.adjust(counts, startedAt);
  return html`<p class="counts">
    <span class="count approved">${formatCount(approved)} approved</span>
    <span class="count rejected">${formatCount(rejected)} rejected</span>
    <span class="count undecided">${formatCount(undecided)} undecided</span>
    ${failed > 0 && html`<span class="count failed">${formatCount(failed)} failed</span>`}
  </p>`;
}
