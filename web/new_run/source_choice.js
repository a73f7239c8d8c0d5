/** Where the items come from: one card per source that the API knows. */

import { CodeText } from "../components/code_text.js";
import { html } from "../lib/html.js";
import { spellName } from "./schema.js";

/** @typedef {import("./schema.js").Field} Field */

/** Words for the sources that the page knows. @type {Record<string, {title: string, text: string}>} */
const SOURCES = {
  generate: { title: "Generate items", text: "The text model invents categories and items." },
  products: { title: "Products from a file", text: "Each row is a product that needs an image." },
  prompts: { title: "Prompts from a file", text: "Each row is the prompt of an image." },
};

/** @param {{field: Field, value: string, error: string, onChange: (value: string) => void}} props */
export function SourceChoice({ field, value, error, onChange }) {
  return html`<fieldset class="choices" id="field-source">
    <legend>Items</legend>
    ${field.choices.map((choice) => {
      const { title, text } = SOURCES[choice] ?? { title: spellName(choice), text: "" };
      return html`<label key=${choice} class="choice">
        <input type="radio" name="source" value=${choice} checked=${choice === value} onChange=${() => onChange(choice)} />
        <span><strong>${title}</strong> <span class="hint"><${CodeText} text=${text} /></span></span>
      </label>`;
    })}
    ${error && html`<p class="error-text">${error}</p>`}
  </fieldset>`;
}
