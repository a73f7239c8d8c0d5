/** The status of a run, in words and color. */

import { html } from "../lib/html.js";
import { describeStatus } from "../lib/run_words.js";

/** @param {{status: string}} props */
export function StatusBadge({ status }) {
  const { name, tone } = describeStatus(status);
  return html`<span class=${`status-badge ${tone}`}>${name}</span>`;
}
