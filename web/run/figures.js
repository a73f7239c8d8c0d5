/** Cost, failures and outputs of a run. */

import { CodeText } from "../components/code_text.js";
import { ErrorNote } from "../components/feedback.js";
import { announce } from "../lib/announce.js";
import { getJson, send } from "../lib/api.js";
import { formatCount, formatNoun, formatUsd } from "../lib/format.js";
import { html, useEffect, useState } from "../lib/html.js";
import { asApiError, useLoaded } from "../lib/polling.js";
import { describeReason, nameReason } from "../lib/reasons.js";
import { makeHref } from "../lib/router.js";
import { hasEnded, isActive } from "../lib/run_words.js";

const COSTS_POLL_MILLISECONDS = 20_000;

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */
/** @typedef {{runId: string, models: {kind: "text" | "image", model: string, calls: number, inputTokens: number, outputTokens: number, usd: number}[], usd: number, calls: number}} RunCosts */

/** @param {{run: RunStatus, budgetUsd: number | null}} props */
export function Cost({ run, budgetUsd }) {
  const { cost } = run;
  const share = budgetUsd === null ? 0 : cost.usd / budgetUsd;
  return html`<section class="run-cost" aria-labelledby="cost-title">
    <h2 id="cost-title">Cost</h2>
    <p class="big-number"><strong>${formatUsd(cost.usd)}</strong> ${budgetUsd === null ? "without a budget" : `of ${formatUsd(budgetUsd)}`}</p>
    ${budgetUsd !== null && html`<progress class=${share >= 0.9 ? "near-limit" : ""} aria-label="Cost of the budget" value=${Math.min(cost.usd, budgetUsd)} max=${budgetUsd}></progress>`}
    <ul class="run-facts">
      <li>${formatNoun(cost.textCalls, "text call")}, ${formatNoun(cost.imageCalls, "image call")} that were or may have been billed</li>
      <li>${formatCount(cost.inputTokens)} input tokens, ${formatCount(cost.outputTokens)} output tokens</li>
      <li>US dollars at list prices</li>
    </ul>
  </section>`;
}

/**
 * The costs of an active run are read only while somebody looks at them: the app adds up a record per call.
 * @param {{run: RunStatus}} props
 */
export function CostsByModel({ run }) {
  const ended = hasEnded(run.status);
  const [isOpen, setOpen] = useState(ended);
  useEffect(() => {
    if (ended) setOpen(true);
  }, [ended]);
  return html`<details class="run-section" open=${isOpen} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}>
    <summary><h2 id="costs-by-model">Cost by model</h2></summary>
    ${isOpen && html`<${CostTable} run=${run} />`}
  </details>`;
}

/** @param {{run: RunStatus}} props */
function CostTable({ run }) {
  const { runId, status } = run;
  const { data, error, reload } = useLoaded(
    `costs ${runId} ${hasEnded(status)} ${run.cost.calls > 0}`,
    (signal) => /** @type {Promise<RunCosts>} */ (getJson(`runs/${encodeURIComponent(runId)}/costs`, { signal })),
    () => (isActive(status) ? COSTS_POLL_MILLISECONDS : 0),
  );
  return html`<div>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data !== null && data.models.length === 0 && html`<p class="hint">No call was recorded.</p>`}
    ${data !== null &&
    data.models.length > 0 &&
    html`<div class="table-scroll" tabindex="0" role="region" aria-labelledby="costs-by-model">
      <table class="cost-table">
        <thead>
          <tr>
            <th scope="col">Model</th><th scope="col">Kind</th><th scope="col" class="numeric">Calls</th><th scope="col" class="numeric">Input tokens</th><th scope="col" class="numeric">Output tokens</th>
            <th scope="col" class="numeric">US dollars</th>
          </tr>
        </thead>
        <tbody>
          ${data.models.map(
            (row) => html`<tr key=${`${row.kind} ${row.model}`}>
              <th scope="row" translate="no">${row.model}</th><td>${row.kind}</td><td class="numeric">${formatCount(row.calls)}</td><td class="numeric">${formatCount(row.inputTokens)}</td>
              <td class="numeric">${formatCount(row.outputTokens)}</td><td class="numeric">${formatUsd(row.usd)}</td>
            </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr><th scope="row">Run</th><td></td><td class="numeric">${formatCount(data.calls)}</td><td></td><td></td><td class="numeric">${formatUsd(data.usd)}</td></tr>
        </tfoot>
      </table>
    </div>`}
  </div>`;
}

/** @param {{run: RunStatus}} props */
export function Failures({ run }) {
  const rows = Object.entries(run.failures).sort(([, one], [, other]) => other - one);
  if (rows.length === 0) return null;
  return html`<h2>Failures</h2>
    <ul class="run-failures">
      ${rows.map(([reason, count]) => {
        const { meaning, advice } = describeReason(reason);
        return html`<li key=${reason}>
          <p>
            <strong class="reason-name">${formatCount(count)} × ${nameReason(reason)}</strong>${" "}
            ${hasEnded(run.status) && html`<a href=${makeHref(["catalogs", run.catalog, "review"], { reason })}>Show the items</a>`}
          </p>
          ${meaning && html`<p><${CodeText} text=${meaning} />${advice && html`<span class="hint"> <${CodeText} text=${advice} /></span>`}</p>`}
        </li>`;
      })}
    </ul>`;
}

/** @param {{run: RunStatus}} props */
export function Outputs({ run }) {
  const outputs = Object.entries(run.outputs);
  const [isLoading, setLoading] = useState(false);
  if (outputs.length === 0) return null;
  async function download() {
    setLoading(true);
    try {
      const response = await send("GET", `runs/${encodeURIComponent(run.runId)}/audit`);
      saveFile(await response.blob(), `${run.runId}-audit.sqlite`);
    } catch (error) {
      announce(asApiError(error).message, "error");
    }
    setLoading(false);
  }
  return html`<details class="run-section">
    <summary><h2>Files</h2></summary>
    <p class="hint">Paths in the store.</p>
    <dl>
      ${outputs.map(([name, path]) => html`<div key=${name}><dt>${spellName(name)}</dt><dd><code translate="no">${path}</code></dd></div>`)}
    </dl>
    ${"audit" in run.outputs && html`<p><button type="button" disabled=${isLoading} onClick=${download}>${isLoading ? "Downloading the audit…" : "Download the audit (SQLite)"}</button></p>`}
  </details>`;
}

/** @param {string} name in camelCase */
function spellName(name) {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {Blob} blob @param {string} name */
function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
