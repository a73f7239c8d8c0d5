/** Shows the keys of the tables that bind them. */

import { html } from "../lib/html.js";
import { shortcutTables, spellKey } from "../lib/keys.js";
import { enableShortcuts, shortcutsEnabled } from "../lib/session.js";
import { Dialog } from "./dialog.js";

/** @param {{onClose: () => void}} props */
export function HelpDialog({ onClose }) {
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    ${shortcutTables.value.map(
      ({ title, bindings }) => html`<section key=${title}>
        <h3>${title}</h3>
        <table class="keys">
          <thead class="visually-hidden">
            <tr><th scope="col">Keys</th><th scope="col">Action</th></tr>
          </thead>
          <tbody>
            ${bindings.map(
              (binding) => html`<tr key=${binding.label}>
                <td>${binding.keys.map((key, index) => html`${index > 0 && " or "}<kbd>${spellKey(key)}</kbd>`)}</td>
                <td>${binding.label}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </section>`,
    )}
    <label class="check">
      <input
        type="checkbox"
        checked=${shortcutsEnabled.value}
        onChange=${(/** @type {Event} */ event) => enableShortcuts(/** @type {HTMLInputElement} */ (event.currentTarget).checked)}
      />
      Single-key shortcuts are on
    </label>
  <//>`;
}
