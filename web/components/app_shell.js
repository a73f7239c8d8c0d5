/** The frame around all views: navigation, the current view, dialogs and messages. */

import { Fragment, html, useEffect, useLayoutEffect, useState } from "../lib/html.js";
import { bindKeys } from "../lib/keys.js";
import { address, makeHref } from "../lib/router.js";
import { loadPage } from "../views/routes.js";
import { Toasts } from "./feedback.js";
import { HelpDialog } from "./help_dialog.js";
import { KeyDialog } from "./key_dialog.js";

export function AppShell() {
  const path = address.value.path;
  const [page, setPage] = useState(/** @type {{key: string, page: import("../views/routes.js").Page | null} | null} */ (null));
  const [isHelpOpen, setHelpOpen] = useState(false);
  const key = path.join("/");

  useLayoutEffect(() => bindKeys("Everywhere", [{ keys: ["?"], label: "Show the keys", run: () => setHelpOpen(true) }]), []);
  useEffect(() => {
    let isWanted = true;
    loadPage(path).then((loaded) => {
      if (!isWanted) return;
      setPage((before) => {
        const viewKey = loaded?.key ?? key;
        if (before !== null && before.key !== viewKey) requestAnimationFrame(focusHeading);
        return { key: viewKey, page: loaded };
      });
      document.title = `${loaded?.title ?? "Not found"} · Catalog Seeder`;
    });
    return () => {
      isWanted = false;
    };
  }, [key]);

  return html`<${Fragment}>
    <a class="skip-link" href="#main" onClick=${skipToMain}>Skip to content</a>
    <header class="app-header">
      <a class="brand" href="#/">Catalog Seeder</a>
      <nav aria-label="Main">
        <a href="#/" aria-current=${key === "" ? "page" : null}>Catalogs</a>
        <a href=${makeHref(["runs"])} aria-current=${path[0] === "runs" ? "page" : null}>Runs</a>
        <a href=${makeHref(["new"])} aria-current=${path[0] === "new" ? "page" : null}>New run</a>
      </nav>
      <button type="button" class="keys-button" onClick=${() => setHelpOpen(true)}><span class="keys-word">Keys</span> <kbd>?</kbd></button>
    </header>
    <main id="main" tabindex="-1">
      ${page === null
        ? html`<p role="status">Loading…</p>`
        : page.page === null
          ? html`<h1 tabindex="-1">Not found</h1>
              <p>No page has this address. <a href="#/">Show all catalogs</a></p>`
          : html`<${page.page.view} key=${page.key} ...${page.page.props} />`}
    </main>
    <${Toasts} />
    ${isHelpOpen && html`<${HelpDialog} onClose=${() => setHelpOpen(false)} />`}
    <${KeyDialog} />
  <//>`;
}

/** @param {Event} event */
function skipToMain(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Moves the focus to the new view's heading, as after a page load. */
function focusHeading() {
  if (document.activeElement?.matches("main *")) return; // the view has placed it
  const heading = document.querySelector("main h1");
  if (heading instanceof HTMLElement) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}
