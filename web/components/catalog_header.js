/** Name of a catalog, and links to its pages: the top of each view of one catalog. */

import { html } from "../lib/html.js";
import { makeHref } from "../lib/router.js";

/** @typedef {"review" | "publish" | "runs" | "item"} CatalogPage */

/**
 * @param {object} props
 * @param {string} props.catalog
 * @param {CatalogPage} props.current the page that is shown; "item" belongs to Review
 * @param {any} [props.children] shown beside the links
 */
export function CatalogHeader({ catalog, current, children }) {
  return html`<header class="catalog-header">
    <h1 tabindex="-1">${catalog}</h1>
    <nav aria-label=${`Pages of ${catalog}`}>
      <a href=${makeHref(["catalogs", catalog, "review"])} aria-current=${mark("review", current)}>Review</a>
      <a href=${makeHref(["catalogs", catalog, "publish"])} aria-current=${mark("publish", current)}>Publish</a>
      <a href=${makeHref(["runs"], { catalog })} aria-current=${mark("runs", current)}>Runs</a>
      <a href=${makeHref(["new"], { catalog })}>Extend</a>
    </nav>
    ${children}
  </header>`;
}

/** @param {CatalogPage} page @param {CatalogPage} current */
function mark(page, current) {
  if (page === current) return "page";
  return page === "review" && current === "item" ? "true" : null;
}
