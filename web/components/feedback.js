/** Errors, toasts and progress. */

import { html } from "../lib/html.js";
import { closeToast, spoken, toasts } from "../lib/announce.js";
import { makeHref } from "../lib/router.js";

/**
 * What went wrong and what to do.
 * @param {{error: import("../lib/api.js").ApiError | null, onRetry?: () => void}} props
 */
export function ErrorNote({ error, onRetry }) {
  if (error === null) return null;
  return html`<div class="error-note" role="alert">
    <p>${error.message}</p>
    ${error.kind === "catalog-busy" && typeof error.problem.runId === "string" && html`<p><a href=${makeHref(["runs", error.problem.runId])}>Show the run that holds the catalog</a></p>`}
    ${error.fieldErrors.length > 1 && html`<ul>${error.fieldErrors.map((one) => html`<li key=${one.field}><code>${one.field}</code> ${one.message}</li>`)}</ul>`}
    ${onRetry && html`<button type="button" onClick=${onRetry}>Try again</button>`}
  </div>`;
}

export function Toasts() {
  return html`<div class="toasts">
    <p class="visually-hidden" role="status">${spoken.value}</p>
    <div role="status" aria-live="polite">${toasts.value.filter((toast) => toast.kind === "info").map((toast) => html`<p key=${toast.id} class="toast">${toast.text}</p>`)}</div>
    <div role="alert">
      ${toasts.value
        .filter((toast) => toast.kind === "error")
        .map((toast) => html`<p key=${toast.id} class="toast error">${toast.text} <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => closeToast(toast.id)}>×</button></p>`)}
    </div>
  </div>`;
}

/** @param {{label: string, value: number, max: number, failed?: number}} props */
export function ProgressBar({ label, value, max, failed = 0 }) {
  return html`<div class="progress">
    <span class="progress-label" id=${`progress-${label}`}>${label}</span>
    <progress aria-labelledby=${`progress-${label}`} value=${value} max=${Math.max(max, 1)}></progress>
    <span class="progress-count">${value} of ${max}${failed > 0 ? `, ${failed} failed` : ""}</span>
  </div>`;
}
