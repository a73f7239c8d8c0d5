/** Both stages of a run: items, and images with their rate. */

import { formatCount, formatDuration, formatNoun } from "../lib/format.js";
import { html, useRef } from "../lib/html.js";
import { isActive } from "../lib/run_words.js";
import { addSample, measureRate } from "./rate.js";

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */

/** @param {{run: RunStatus, requestedWindow: number | null}} props */
export function Stages({ run, requestedWindow }) {
  const samples = useRef(/** @type {import("./rate.js").Sample[]} */ ([]));
  const sampledAt = useRef("");
  if (sampledAt.current !== run.updatedAt) {
    sampledAt.current = run.updatedAt;
    samples.current = addSample(samples.current, { at: performance.now(), made: run.imagesMade });
  }
  const { items, images, categories } = run.progress;
  const rate = isActive(run.status) ? measureRate(samples.current) : null;
  return html`<div class="run-stages">
    <${Stage} title="Items" done=${items.accepted} total=${items.target} unit="items">
      <li>${formatNoun(categories, "category", "categories")}</li>
      <li>${formatNoun(items.rejected, "draft")} rejected by the rules</li>
    <//>
    ${images.total === 0
      ? html`<section class="run-stage"><h2>Images</h2><p class="hint">A dry run generates no images.</p></section>`
      : html`<${Stage} title="Images" done=${images.done} failed=${images.failed} total=${images.total} unit="images">
          <li>${formatCount(run.imagesMade)} made by this run, ${formatCount(run.imagesKept)} kept</li>
          ${images.refined !== undefined && html`<li>${formatNoun(images.refined, "item")} refined to the end</li>`}
          ${images.failed > 0 && html`<li class="bad">${formatCount(images.failed)} failed</li>`}
          ${run.placeholders > 0 && html`<li>${formatNoun(run.placeholders, "placeholder")}</li>`}
          ${isActive(run.status) && html`<li>${describeRate(rate, images)}</li>`}
          ${isActive(run.status) && html`<li>${describeWindow(run, requestedWindow)}</li>`}
        <//>`}
  </div>`;
}

/** @param {{title: string, done: number, total: number, unit: string, failed?: number, children?: any}} props */
function Stage({ title, done, total, unit, failed = 0, children }) {
  const share = total > 0 ? Math.floor((100 * done) / total) : 0;
  const id = `stage-${unit}`;
  return html`<section class="run-stage" aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    <p class="big-number"><strong>${formatCount(done)}</strong> of ${formatCount(total)}<span class="run-stage-share">${share} %</span></p>
    <span class="run-stage-bar">
      <progress aria-label=${`${title} done`} value=${done} max=${Math.max(total, 1)}></progress>
      ${failed > 0 && html`<span class="run-stage-failed" style=${{ width: `${Math.min(100, (100 * failed) / Math.max(total, 1))}%` }}></span>`}
    </span>
    <ul class="run-facts">${children}</ul>
  </section>`;
}

/** @param {{perMinute: number, seconds: number} | null} rate @param {RunStatus["progress"]["images"]} images */
function describeRate(rate, images) {
  if (rate === null) return "Rate: measured after 10 seconds";
  const span = `in the last ${formatDuration(rate.seconds)}`;
  if (rate.perMinute <= 0) return `No image ${span}`;
  const perMinute = rate.perMinute < 10 ? rate.perMinute.toFixed(1) : formatCount(Math.round(rate.perMinute));
  const left = Math.max(0, images.total - images.done - images.failed);
  const rest = left > 0 ? `; about ${formatDuration((60 * left) / rate.perMinute)} left at this rate` : "";
  return `${perMinute} images a minute ${span}${rest}`;
}

/** @param {RunStatus} run @param {number | null} requested */
function describeWindow(run, requested) {
  const { limit } = run.throttle;
  const window = `Window: up to ${formatNoun(limit, "image call")} at the same time`;
  return requested !== null && limit < requested ? `${window}, of ${formatCount(requested)} requested` : window;
}
