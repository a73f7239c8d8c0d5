/** How a run would read an input: rows, columns and why, first items, and rows that cannot be used. */

import { formatCount, formatNoun } from "../lib/format.js";
import { html } from "../lib/html.js";
import { nameReason } from "../lib/reasons.js";
import { spellName } from "./schema.js";

const SHOWN_PROBLEMS = 20;
const AUTOMATIC = "automatic";

/**
 * @typedef {object} InputReport
 * @property {string} file
 * @property {string} format
 * @property {number} rows
 * @property {number} variants
 * @property {string[]} columns
 * @property {string[]} fields
 * @property {Record<string, string>} mapping column by field
 * @property {Record<string, string>} mappingReasons
 * @property {string[]} notes
 * @property {{id: string, filename: string, name: string, category: string, imagePrompt: string, leftOut: string[]}[]} samples
 * @property {{row: number, variantOf: string}[]} variantSamples
 * @property {number} problemCount
 * @property {{row: number, field: string | null, reasons: string[], message: string}[]} problems
 */

/**
 * @param {object} props
 * @param {InputReport} props.report
 * @param {Record<string, string>} props.mapping
 * @param {boolean} props.isReading
 * @param {boolean} props.skipInvalid
 * @param {(skip: boolean) => void} props.onSkipInvalid
 * @param {(mapping: Record<string, string>) => void} props.onMapping
 */
export function InspectReport({ report, mapping, isReading, skipInvalid, onSkipInvalid, onMapping }) {
  const unused = report.columns.filter((column) => !Object.values(report.mapping).includes(column));
  return html`<section class="inspect-report" aria-label="How the file is read" aria-busy=${isReading}>
    <p class="report-sum" role="status">
      <strong>${formatNoun(report.rows, "row")}</strong> to generate an image for, read as ${report.format}.
      ${report.variants > 0 && ` ${formatNoun(report.variants, "variant")} without an image of ${report.variants === 1 ? "its" : "their"} own.`}
      ${report.problemCount > 0 && html` <strong class="bad">${formatNoun(report.problemCount, "row")} cannot be used.</strong>`}
    </p>
    ${report.problemCount > 0 &&
    html`<label class="check">
      <input type="checkbox" checked=${skipInvalid} onChange=${(/** @type {Event} */ event) => onSkipInvalid(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
      Skip ${report.problemCount === 1 ? "this row" : "these rows"}; without that, the run does not start
    </label>`}
    ${report.notes.map((note) => html`<p key=${note} class="hint">Note: ${note}</p>`)}
    ${report.columns.length > 0 &&
    html`<details open>
      <summary>Columns</summary>
      <${MappingTable} columns=${report.columns} fields=${report.fields} mapping=${mapping} found=${report.mapping} reasons=${report.mappingReasons} onMapping=${onMapping} />
      ${unused.length > 0 && html`<p class="hint">Not used: ${unused.join(", ")}</p>`}
    </details>`}
    ${report.samples.length > 0 &&
    html`<details open>
      <summary>First items</summary>
      <ul class="samples">
        ${report.samples.map(
          (sample) => html`<li key=${sample.filename}>
            <p><strong><bdi>${sample.name}</bdi></strong> <span class="hint"><bdi>${sample.category}</bdi>, <bdi>${sample.filename}</bdi></span></p>
            <p dir="auto">${sample.imagePrompt}</p>
            ${sample.leftOut.length > 0 && html`<p class="hint">Left out of the prompt because of its length: ${sample.leftOut.join(", ")}</p>`}
          </li>`,
        )}
      </ul>
    </details>`}
    ${report.problemCount > 0 && html`<${Problems} report=${report} />`}
  </section>`;
}

/** @param {{report: InputReport}} props */
function Problems({ report: { problems, problemCount } }) {
  return html`<details>
    <summary>Rows that cannot be used (${formatCount(problemCount)})</summary>
    <ul>
      ${problems.slice(0, SHOWN_PROBLEMS).map(
        (problem, index) => html`<li key=${index}>Row ${problem.row}${problem.field !== null && `, ${problem.field}`}: ${problem.message} <span class="hint">(${problem.reasons.map(nameReason).join(", ")})</span></li>`,
      )}
      ${problemCount > SHOWN_PROBLEMS && html`<li class="hint">and ${formatCount(problemCount - SHOWN_PROBLEMS)} more</li>`}
    </ul>
  </details>`;
}

/**
 * The table of columns when the rows cannot be read without a mapping.
 * @param {{message: string, columns: string[], fields: string[], mapping: Record<string, string>, onMapping: (mapping: Record<string, string>) => void}} props
 */
export function MappingOnError({ message, columns, fields, mapping, onMapping }) {
  return html`<section class="inspect-report" aria-label="Columns of the file">
    <div role="alert">
      <p><strong>The rows cannot be read yet.</strong> Choose the columns of the fields that were not recognized.</p>
      <p class="hint">${message}</p>
    </div>
    <${MappingTable} columns=${columns} fields=${fields} mapping=${mapping} found=${{}} reasons=${{}} onMapping=${onMapping} />
  </section>`;
}

/** @param {{columns: string[], fields: string[], mapping: Record<string, string>, found: Record<string, string>, reasons: Record<string, string>, onMapping: (mapping: Record<string, string>) => void}} props */
function MappingTable({ columns, fields, mapping, found, reasons, onMapping }) {
  /** @param {string} field @param {string} choice */
  function choose(field, choice) {
    const { [field]: _, ...others } = mapping;
    if (choice === AUTOMATIC) onMapping(others);
    else onMapping({ ...others, [field]: choice.slice(1) });
  }
  return html`<table class="mapping">
    <thead>
      <tr><th scope="col">Field</th><th scope="col">Column</th></tr>
    </thead>
    <tbody>
      ${fields.map((field) => {
        const given = mapping[field];
        const column = found[field];
        const automatic = given === undefined ? (column === undefined ? "Automatic: none" : `Automatic: ${column}`) : "Automatic";
        return html`<tr key=${field}>
          <th scope="row">${spellName(field)}</th>
          <td>
            <select aria-label=${`Column of ${field}`} value=${given === undefined ? AUTOMATIC : `=${given}`} onChange=${(/** @type {Event} */ event) => choose(field, /** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
              <option value=${AUTOMATIC}>${automatic}</option>
              <option value="=">None</option>
              ${columns.map((name) => html`<option key=${name} value=${`=${name}`}>${name}</option>`)}
            </select>
            <span class="hint">${given === undefined ? (reasons[field] ?? "") : "as chosen"}</span>
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
