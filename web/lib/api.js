/**
 * Calls to the app's HTTP API. Addresses are relative to this page, so the page works behind any host name and prefix.
 *
 * @typedef {{field: string, message: string}} FieldError
 * @typedef {{type: string, title: string, status: number, detail: string, errors?: FieldError[], links?: Record<string, string>} & Record<string, any>} ProblemDocument
 * @typedef {{body?: unknown, data?: Blob, query?: Record<string, string | number | boolean | null | undefined>, headers?: Record<string, string>, signal?: AbortSignal}} CallOptions
 */

import { signal } from "./html.js";
import { functionKey } from "./session.js";

/** `.../api/`: the page itself is at `.../api/review/`. */
export const API_ROOT = new URL("../", document.baseURI);

const PROBLEM_PREFIX = "urn:catalog-seeder:problem:";

/** An answer that is not a success, or no answer (status 0). The message says what is wrong and what to do. */
export class ApiError extends Error {
  /** @param {Partial<ProblemDocument> & {detail: string}} problem */
  constructor(problem) {
    super(problem.detail);
    this.name = "ApiError";
    this.problem = problem;
    this.status = problem.status ?? 0;
    /** Last part of the problem's type, such as `catalog-busy`; "" without a problem document. */
    this.kind = (problem.type ?? "").startsWith(PROBLEM_PREFIX) ? (problem.type ?? "").slice(PROBLEM_PREFIX.length) : "";
  }

  /** @returns {FieldError[]} */
  get fieldErrors() {
    return Array.isArray(this.problem.errors) ? this.problem.errors : [];
  }
}

/**
 * The open question for the function key: the dialog shows it, and each waiting call goes on when it is answered.
 * @type {import("../vendor/signals.js").Signal<null | {rejected: boolean, answer: (given: boolean) => void, promise: Promise<boolean>}>}
 */
export const keyQuestion = signal(null);

/** @param {boolean} rejected @returns {Promise<boolean>} whether a key was given */
function askForKey(rejected) {
  if (keyQuestion.value) return keyQuestion.value.promise;
  /** @type {(given: boolean) => void} */
  let answer = () => undefined;
  /** @type {Promise<boolean>} */
  const promise = new Promise((resolve) => {
    answer = (given) => {
      keyQuestion.value = null;
      resolve(given);
    };
  });
  keyQuestion.value = { rejected, answer, promise };
  return promise;
}

/**
 * @param {string} path relative to `/api/`; ids in it are encoded with `encodeURIComponent`
 * @param {CallOptions["query"]} [query]
 */
export function makeUrl(path, query) {
  const url = new URL(path, API_ROOT);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/**
 * Sends a request and returns a successful response (304 included). Asks for the function key if the app refuses the call without it.
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} [options]
 * @returns {Promise<Response>}
 * @throws {ApiError}
 */
export async function send(method, path, options = {}) {
  for (;;) {
    const key = functionKey.value;
    const response = await sendOnce(method, path, options, key);
    if (response.ok) return response;
    if (response.status !== 401) throw new ApiError(await readProblem(response));
    const isStale = key !== functionKey.value; // another call has asked meanwhile
    if (!isStale && !(await askForKey(key !== ""))) {
      throw new ApiError({ status: 401, detail: "The app asks for a function key. Enter it to go on." });
    }
  }
}

/**
 * @param {string} method @param {string} path @param {CallOptions} options @param {string} key
 * @returns {Promise<Response>}
 */
async function sendOnce(method, path, options, key) {
  /** @type {Record<string, string>} */
  const headers = { ...options.headers };
  if (key) headers["x-functions-key"] = key;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(makeUrl(path, options.query), {
      method,
      headers,
      body: options.data ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({ detail: "The app does not answer. Check that it is running and try again; nothing was lost here." });
  }
}

/** @param {Response} response @returns {Promise<Partial<ProblemDocument> & {detail: string}>} */
async function readProblem(response) {
  try {
    const document = await response.json();
    if (typeof document?.detail === "string") return { status: response.status, ...document };
  } catch {
    // no JSON: an answer of the host or of a proxy
  }
  const hints = /** @type {Record<number, string>} */ ({
    403: "The app refused the request (403). Open the page from the app's own address.",
    404: "The app does not know this address (404).",
    413: "The request is too large (413).",
    429: "The app answers too many requests (429). Wait a moment and try again.",
    503: "The app is not ready (503). Try again in a moment.",
  });
  return { status: response.status, detail: hints[response.status] ?? `The app answered with status ${response.status}. Try again; the log of the app has the cause.` };
}

/**
 * @template T
 * @param {string} path @param {CallOptions} [options]
 * @returns {Promise<T>} the JSON document
 */
export async function getJson(path, options) {
  return (await send("GET", path, options)).json();
}

/**
 * @template T
 * @param {"POST" | "PUT"} method @param {string} path @param {unknown} body @param {CallOptions} [options]
 * @returns {Promise<T>} the JSON document
 */
export async function sendJson(method, path, body, options) {
  return (await send(method, path, { ...options, body })).json();
}

/**
 * Stores a file, and reports how much of it was sent: `fetch` cannot do that.
 * @template T
 * @param {string} path @param {Blob} file
 * @param {{onProgress: (sent: number) => void, signal: AbortSignal}} options `onProgress` gets the number of bytes sent
 * @returns {Promise<T>} the JSON document
 * @throws {ApiError}
 */
export async function putFile(path, file, { onProgress, signal }) {
  for (;;) {
    const key = functionKey.value;
    const response = await putFileOnce(path, file, key, onProgress, signal);
    if (response.ok) return response.json();
    if (response.status !== 401) throw new ApiError(await readProblem(response));
    if (key === functionKey.value && !(await askForKey(key !== ""))) {
      throw new ApiError({ status: 401, detail: "The app asks for a function key. Enter it to go on." });
    }
  }
}

/**
 * @param {string} path @param {Blob} file @param {string} key @param {(sent: number) => void} onProgress @param {AbortSignal} signal
 * @returns {Promise<Response>}
 */
function putFileOnce(path, file, key, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", makeUrl(path));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (key) request.setRequestHeader("x-functions-key", key);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
    request.onerror = () => reject(new ApiError({ detail: "The upload did not reach the app. Check that it is running and try again." }));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** @param {string} name of a catalog @param {string} [rest] such as `/items` */
export function catalogPath(name, rest = "") {
  return `catalogs/${encodeURIComponent(name)}${rest}`;
}
