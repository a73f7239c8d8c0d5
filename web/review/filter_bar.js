/** The filters of the grid. They live in the address, so a reload and a link show the same items. */

import { html, signal, useEffect, useRef, useState } from "../lib/html.js";
import { changeQuery } from "../lib/router.js";
import { rememberReviewer, reviewer } from "../lib/session.js";

const SEARCH_MILLISECONDS = 250;
const MAX_SCORE = 100;

/** @typedef {[value: string, text: string][]} Options in this order; an object would put whole numbers first */

/** @type {Options} */
const DECISIONS = [["", "All"], ["undecided", "Undecided"], ["approved", "Approved"], ["rejected", "Rejected"]];
/** @type {Options} */
const STATES = [["", "All"], ["complete", "With image"], ["missing", "Without image"], ["failed", "Failed"], ["placeholder", "Placeholder"]];
/** @type {Options} */
const SORTS = [["", "Category"], ["accepted", "As accepted"], ["newest", "Newest image"], ["score", "Lowest score"]];

/** @type {Options} the order that only catalogs with style references have */
const STYLE_SORT = [["style", "Farthest from the style"]];

/** Reasons why an image failed; `docs/reference/reasons.md` explains them. */
const IMAGE_REASONS = ["content_policy", "bad_image", "bad_request", "rate_limited", "server_error", "connection", "timeout_ambiguous", "budget", "cancelled", "not_tried"];

/** Whether the filters are shown on a narrow screen; on a wide one they always are. */
const isFilterBarOpen = signal(false);

/** Shows the filters on a narrow screen. @param {{count: number}} props number of filters in force */
export function FilterToggle({ count }) {
  const isOpen = isFilterBarOpen.value;
  return html`<button type="button" class="filters-toggle" aria-expanded=${isOpen ? "true" : "false"} aria-controls="filters" onClick=${() => (isFilterBarOpen.value = !isOpen)}>
    Filters${count > 0 ? ` (${count})` : ""}
  </button>`;
}

/**
 * @param {object} props
 * @param {Record<string, string>} props.filters as the API takes them
 * @param {string[]} props.categories
 * @param {boolean} props.hasStyle whether images have a distance from style references
 */
export function FilterBar({ filters, categories, hasStyle }) {
  const isOpen = isFilterBarOpen.value;
  const { sort = "" } = filters;
  return html`<div class=${isOpen ? "filters open" : "filters"}>
    <form id="filters" class="filter-fields" role="search" aria-label="Filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <${Choice} name="category" label="Category" value=${filters.category ?? ""} options=${[["", "All"], ...categories.map((name) => [name, name])]} />
      <${Choice} name="decision" label="Decision" value=${filters.decision ?? ""} options=${DECISIONS} />
      <${Choice} name="state" label="State" value=${filters.state ?? ""} options=${STATES} clears="reason" />
      ${(filters.state === "failed" || filters.reason) && html`<${Choice} name="reason" label="Reason" value=${filters.reason ?? ""} options=${listReasons(filters.reason)} />`}
      <${Typed} name="maxScore" label="Max score" value=${filters.maxScore ?? ""} type="number" />
      <${Typed} name="q" label="Search" value=${filters.q ?? ""} type="search" />
      <${Choice} name="sort" label="Order" value=${sort === "category" ? "" : sort} options=${hasStyle || sort === "style" ? [...SORTS, ...STYLE_SORT] : SORTS} />
      <label class="check">
        <input
          type="checkbox"
          checked=${filters.duplicates === "true"}
          onChange=${(/** @type {Event} */ event) => change("duplicates", /** @type {HTMLInputElement} */ (event.currentTarget).checked ? "true" : null)}
        />
        Near-duplicates
      </label>
    </form>
    <label class="filter reviewer">
      <span>Your name</span>
      <input name="reviewer" autocomplete="name" maxlength="80" value=${reviewer.value} onChange=${(/** @type {Event} */ event) => rememberReviewer(/** @type {HTMLInputElement} */ (event.currentTarget).value.trim())} />
    </label>
  </div>`;
}

/** @param {Record<string, string>} filters */
export function clearFilters({ sort, ...narrowing }) {
  changeQuery({ sort: sort === "category" ? null : (sort ?? null), ...Object.fromEntries(Object.keys(narrowing).map((name) => [name, null])) });
}

/** @param {string | undefined} given @returns {Options} */
function listReasons(given) {
  const reasons = given && !IMAGE_REASONS.includes(given) ? [given, ...IMAGE_REASONS] : IMAGE_REASONS;
  return [["", "All"], .../** @type {Options} */ (reasons.map((reason) => [reason, reason.replaceAll("_", " ")]))];
}

/** @param {string} name @param {string | null} value @param {boolean} [replace] */
function change(name, value, replace = false) {
  changeQuery({ [name]: value }, { replace });
}

/** @param {{name: string, label: string, value: string, options: Options, clears?: string}} props */
function Choice({ name, label, value, options, clears }) {
  return html`<label class="filter">
    <span>${label}</span>
    <select
      name=${name}
      value=${value}
      onChange=${(/** @type {Event} */ event) => {
        const chosen = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
        changeQuery({ [name]: chosen || null, ...(clears ? { [clears]: null } : {}) });
      }}
    >
      ${options.map(([option, text]) => html`<option key=${option} value=${option} selected=${option === value}>${text}</option>`)}
    </select>
  </label>`;
}

/** A field that filters while somebody types. @param {{name: string, label: string, value: string, type: "search" | "number"}} props */
function Typed({ name, label, value, type }) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return; // the address follows what is typed
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = typed.trim();
      change(name, sent.current || null, true);
    }, SEARCH_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`<label class="filter">
    <span>${label}</span>
    <input
      name=${name}
      type=${type}
      min=${type === "number" ? 0 : null}
      max=${type === "number" ? MAX_SCORE : null}
      step=${type === "number" ? 1 : null}
      maxlength=${type === "search" ? 200 : null}
      autocomplete="off"
      value=${typed}
      onInput=${(/** @type {InputEvent} */ event) => setTyped(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
    />
  </label>`;
}
