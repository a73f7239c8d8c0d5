/** Reference images of a run: chosen or dropped, uploaded as inputs, shown as previews, and removed. */

import { putFile } from "../lib/api.js";
import { formatBytes, formatNoun } from "../lib/format.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { asApiError } from "../lib/polling.js";
import { findPreview, keepPreview, readImage } from "./image_preview.js";
import { makeContentSuffix, makeInputName } from "./input_name.js";
import { splitLines } from "./schema.js";

const MAX_BYTES = 50 * 1024 * 1024;
const MAX_SIDE_PIXELS = 8192;
const MAX_QUEUED = 12; // of one choice: some may be there already, or not be usable
const ENDINGS = /\.(png|jpe?g|webp)$/i;

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {{id: number, file: File, path: string, sent: number, message: string}} Upload path: of the input, "" until the file is read; message: why it failed, "" = it is under way */

let lastId = 0;

/**
 * @param {object} props
 * @param {string} props.id of the file input
 * @param {Field} props.field
 * @param {string} props.value paths of inputs, one per line
 * @param {string} props.error "" = none
 * @param {(value: string) => void} props.onChange
 * @param {(waiting: string) => void} props.onWait why the run cannot start yet; "" = it can
 */
export function ReferenceImages({ id, field, value, error, onChange, onWait }) {
  const [uploads, setUploads] = useState(/** @type {Upload[]} */ ([]));
  const [problems, setProblems] = useState(/** @type {string[]} */ ([]));
  const [typed, setTyped] = useState("");
  const [isOver, setOver] = useState(false);
  const paths = useRef(splitLines(value));
  paths.current = splitLines(value);
  const running = useRef(/** @type {Map<number, AbortController>} */ (new Map()));
  const turn = useRef(/** @type {Promise<void>} */ (Promise.resolve()));
  const maxItems = field.maxItems ?? Infinity;
  const failed = uploads.filter(({ message }) => message !== "").length;
  const waiting = failed > 0 ? "An image is not uploaded. Try again, or remove it." : uploads.length > 0 ? "Wait until the images are uploaded." : typed.trim() !== "" ? "Add the path that you typed, or clear it." : "";

  useEffect(() => onWait(waiting), [waiting]);
  useEffect(
    () => () => {
      for (const controller of running.current.values()) controller.abort();
      onWait("");
    },
    [],
  );

  /** @param {string[]} changed */
  function setPaths(changed) {
    paths.current = changed; // the next upload may end before the form is drawn again
    onChange(changed.join("\n"));
  }
  /** @param {string} problem */
  function report(problem) {
    setProblems((before) => (before.includes(problem) ? before : [...before, problem]));
  }
  /** @param {string} name as the message spells it @param {string} path @returns {string} why it cannot be added; "" = it can */
  function checkPlace(name, path) {
    if (paths.current.includes(path)) return `${name} is chosen already.`;
    return paths.current.length >= maxItems ? `${name} is not added: a run takes at most ${maxItems} images.` : "";
  }
  /** @param {FileList | null | undefined} list */
  function take(list) {
    const files = [...(list ?? [])];
    const usable = files.filter((file) => checkFile(file) === "");
    const surplus = usable.length - MAX_QUEUED;
    setProblems([...files.map(checkFile).filter(Boolean), ...(surplus > 0 ? [`${formatNoun(surplus, "file")} left out: a run takes at most ${maxItems} images.`] : [])]);
    for (const file of usable.slice(0, MAX_QUEUED)) {
      lastId += 1;
      start({ id: lastId, file, path: "", sent: 0, message: "" });
    }
  }
  /** @param {Upload} upload */
  function start(upload) {
    const controller = new AbortController();
    running.current.set(upload.id, controller);
    setUploads((before) => [...before.filter((other) => other.id !== upload.id), upload]);
    turn.current = turn.current.then(() => store(upload, controller.signal)); // one after the other, in the order they were chosen
  }
  /** @param {number} uploadId @param {Partial<Upload>} changes */
  function update(uploadId, changes) {
    setUploads((before) => before.map((one) => (one.id === uploadId ? { ...one, ...changes } : one)));
  }
  /** @param {number} uploadId */
  function drop(uploadId) {
    running.current.get(uploadId)?.abort();
    running.current.delete(uploadId);
    setUploads((before) => before.filter((one) => one.id !== uploadId));
  }
  /** @param {Upload} upload @param {AbortSignal} signal */
  async function store({ id: uploadId, file }, signal) {
    if (signal.aborted) return;
    try {
      const image = await readImage(file);
      const name = makeInputName(file.name, await makeContentSuffix(file));
      const path = `inputs/${name}`;
      if (signal.aborted) return;
      const problem = checkImage(file, image) || checkPlace(file.name, path);
      if (problem) {
        report(problem);
        drop(uploadId);
        return;
      }
      await keepPreview(path, image?.preview ?? null);
      update(uploadId, { path });
      const stored = /** @type {{path: string}} */ (await putFile(`inputs/${encodeURIComponent(name)}`, file, { onProgress: (sent) => update(uploadId, { sent }), signal }));
      if (signal.aborted) return;
      drop(uploadId);
      setPaths([...paths.current, stored.path]);
    } catch (caught) {
      if (!signal.aborted) update(uploadId, { message: asApiError(caught).message });
    }
  }
  function focusInput() {
    requestAnimationFrame(() => document.getElementById(id)?.focus());
  }
  return html`<div class=${`form-field${error ? " has-error" : ""}`}>
    <div
      class=${isOver ? "drop-zone over" : "drop-zone"}
      onDragOver=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave=${() => setOver(false)}
      onDrop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <label for=${id}>Reference images</label>
      <input
        type="file"
        id=${id}
        accept="image/png,image/jpeg,image/webp"
        multiple
        aria-describedby=${`${id}-hint${error ? ` ${id}-error` : ""}`}
        aria-invalid=${error ? "true" : null}
        onChange=${(/** @type {Event} */ event) => {
          const element = /** @type {HTMLInputElement} */ (event.currentTarget);
          take(element.files);
          element.value = "";
        }}
      />
      <p class="hint" id=${`${id}-hint`}>
        Or drop them here: 1 to ${maxItems} PNG, JPEG or WebP images of at most ${MAX_SIDE_PIXELS} pixels a side. They are stored as inputs of this app. The provider bills their tokens with every image.
      </p>
      ${paths.current.length + uploads.length > 0 &&
      html`<ul class="references" aria-label="Chosen reference images">
        ${paths.current.map(
          (path) => html`<li key=${path} class=${error.includes(path) ? "reference bad" : "reference"}>
            <${Preview} path=${path} />
            <span class="reference-name" translate="no" title=${path}>${path.replace(/^inputs\//, "")}</span>
            <button type="button" class="text-button" onClick=${() => {
              setProblems([]);
              setPaths(paths.current.filter((other) => other !== path));
              focusInput();
            }}>Remove<span class="visually-hidden"> ${path}</span></button>
          </li>`,
        )}
        ${uploads.map(
          ({ id: uploadId, file, path, sent, message }) => html`<li key=${uploadId} class=${message ? "reference bad" : "reference"}>
            ${path === "" ? html`<span class="reference-image"></span>` : html`<${Preview} path=${path} />`}
            <span class="reference-name" translate="no" title=${file.name}>${file.name}</span>
            ${message === ""
              ? html`<progress aria-label=${`Upload of ${file.name}`} value=${sent} max=${file.size}></progress>`
              : html`<button type="button" class="text-button" onClick=${() => start({ id: uploadId, file, path, sent: 0, message: "" })}>Try again<span class="visually-hidden"> with ${file.name}</span></button>`}
            <button type="button" class="text-button" onClick=${() => {
              drop(uploadId);
              focusInput();
            }}>${message === "" ? "Stop" : "Remove"}<span class="visually-hidden"> ${file.name}</span></button>
          </li>`,
        )}
      </ul>`}
      <p class="visually-hidden" role="status">${describeChoice(paths.current.length, uploads.length - failed)}</p>
    </div>
    <div role="alert">
      ${problems.map((problem) => html`<p key=${problem} class="error-text">${problem}</p>`)}
      ${uploads.filter(({ message }) => message !== "").map(({ id: uploadId, file, message }) => html`<p key=${uploadId} class="error-text">${file.name} is not uploaded. ${message}</p>`)}
    </div>
    ${error && html`<p class="error-text" id=${`${id}-error`}>${error}</p>`}
    <${StoredInput} id=${`${id}-stored`} isFull=${paths.current.length >= maxItems} typed=${typed} onType=${setTyped} onAdd=${(/** @type {string} */ path) => {
      const problem = checkPlace(path, path);
      setProblems(problem ? [problem] : []);
      if (problem === "") setPaths([...paths.current, path]);
    }} />
  </div>`;
}

/** @param {{path: string}} props */
function Preview({ path }) {
  const url = findPreview(path);
  return url === null ? html`<span class="reference-image">no preview</span>` : html`<img class="reference-image" src=${url} alt="" />`;
}

/**
 * Adds an input that the store has already.
 * @param {{id: string, isFull: boolean, typed: string, onType: (typed: string) => void, onAdd: (path: string) => void}} props
 */
function StoredInput({ id, isFull, typed, onType, onAdd }) {
  function add() {
    const name = typed.trim().replace(/^inputs\//, "");
    if (name === "") return;
    onAdd(`inputs/${name}`);
    onType("");
  }
  return html`<details class="stored-input">
    <summary>Use an image that is stored already</summary>
    <label for=${id}>Path of an input</label>
    <span class="stored-input-fields">
      <input
        type="text"
        id=${id}
        placeholder="inputs/photo.jpg"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        value=${typed}
        disabled=${isFull}
        onInput=${(/** @type {InputEvent} */ event) => onType(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <button type="button" disabled=${isFull} onClick=${add}>Add</button>
    </span>
  </details>`;
}

/** @param {number} chosen @param {number} uploading */
function describeChoice(chosen, uploading) {
  const images = chosen === 0 ? "" : chosen === 1 ? "1 reference image is chosen." : `${chosen} reference images are chosen.`;
  return uploading === 0 ? images : `${images} Uploading ${uploading}…`.trim();
}

/** @param {File} file @returns {string} what is wrong with it; "" = nothing */
function checkFile({ name, size, type }) {
  const hasType = ["image/png", "image/jpeg", "image/webp"].includes(type) || ENDINGS.test(name);
  if (!hasType) return `${name} is not a PNG, JPEG or WebP image. Save it as one of these first.`;
  if (size > MAX_BYTES) return `${name} has ${formatBytes(size)}; at most 50 MB can be uploaded. Save a smaller image.`;
  return "";
}

/** @param {File} file @param {import("./image_preview.js").ReadImage | null} image @returns {string} as above */
function checkImage({ name }, image) {
  if (image === null) return `${name} cannot be read as an image. Choose another file.`;
  if (Math.max(image.width, image.height) > MAX_SIDE_PIXELS) return `${name} has ${image.width} x ${image.height} pixels; at most ${MAX_SIDE_PIXELS} a side can be used. Save a smaller image.`;
  return "";
}
