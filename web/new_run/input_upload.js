/** Upload of a file of products or prompts, and how a run would read it. */

import { ErrorNote } from "../components/feedback.js";
import { putFile, sendJson } from "../lib/api.js";
import { formatBytes } from "../lib/format.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";
import { makeInputName } from "./input_name.js";
import { InspectReport, MappingOnError } from "./inspect_report.js";

const MAX_BYTES = 50 * 1024 * 1024;
const PROGRESS_FROM_BYTES = 500_000;

/** @typedef {import("../lib/api.js").ApiError} ApiError */
/** @typedef {import("./inspect_report.js").InputReport} InputReport */

/**
 * @param {object} props
 * @param {string} props.source products or prompts
 * @param {string} props.input path of the input that is chosen; "" = none
 * @param {Record<string, string>} props.mapping
 * @param {Record<string, any> | undefined} props.theme
 * @param {string} props.error of the field `input`
 * @param {boolean} props.skipInvalid
 * @param {(skip: boolean) => void} props.onSkipInvalid
 * @param {(report: InputReport | null) => void} props.onReport how the rows are read; null = not known
 * @param {(input: string) => void} props.onInput
 * @param {(mapping: Record<string, string>) => void} props.onMapping
 */
export function InputUpload({ source, input, mapping, theme, error, skipInvalid, onSkipInvalid, onReport, onInput, onMapping }) {
  const [upload, setUpload] = useState(/** @type {{name: string, size: number, sent: number} | null} */ (null));
  const [problem, setProblem] = useState("");
  const [failure, setFailure] = useState(/** @type {ApiError | null} */ (null));
  const [report, setReport] = useState(/** @type {InputReport | null} */ (null));
  const [isReading, setReading] = useState(false);
  const [version, setVersion] = useState(0);
  const [isOver, setOver] = useState(false);
  const sending = useRef(/** @type {AbortController | null} */ (null));
  const inspected = JSON.stringify({ source, fieldMapping: mapping, theme });

  useEffect(() => () => sending.current?.abort(), []);
  useEffect(() => onReport(report), [report]);
  useEffect(() => {
    if (input === "") {
      setReport(null);
      return undefined;
    }
    const controller = new AbortController();
    setReading(true);
    inspectInput(input, inspected, controller.signal).then(
      (found) => {
        setReport(found);
        setFailure(null);
        setReading(false);
      },
      (caught) => {
        if (controller.signal.aborted) return;
        setReport(null);
        setFailure(asApiError(caught));
        setReading(false);
      },
    );
    return () => controller.abort();
  }, [input, inspected, version]);

  /** @param {File | undefined} file */
  async function store(file) {
    if (file === undefined) return;
    setProblem(checkFile(file));
    if (checkFile(file)) return;
    sending.current?.abort();
    const controller = new AbortController();
    sending.current = controller;
    const name = makeInputName(file.name);
    setFailure(null);
    setReport(null);
    setUpload({ name, size: file.size, sent: 0 });
    try {
      const onProgress = (/** @type {number} */ sent) => setUpload({ name, size: file.size, sent });
      const stored = /** @type {{path: string}} */ (await putFile(`inputs/${encodeURIComponent(name)}`, file, { onProgress, signal: controller.signal }));
      onMapping({});
      onInput(stored.path);
      setVersion((before) => before + 1);
    } catch (caught) {
      if (controller.signal.aborted) setVersion((before) => before + 1); // the earlier input is still chosen
      else setFailure(asApiError(caught));
    }
    if (sending.current === controller) setUpload(null);
  }
  /** @param {DragEvent} event */
  function drop(event) {
    event.preventDefault();
    setOver(false);
    void store(event.dataTransfer?.files[0]);
  }
  /** @param {DragEvent} event */
  function allowDrop(event) {
    event.preventDefault();
    setOver(true);
  }
  const isUnmapped = failure !== null && Array.isArray(failure.problem.columns) && failure.problem.columns.length > 0;
  return html`<div class="input-upload">
    <div class=${isOver ? "drop-zone over" : "drop-zone"} onDragOver=${allowDrop} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <label for="field-input">${source === "prompts" ? "File of prompts" : "File of products"}</label>
      <input
        type="file"
        id="field-input"
        accept=".csv,.tsv,.json,.jsonl,.ndjson,.txt"
        aria-describedby="input-hint"
        aria-invalid=${error || problem ? "true" : null}
        onChange=${(/** @type {Event} */ event) => {
          const element = /** @type {HTMLInputElement} */ (event.currentTarget);
          void store(element.files?.[0]);
          element.value = "";
        }}
      />
      <p class="hint" id="input-hint">
        Or drop it here. CSV, TSV, JSON, JSON Lines${source === "prompts" ? " or one prompt per line" : ""}, up to 50 MB. The file is stored as an input of this app, and replaces an input of
        the same name.
      </p>
      ${input !== "" && upload === null && html`<p>Chosen: <code translate="no">${input}</code> <button type="button" class="text-button" onClick=${() => onInput("")}>Choose none</button></p>`}
    </div>
    ${problem && html`<p class="error-text" role="alert">${problem}</p>`}
    ${!problem && error && failure === null && !isReading && upload === null && (report === null || report.problemCount === 0) && html`<p class="error-text">${error}</p>`}
    ${upload !== null &&
    html`<div class="upload-progress">
      <p role="status">Uploading ${upload.name} (${formatBytes(upload.size)})…</p>
      ${upload.size >= PROGRESS_FROM_BYTES && html`<progress aria-label="Upload" value=${upload.sent} max=${upload.size}></progress>`}
      <button type="button" onClick=${() => sending.current?.abort()}>Stop the upload</button>
    </div>`}
    ${!isUnmapped && html`<${ErrorNote} error=${failure} onRetry=${input !== "" && failure !== null && failure.fieldErrors.length === 0 ? () => setVersion(version + 1) : undefined} />`}
    ${isReading && report === null && html`<p role="status">Reading the rows…</p>`}
    ${failure !== null && isUnmapped && html`<${MappingOnError} message=${failure.fieldErrors[0]?.message ?? failure.message} columns=${failure.problem.columns} fields=${failure.problem.fields} mapping=${mapping} onMapping=${onMapping} />`}
    ${report !== null && html`<${InspectReport} report=${report} mapping=${mapping} isReading=${isReading} skipInvalid=${skipInvalid} onSkipInvalid=${onSkipInvalid} onMapping=${onMapping} />`}
  </div>`;
}

/**
 * @param {string} input @param {string} body JSON @param {AbortSignal} signal
 * @returns {Promise<InputReport>}
 */
function inspectInput(input, body, signal) {
  const name = input.replace(/^inputs\//, "");
  return sendJson("POST", `inputs/${encodeURIComponent(name)}/inspect`, JSON.parse(body), { signal });
}

/** @param {File} file @returns {string} what is wrong with it; "" = nothing */
function checkFile({ name, size }) {
  if (size === 0) return `${name} is empty. Choose a file with rows.`;
  if (size > MAX_BYTES) return `${name} has ${formatBytes(size)}; at most 50 MB can be uploaded. Copy it to the store instead, and start the run with the command line.`;
  if (/\.(xlsx?|ods|zip|gz)$/i.test(name)) return `${name} is not a text file. Save the table as CSV first.`;
  return "";
}
