/** Starts the review page. */

import { AppShell } from "./components/app_shell.js";
import { html, render } from "./lib/html.js";

const root = document.getElementById("app");
if (root !== null) {
  root.textContent = "";
  render(html`<${AppShell} />`, root);
}
