/** The form of a new run. */

import { ErrorNote } from "../components/feedback.js";
import { announce } from "../lib/announce.js";
import { ApiError, sendJson } from "../lib/api.js";
import { formatUsd } from "../lib/format.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";
import { makeHref, navigate } from "../lib/router.js";
import { chooseKey, makeBody, saveDraft } from "./draft.js";
import { EstimatePanel, useEstimate } from "./estimate_panel.js";
import { placeErrors } from "./field_errors.js";
import { FieldInput, labelField, makeFieldId } from "./field_input.js";
import { chooseFields, GENERATE_FIELDS, groupFields, LIMIT_FIELDS, STYLE_GROUP } from "./groups.js";
import { InputUpload } from "./input_upload.js";
import { ReferenceImages } from "./reference_images.js";
import { checkDraft, toDraft } from "./schema.js";
import { SourceChoice } from "./source_choice.js";
import { checkStyle, chooseStyleFields, findStyleMode, FIRST_PATH, IMAGES_PATH, StyleChoice } from "./style_choice.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {import("./draft.js").Values} Values */

/**
 * @param {object} props
 * @param {string} props.origin address that the form was opened with: where the draft is kept
 * @param {Field[]} props.fields
 * @param {Draft} props.start
 * @param {string[]} props.hints
 */
export function RunForm({ origin, fields, start, hints }) {
  const [draft, setDraft] = useState(start);
  const [left, setLeft] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [showsAll, setShowsAll] = useState(false);
  const [refusal, setRefusal] = useState(/** @type {{body: string, error: ApiError} | null} */ (null));
  const [isStarting, setStarting] = useState(false);
  const [rows, setRows] = useState(/** @type {import("./inspect_report.js").InputReport | null} */ (null));
  const [imageWait, setImageWait] = useState("");
  const starting = useRef(false);
  const summary = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(keepFilesOut, []);

  const { values } = draft;
  const sourceField = fields.find(({ path }) => path === "source");
  const source = String(values["source"] ?? sourceField?.default ?? "generate");
  const counted = chooseStyleFields(chooseFields(fields, source), values);
  const request = makeBody(counted, values);
  const body = JSON.stringify(request);

  const problems = checkFields(counted, values, source, imageWait);
  const isComplete = Object.keys(problems).length === 0;
  const isReadable = source === "generate" || (rows !== null && (rows.problemCount === 0 || values["skipInvalid"] === true));
  const { latest, isCurrent, retry } = useEstimate(isComplete && isReadable ? body : "");
  const refused = refusal?.body === body ? refusal.error : null;
  const estimateError = isCurrent ? (latest?.error ?? null) : null;
  const placed = placeErrors(counted, [...(refused?.fieldErrors ?? []), ...(refused ? [] : (estimateError?.fieldErrors ?? []))]);

  const hasOnlyFieldErrors = estimateError !== null && placed.others.length === 0 && estimateError.fieldErrors.length > 0;

  /** @param {string} path @returns {string} */
  function findError(path) {
    if (problems[path]) return showsAll || left.has(path) ? problems[path] : "";
    return placed.byPath[path] ?? "";
  }
  /** @param {Values} changes by path; undefined = back to the default */
  function change(changes) {
    setDraft((before) => {
      const changed = Object.fromEntries(Object.entries({ ...before.values, ...changes }).filter(([, value]) => value !== undefined));
      const next = { ...before, values: changed };
      saveDraft(origin, next);
      return next;
    });
  }
  async function startRun() {
    setShowsAll(true);
    if (!isComplete) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    if (starting.current) return;
    starting.current = true;
    setStarting(true);
    const key = chooseKey(draft, body);
    const keyed = { ...draft, key };
    setDraft(keyed);
    saveDraft(origin, keyed);
    try {
      const headers = { "Idempotency-Key": key.value };
      const started = /** @type {{runId: string}} */ (await sendJson("POST", "runs", request, { headers }));
      saveDraft(origin, null);
      announce(`The run of ${values["catalog"]} is started.`);
      navigate(makeHref(["runs", started.runId]));
    } catch (caught) {
      const error = asApiError(caught);
      setRefusal({ body, error });
      if (error.fieldErrors.length > 0) requestAnimationFrame(() => summary.current?.focus());
    }
    starting.current = false;
    setStarting(false);
  }
  function clear() {
    saveDraft(origin, null);
    setDraft({ values: {}, key: null });
    setLeft(new Set());
    setShowsAll(false);
    setRefusal(null);
  }

  /** @param {string} path */
  function renderField(path) {
    const field = counted.find((one) => one.path === path);
    if (field === undefined) return null;
    return html`<${FieldInput}
      key=${path}
      field=${field}
      value=${values[path]}
      error=${findError(path)}
      onChange=${(/** @type {any} */ value) => change({ [path]: value })}
      onLeave=${() => setLeft((before) => new Set(before).add(path))}
    />`;
  }
  function renderStyle() {
    const images = counted.find(({ path }) => path === IMAGES_PATH);
    return html`<${StyleChoice} fields=${fields} values=${values} onChange=${change}>
      ${images !== undefined &&
      html`<${ReferenceImages}
        id=${makeFieldId(IMAGES_PATH)}
        field=${images}
        value=${values[IMAGES_PATH] ?? ""}
        error=${findError(IMAGES_PATH)}
        onChange=${(/** @type {string} */ value) => change({ [IMAGES_PATH]: value === "" ? undefined : value })}
        onWait=${setImageWait}
      />`}
      ${renderField(FIRST_PATH)}
    <//>`;
  }
  const wrong = showsAll ? counted.filter(({ path }) => findError(path) !== "") : [];
  return html`<form class="run-form" noValidate onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <div class="form-fields">
      ${hints.map((hint) => html`<p key=${hint} class="callout">${hint}</p>`)}
      ${wrong.length > 0 && html`<${ErrorSummary} fields=${wrong} findError=${findError} elementRef=${summary} />`}
      ${renderField("catalog")}
      ${sourceField && html`<${SourceChoice} field=${sourceField} value=${source} error=${findError("source")} onChange=${(/** @type {string} */ value) => change({ source: value })} />`}
      ${source === "generate"
        ? html`${GENERATE_FIELDS.map(renderField)}<${ThemeHint} fields=${fields} values=${values} />`
        : html`<${InputUpload}
            source=${source}
            input=${values["input"] ?? ""}
            mapping=${values["fieldMapping"] ?? {}}
            theme=${request["theme"]}
            error=${findError("input")}
            skipInvalid=${values["skipInvalid"] === true}
            onReport=${setRows}
            onSkipInvalid=${(/** @type {boolean} */ skip) => change({ skipInvalid: skip || undefined })}
            onInput=${(/** @type {string} */ input) => change({ input: input === "" ? undefined : input })}
            onMapping=${(/** @type {Record<string, string>} */ mapping) => change({ fieldMapping: Object.keys(mapping).length === 0 ? undefined : mapping })}
          />`}
      ${LIMIT_FIELDS.map(renderField)}
      ${groupFields(counted, source).map(({ title, fields: members }) => {
        const isStyle = title === STYLE_GROUP;
        const changed = members.filter(({ path }) => path in values).length + (isStyle && findStyleMode(values) !== "none" ? 1 : 0);
        const hasError = [...members.map(({ path }) => path), ...(isStyle ? [IMAGES_PATH, FIRST_PATH] : [])].some((path) => findError(path) !== "");
        return html`<${FieldGroup} key=${title} title=${title} changed=${changed} hasError=${hasError}>${isStyle && renderStyle()}${members.map(({ path }) => renderField(path))}<//>`;
      })}
    </div>
    <div class="form-side">
      <${EstimatePanel}
        latest=${latest}
        isCurrent=${isCurrent}
        missing=${describeMissing(counted, problems) || (isReadable ? "" : "The estimate appears when all rows of the file can be used.") || (hasOnlyFieldErrors ? "The estimate appears when the marked fields are corrected." : "")}
        request=${request}
        error=${placed.others.length > 0 || estimateError?.fieldErrors.length === 0 ? estimateError : null}
        onAccept=${(/** @type {boolean} */ accepted) => change({ acceptEstimate: accepted || undefined })}
        onRetry=${retry}
      />
      <${Refusal} error=${refused !== null && (refused.fieldErrors.length === 0 || placed.others.length > 0) ? refused : null} />
      <div class="buttons">
        <button type="button" class="primary" disabled=${isStarting} onClick=${startRun}>
          ${isStarting ? "Starting…" : isCurrent && latest?.estimate ? `Start the run, about ${formatUsd(latest.estimate.costUsd)}` : "Start the run"}
        </button>
        ${Object.keys(values).length > 0 && html`<button type="button" onClick=${clear}>Clear the form</button>`}
      </div>
    </div>
  </form>`;
}

/**
 * @param {Field[]} fields @param {Values} values @param {string} source @param {string} imageWait why images are not ready; "" = they are
 * @returns {Record<string, string>} what is wrong, by path
 */
function checkFields(fields, values, source, imageWait) {
  /** @type {Record<string, string>} */
  const problems = {};
  for (const field of fields) {
    const wait = field.path === IMAGES_PATH ? imageWait : "";
    const problem = wait || checkStyle(field, values) || checkDraft(field, values[field.path] ?? toDraft(field, field.default));
    if (problem) problems[field.path] = problem;
  }
  if (source !== "generate" && !values["input"]) problems["input"] = "Choose a file.";
  return problems;
}

/** A file that is dropped beside the place for it would replace the page. @returns {() => void} */
function keepFilesOut() {
  const events = /** @type {const} */ (["dragover", "drop"]);
  /** @param {DragEvent} event */
  function refuse(event) {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  }
  for (const event of events) addEventListener(event, refuse);
  return () => events.forEach((event) => removeEventListener(event, refuse));
}

/** Why the app did not start the run. @param {{error: ApiError | null}} props */
function Refusal({ error }) {
  if (error?.kind !== "estimate-above-budget") return html`<${ErrorNote} error=${error} />`;
  return html`<p class="error-note" role="alert">The run is not started: the estimate is above the budget. Raise the budget, or accept above that the run stops at it.</p>`;
}

/** @param {Field[]} fields @param {Record<string, string>} problems by path @returns {string} what the form needs before an estimate */
function describeMissing(fields, problems) {
  const missing = fields.filter(({ path }) => path in problems);
  if (missing.length === 0) return "";
  return `The estimate appears when these are filled in or corrected: ${missing.map((field) => labelField(field).toLowerCase()).join(", ")}.`;
}

/**
 * Fields behind a title; an error opens it for good, so that it does not close while the error is corrected.
 * @param {{title: string, changed: number, hasError: boolean, children?: any}} props
 */
function FieldGroup({ title, changed, hasError, children }) {
  const [isOpen, setOpen] = useState(hasError);
  if (hasError && !isOpen) setOpen(true);
  return html`<details class="field-group" open=${isOpen} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
    <summary><h2>${title}</h2>${changed > 0 && html` <span class="hint">${changed} set</span>`}</summary>
    <div class="group-fields">${children}</div>
  </details>`;
}

/** @param {{fields: Field[], findError: (path: string) => string, elementRef: {current: HTMLElement | null}}} props */
function ErrorSummary({ fields, findError, elementRef }) {
  return html`<div class="error-note" tabindex="-1" ref=${elementRef} role="alert">
    <p>Correct ${fields.length === 1 ? "this field" : "these fields"} first. Nothing that you entered is lost.</p>
    <ul>
      ${fields.map((field) => html`<li key=${field.path}><button type="button" class="text-button" onClick=${() => focusField(field.path)}>${labelField(field)}</button>: ${findError(field.path)}</li>`)}
    </ul>
  </div>`;
}

/** @param {string} path of a field; its group is opened */
function focusField(path) {
  const element = document.getElementById(makeFieldId(path));
  const group = element?.closest("details");
  if (group) group.open = true;
  element?.focus();
}

/** Reminds of the prompts when the subject was changed alone. @param {{fields: Field[], values: Values}} props */
function ThemeHint({ fields, values }) {
  const openings = fields.find(({ path }) => path === "theme.openings");
  if (openings === undefined || !values["theme.subject"] || values["theme.openings"] !== undefined) return null;
  return html`<p class="callout warn">Image prompts still begin with “${openings.default?.[0]}”. Change “How image prompts begin”, if that does not fit the items.</p>`;
}
