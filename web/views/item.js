/** One item: its image at full size, its texts, its rounds, and the decision. */

import { ErrorNote } from "../components/feedback.js";
import { StoredImage } from "../components/stored_image.js";
import { catalogPath, getJson, sendJson } from "../lib/api.js";
import { announce, say } from "../lib/announce.js";
import { formatCount } from "../lib/format.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/html.js";
import { holdImage, imagePath } from "../lib/images.js";
import { bindKeys } from "../lib/keys.js";
import { asApiError, useLoaded } from "../lib/polling.js";
import { address, makeHref, navigate, useOwnQuery } from "../lib/router.js";
import { useCatalog } from "../review/catalog_watch.js";
import { Compare } from "../review/compare.js";
import { DecisionPanel, takeNote } from "../review/item_decision.js";
import { makeItemBindings } from "../review/item_keys.js";
import { RoundFacts, RoundList, describeScore, nameRound, pathOfRound, roundKey } from "../review/item_rounds.js";
import { RegenerateDialog } from "../review/regenerate_dialog.js";
import { RefusedNote, RunNote, UnsentNote } from "../review/review_notices.js";
import { filtersInAddress, openReview, readFilters } from "../review/review_state.js";

/** @typedef {import("../lib/types.js").ItemDetail} ItemDetail */
/** @typedef {import("../lib/types.js").Round} Round */
/** @typedef {import("../review/review_state.js").ReviewState} ReviewState */

/** @param {{catalog: string, itemId: string}} props */
export function ItemView({ catalog, itemId }) {
  const search = useOwnQuery(["catalogs", catalog, "items"], (own) => own.toString());
  const query = new URLSearchParams(search);
  const filters = JSON.stringify(readFilters(query));
  const isComparing = query.get("compare") === "rounds";
  const state = useMemo(() => openReview(catalog, JSON.parse(filters)), [catalog, filters]);
  const { data: item, error, reload } = useLoaded(`item ${catalog}/${itemId}`, (signal) => loadItem(state, itemId, signal));
  const watched = useCatalog(catalog, () => state.pages.version, () => void Promise.all([reload(), state.pages.refresh()]));
  const [shownKey, setShownKey] = useState("");
  const [isFit, setFit] = useState(true);
  const [editing, setEditing] = useState(/** @type {boolean | null} */ (null));
  const [ownRun, setOwnRun] = useState(/** @type {string | null} */ (null));
  const [isPromoting, setPromoting] = useState(false);
  const [promoteError, setPromoteError] = useState(/** @type {import("../lib/api.js").ApiError | null} */ (null));
  useItemCursor(state, itemId, query.get("at"));

  const listed = state.pages.at(state.pages.indexOf(itemId));
  // Decisions that are shown before they are saved belong to the rows of the list.
  const row = item !== null && listed?.image?.sha256 === item.image?.sha256 && listed !== null ? { ...item, decision: listed.decision } : item ?? listed;
  const rounds = item?.rounds ?? [];
  const current = rounds.find((round) => round.isCurrent) ?? null;
  const shown = rounds.find((round) => roundKey(round) === shownKey) ?? current ?? rounds[0] ?? null;

  useEffect(() => {
    setShownKey("");
    setPromoteError(null);
  }, [itemId]);
  useEffect(() => {
    state.queue.onRefused = () => void Promise.all([reload(), state.pages.refresh()]);
  }, [state]);

  /** @param {"approved" | "rejected" | "undecided"} verdict */
  function decide(verdict) {
    if (row === null) return;
    if (shown !== null && !shown.isCurrent && current !== null) {
      setShownKey("");
      announce("This is the current image. Decide again to decide about it.");
      return;
    }
    const decision = state.queue.find(row);
    if (decision === null) {
      announce("This item has no image to decide about.");
      return;
    }
    const isChange = decision.verdict !== verdict;
    state.decidedAt = performance.now();
    say(`${decision.name} ${verdict}`);
    state.queue.decide([decision], verdict, verdict === "undecided" ? undefined : takeNote(catalog, decision));
    if (isChange && verdict !== "undecided") void state.advance();
  }

  /** @param {Round} round */
  async function promote(round) {
    setPromoteError(null);
    setPromoting(true);
    try {
      await sendJson("POST", catalogPath(catalog, `/items/${encodeURIComponent(itemId)}/promote`), { runId: round.runId, round: round.round });
      setShownKey("");
      announce("This image is the current one. It is undecided until you decide about it.");
      await Promise.all([reload(), state.pages.refresh()]);
    } catch (failure) {
      setPromoteError(asApiError(failure));
    }
    setPromoting(false);
  }

  const actions = {
    approve: () => decide("approved"),
    reject: () => decide("rejected"),
    reset: () => decide("undecided"),
    undo: () => state.undo(),
    regenerate: () => setEditing(false),
    edit: () => setEditing(true),
    compare: () => (rounds.length > 1 || isCompareShown() ? showCompare(!isCompareShown()) : announce("This item has one image; there is nothing to compare it with.")),
    fit: () => setFit((before) => !before),
    previous: () => state.moveTo(state.cursor.peek().index - 1),
    next: () => state.moveTo(state.cursor.peek().index + 1),
    leave: () => (isCompareShown() ? showCompare(false) : navigate(listHref(state))),
  };
  const latest = useRef(actions);
  latest.current = actions;
  useLayoutEffect(() => bindKeys("Item", makeItemBindings(() => latest.current)), []);

  return html`<div class="item-view">
    <${ItemHeader} state=${state} itemId=${itemId} name=${row?.name ?? "Item"} actions=${actions} />
    <${ErrorNote} error=${error} onRetry=${reload} />
    <${UnsentNote} queue=${state.queue} />
    <${RefusedNote} queue=${state.queue} onShow=${(/** @type {string} */ other) => navigate(makeHref(["catalogs", catalog, "items", other]))} />
    ${ownRun !== null && html`<${RunNote} key=${ownRun} runId=${ownRun} isOwn=${true} />`}
    ${row === null && error === null && html`<p role="status">Loading…</p>`}
    ${row !== null &&
    html`<div class="item-columns">
      <div class="item-stage">
        ${isComparing && item !== null && rounds.length > 1
          ? html`<${RoundCompare} key=${itemId} catalog=${catalog} item=${item} />`
          : html`<${Stage} catalog=${catalog} item=${item} row=${row} shown=${shown} isFit=${isFit} onFit=${actions.fit} />`}
      </div>
      <div class="item-texts">
        <${DecisionPanel} key=${itemId} catalog=${catalog} item=${row} queue=${state.queue} onDecide=${decide} />
        <div class="buttons">
          <button type="button" onClick=${actions.regenerate}>Regenerate… <kbd aria-hidden="true">r</kbd></button>
          <button type="button" onClick=${actions.edit}>Edit prompt… <kbd aria-hidden="true">e</kbd></button>
          ${rounds.length > 1 && html`<button type="button" aria-pressed=${isComparing ? "true" : "false"} onClick=${actions.compare}>Compare <kbd aria-hidden="true">c</kbd></button>`}
        </div>
        ${item !== null && shown !== null && html`<h2>Images of this item</h2>
          <${RoundList} catalog=${catalog} item=${item} shown=${shown} onShow=${(/** @type {Round} */ round) => setShownKey(roundKey(round))} />
          <h3>${nameRound(item, shown)}</h3>
          <${RoundFacts} item=${item} round=${shown} />
          ${!shown.isCurrent && html`<button type="button" disabled=${isPromoting} onClick=${() => void promote(shown)}>${isPromoting ? "Replacing the current image…" : "Make this the current image"}</button>`}
          <${ErrorNote} error=${promoteError} />`}
        <h2>Texts</h2>
        <dl class="facts">
          <div><dt>Category</dt><dd dir="auto">${row.category}</dd></div>
          <div><dt>Description</dt><dd dir="auto">${row.description}</dd></div>
          <div><dt>Image prompt</dt><dd dir="auto">${row.imagePrompt}</dd></div>
          <div><dt>Product id</dt><dd><code dir="auto">${row.productId}</code></dd></div>
          <div><dt>File</dt><dd><code dir="auto">${row.filename}</code></dd></div>
        </dl>
      </div>
    </div>`}
    ${editing !== null && row !== null &&
    html`<${RegenerateDialog}
      catalog=${catalog}
      rows=${[row]}
      isEditing=${editing}
      onClose=${() => setEditing(null)}
      onStarted=${(/** @type {string} */ runId) => {
        setEditing(null);
        setOwnRun(runId);
        void watched.reload();
      }}
    />`}
  </div>`;
}

/** @param {ReviewState} state @param {string} itemId @param {AbortSignal} signal @returns {Promise<ItemDetail>} */
async function loadItem(state, itemId, signal) {
  const startedAt = performance.now();
  /** @type {ItemDetail} */
  const item = await getJson(catalogPath(state.catalog, `/items/${encodeURIComponent(itemId)}`), { signal });
  if (state.pages.indexOf(itemId) < 0) state.queue.reconcile([item], startedAt);
  return item;
}

/** The address, not what is rendered: two keys may come between two frames. */
function isCompareShown() {
  return address.peek().query.get("compare") === "rounds";
}

/** @param {boolean} isComparing */
function showCompare(isComparing) {
  const query = new URLSearchParams(address.peek().query);
  if (isComparing) query.set("compare", "rounds");
  else query.delete("compare");
  navigate(makeHref(address.peek().path, query), { replace: true });
}

/** @param {ReviewState} state */
function listHref(state) {
  return makeHref(["catalogs", state.catalog, "review"], filtersInAddress(state.filters));
}

/**
 * Keeps the cursor of the list on the item, shows the item that the cursor moves to, and reads the images beside it.
 * @param {ReviewState} state @param {string} itemId @param {string | null} at place in the list, as the address has it
 */
function useItemCursor(state, itemId, at) {
  void state.pages.revision.value;
  const { index, moves } = state.cursor.value;
  const here = state.pages.at(index)?.itemId ?? null;
  const [seenMoves, setSeenMoves] = useState(moves);
  state.isCursorVisible = () => true;
  useEffect(() => {
    const hint = Number(at ?? index);
    void state.pages.load(Number.isInteger(hint) && hint >= 0 ? hint : 0);
  }, [state]);
  useEffect(() => {
    if (moves !== seenMoves) {
      setSeenMoves(moves);
      if (here !== null && here !== itemId) {
        const query = { ...filtersInAddress(state.filters), at: String(index), compare: address.peek().query.get("compare") };
        navigate(makeHref(["catalogs", state.catalog, "items", here], query), { replace: true });
      } else if (here === null) {
        void state.pages.load(index).then(() => state.setCursor(index, true));
      }
    } else if (here !== itemId && address.peek().path[3] === itemId) {
      const found = state.pages.indexOf(itemId);
      if (found >= 0) state.setCursor(found, false);
    }
  });
  useEffect(() => {
    const held = [index + 1, index - 1].flatMap((near) => {
      const row = state.pages.at(near);
      if (row === null || row.image === null) return [];
      const image = holdImage(imagePath(state.catalog, row.filename), row.image.sha256);
      image.promise.catch(() => undefined); // it is shown, or its error, when somebody goes there
      return [image];
    });
    return () => held.forEach((image) => image.release());
  }, [itemId, index, here]);
}

/** @param {{state: ReviewState, itemId: string, name: string, actions: import("../review/item_keys.js").ItemActions}} props */
function ItemHeader({ state, itemId, name, actions }) {
  void state.pages.revision.value;
  const { index } = state.cursor.value;
  const isInList = state.pages.at(index)?.itemId === itemId;
  return html`<header class="item-header">
    <a class="button" href=${listHref(state)}>← Items</a>
    <h1 dir="auto">${name}</h1>
    ${isInList &&
    html`<div class="item-steps">
      <button type="button" disabled=${index === 0} onClick=${actions.previous}>Previous</button>
      <span class="hint">${formatCount(index + 1)} of ${formatCount(state.total)}</span>
      <button type="button" disabled=${index >= state.total - 1} onClick=${actions.next}>Next</button>
    </div>`}
  </header>`;
}

/** @param {{catalog: string, item: ItemDetail | null, row: import("../lib/types.js").ItemRow, shown: Round | null, isFit: boolean, onFit: () => void}} props */
function Stage({ catalog, item, row, shown, isFit, onFit }) {
  const image = item !== null && shown !== null ? { path: pathOfRound(catalog, item, shown), sha256: shown.sha256 } : row.image && { path: imagePath(catalog, row.filename), sha256: row.image.sha256 };
  if (!image) return html`<p class="stage-empty">${row.failure === null ? "This item has no image yet." : `No image: ${row.failure.message}`}</p>`;
  return html`<div class=${isFit ? "stage fit" : "stage"} tabindex=${isFit ? null : 0} role=${isFit ? null : "region"} aria-label=${isFit ? null : "Image at 100 %"}>
      <${StoredImage} class="stage-image" path=${image.path} sha256=${image.sha256} alt=${row.name} />
    </div>
    <div class="stage-controls">
      <button type="button" aria-pressed=${isFit ? "false" : "true"} onClick=${onFit}>100 % <kbd aria-hidden="true">f</kbd></button>
      ${item !== null && shown !== null && !shown.isCurrent && html`<span class="warn">This is an earlier image. Decisions are about the current one.</span>`}
    </div>`;
}

/** @param {{catalog: string, item: ItemDetail}} props */
function RoundCompare({ catalog, item }) {
  const { rounds } = item;
  const current = rounds.find((round) => round.isCurrent) ?? rounds[0];
  const earlier = rounds.find((round) => round !== current);
  const [keys, setKeys] = useState({ left: earlier ? roundKey(earlier) : "", right: current ? roundKey(current) : "" });
  const left = rounds.find((round) => roundKey(round) === keys.left) ?? earlier;
  const right = rounds.find((round) => roundKey(round) === keys.right) ?? current;
  if (left === undefined || right === undefined) return null;
  /** @param {Round} round */
  const describe = (round) => ({ path: pathOfRound(catalog, item, round), sha256: round.sha256, label: `${nameRound(item, round)}${round.score === null ? "" : `, ${describeScore(round)}`}` });
  /** @param {"left" | "right"} side @param {string} label @param {Round} chosen */
  const choice = (side, label, chosen) => html`<label class="filter">
    <span>${label}</span>
    <select value=${roundKey(chosen)} onChange=${(/** @type {Event} */ event) => setKeys({ ...keys, [side]: /** @type {HTMLSelectElement} */ (event.currentTarget).value })}>
      ${rounds.map((round) => html`<option key=${roundKey(round)} value=${roundKey(round)} selected=${round === chosen}>${describe(round).label}</option>`)}
    </select>
  </label>`;
  return html`<${Compare} left=${describe(left)} right=${describe(right)} onSwap=${() => setKeys({ left: roundKey(right), right: roundKey(left) })} />
    ${rounds.length > 2 && html`<div class="compare-choices">${choice("left", "Left", left)} ${choice("right", "Right", right)}</div>`}`;
}
