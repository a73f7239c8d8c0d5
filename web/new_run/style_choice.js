/**
 * The style reference of a run: none, images that are uploaded here, or the first images of the run.
 *
 * @typedef {"none" | "images" | "firstApproved"} StyleMode
 * @typedef {import("./draft.js").Values} Values
 * @typedef {import("./schema.js").Field} Field
 */

import { html } from "../lib/html.js";
import { splitLines } from "./schema.js";

/** Which reference was chosen. No field of the request has this path, so it is not sent. */
export const MODE_PATH = "styleReference";
export const IMAGES_PATH = "styleReference.images";
export const FIRST_PATH = "styleReference.firstApproved";

const FIRST_IMAGES = "4";

/** @type {{mode: StyleMode, title: string, text: string}[]} */
const CHOICES = [
  { mode: "none", title: "No reference", text: "Each image follows its prompt alone." },
  { mode: "images", title: "Reference images", text: "All images get the look of images of yours." },
  { mode: "firstApproved", title: "First images", text: "The run waits until you approve some of its first images; the others get their look." },
];

/** @param {Values} values @returns {StyleMode} */
export function findStyleMode(values) {
  if (values[MODE_PATH] !== undefined) return values[MODE_PATH];
  return values[IMAGES_PATH] ? "images" : values[FIRST_PATH] ? "firstApproved" : "none";
}

/**
 * @param {Field[]} fields @param {Values} values
 * @returns {Field[]} without the fields of references that are not chosen, whose values stay; with a number of first images if they are
 */
export function chooseStyleFields(fields, values) {
  const mode = findStyleMode(values);
  return fields.flatMap((field) => {
    if (field.path === IMAGES_PATH) return mode === "images" ? field : [];
    if (field.path === FIRST_PATH) return mode === "firstApproved" ? { ...field, isRequired: true, default: undefined } : [];
    return field;
  });
}

/** @param {StyleMode} mode @param {Values} values @returns {Values} the changes that choose it */
function choose(mode, values) {
  return { [MODE_PATH]: mode, ...(mode === "firstApproved" && !values[FIRST_PATH] ? { [FIRST_PATH]: FIRST_IMAGES } : {}) };
}

/** @param {Field} field @param {Values} values @returns {string} what is missing; "" = nothing */
export function checkStyle({ path }, values) {
  return path === IMAGES_PATH && splitLines(values[path] ?? "").length === 0 ? "Choose at least one image, or no reference." : "";
}

/**
 * @param {object} props
 * @param {Field[]} props.fields of the schema
 * @param {Values} props.values
 * @param {(changes: Values) => void} props.onChange
 * @param {any} props.children what belongs to the reference that is chosen
 */
export function StyleChoice({ fields, values, onChange, children }) {
  const paths = new Set(fields.map(({ path }) => path));
  if (!paths.has(IMAGES_PATH) || !paths.has(FIRST_PATH)) return null;
  const mode = findStyleMode(values);
  return html`<fieldset class="choices" id="field-styleReference">
      <legend>Style reference</legend>
      ${CHOICES.map(
        (choice) => html`<label key=${choice.mode} class="choice">
          <input type="radio" name="style" value=${choice.mode} checked=${choice.mode === mode} onChange=${() => onChange(choose(choice.mode, values))} />
          <span><strong>${choice.title}</strong> <span class="hint">${choice.text}</span></span>
        </label>`,
      )}
    </fieldset>
    ${children}`;
}
