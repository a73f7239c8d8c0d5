/** The input of one field, with its description, default, range and error. */

import { CodeText } from "../components/code_text.js";
import { html } from "../lib/html.js";
import { EXAMPLES, LABELS } from "./groups.js";
import { describeRange, spellForm, spellName, toDraft } from "./schema.js";

/** @typedef {import("./schema.js").Field} Field */

const LONG_TEXT_CHARACTERS = 200;
const SHOWN_DEFAULT_CHARACTERS = 60;

/** @param {string} path of a field */
export function makeFieldId(path) {
  return `field-${path.replaceAll(".", "-")}`;
}

/** @param {Field} field */
export function labelField(field) {
  return LABELS[field.path] ?? spellName(field.name);
}

/**
 * @param {object} props
 * @param {Field} props.field
 * @param {any} props.value what was entered; undefined = nothing
 * @param {string} props.error "" = none
 * @param {(value: any) => void} props.onChange undefined = back to the default
 * @param {() => void} props.onLeave
 */
export function FieldInput({ field, value, error, onChange, onLeave }) {
  const id = makeFieldId(field.path);
  const shown = value ?? toDraft(field, field.default);
  const isChanged = value !== undefined && field.default !== undefined && JSON.stringify(value) !== JSON.stringify(toDraft(field, field.default));
  const attributes = {
    id,
    "aria-describedby": `${id}-hint${error ? ` ${id}-error` : ""}`,
    "aria-invalid": error ? "true" : null,
    onBlur: onLeave,
  };
  const isFlag = field.kind === "boolean";
  const label = html`<label for=${id}>${labelField(field)}${field.isRequired && html` <span class="hint">(required)</span>`}</label>`;
  return html`<div class=${`form-field kind-${field.kind}${error ? " has-error" : ""}`}>
    ${!isFlag && label}
    <${Control} field=${field} shown=${shown} attributes=${attributes} onChange=${onChange} />
    ${isFlag && label}
    <p class="hint" id=${`${id}-hint`}>
      <${CodeText} text=${describeField(field)} />
      ${isChanged && html` <button type="button" class="text-button" onClick=${() => onChange(undefined)}>Use the default<span class="visually-hidden"> of ${labelField(field)}</span></button>`}
    </p>
    ${error && html`<p class="error-text" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** @param {{field: Field, shown: any, attributes: Record<string, any>, onChange: (value: any) => void}} props */
function Control({ field, shown, attributes, onChange }) {
  /** @param {Event} event */
  const take = (event) => onChange(/** @type {HTMLInputElement} */ (event.currentTarget).value);
  const placeholder = String(toDraft(field, field.default) ?? "");
  if (field.kind === "boolean") {
    return html`<input type="checkbox" ...${attributes} checked=${shown} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />`;
  }
  if (field.kind === "choice") {
    return html`<select ...${attributes} value=${shown} onChange=${take}>
      ${field.choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === shown}>${choice}</option>`)}
    </select>`;
  }
  if (field.kind === "list") {
    const rows = Math.min(6, Math.max(2, shown.split("\n").length));
    return html`<textarea ...${attributes} rows=${rows} value=${shown} onInput=${take}></textarea>`;
  }
  if (field.kind === "text" && (field.maxLength ?? 0) >= LONG_TEXT_CHARACTERS) {
    return html`<textarea ...${attributes} rows="2" value=${shown} onInput=${take}></textarea>`;
  }
  const isNumber = field.kind === "integer" || field.kind === "number";
  return html`<input
    type="text"
    ...${attributes}
    class=${isNumber ? "short" : ""}
    inputmode=${field.kind === "integer" ? "numeric" : field.kind === "number" ? "decimal" : null}
    autocomplete="off"
    autocapitalize="off"
    spellcheck=${field.pattern === undefined && !isNumber}
    required=${field.isRequired}
    placeholder=${placeholder}
    value=${shown}
    onInput=${take}
  />`;
}

/** @param {Field} field @returns {string} its description, range and default, as sentences */
function describeField(field) {
  const sentences = [field.description && finish(field.description)];
  if (field.kind === "list") sentences.push(field.parts ? `One per line, as ${spellForm(field.parts)}${EXAMPLES[field.path] ? `, such as ${EXAMPLES[field.path]}` : ""}.` : "One per line.", ...describeParts(field.parts ?? []));
  const range = describeRange(field);
  if (range) sentences.push(finish(range.charAt(0).toUpperCase() + range.slice(1)));
  const shown = String(toDraft(field, field.default) ?? "");
  const isShown = field.default !== undefined && field.kind !== "boolean" && field.kind !== "list" && shown !== "" && shown.length <= SHOWN_DEFAULT_CHARACTERS;
  if (isShown) sentences.push(`Default: ${shown}.`);
  if (field.kind !== "boolean" && shown === "" && !field.isRequired) sentences.push("Default: none.");
  return sentences.filter(Boolean).join(" ");
}

/** @param {Field[]} parts @returns {string[]} a sentence for each that has a range or choices */
function describeParts(parts) {
  return parts.flatMap((part) => {
    const values = part.choices.length > 0 ? part.choices.join(", ") : describeRange(part);
    return values ? [`${spellName(part.name)}: ${values}.`] : [];
  });
}

/** @param {string} text */
function finish(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
