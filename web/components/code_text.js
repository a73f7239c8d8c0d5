/** Text with code between backticks, as the API's descriptions spell it. */

import { html } from "../lib/html.js";

/** @param {{text: string}} props */
export function CodeText({ text }) {
  return text.split(/`+/).map((part, index) => (index % 2 === 1 ? html`<code key=${index}>${part}</code>` : part));
}
