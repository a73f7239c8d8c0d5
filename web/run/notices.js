/** What a run waits for or ended with, and what to do about it. */

import { CodeText } from "../components/code_text.js";
import { formatCount, formatDuration, formatNoun, formatTime } from "../lib/format.js";
import { html } from "../lib/html.js";
import { describeReason, nameReason } from "../lib/reasons.js";
import { makeHref } from "../lib/router.js";
import { awaitsApproval, isActive, secondsUntil } from "../lib/run_words.js";

/** @typedef {import("../lib/types.js").RunStatus} RunStatus */

/** @param {{run: RunStatus}} props */
export function Notices({ run }) {
  return html`<div class="callouts">
    <${PauseNotice} run=${run} />
    <${ErrorNotice} run=${run} />
    <${BatchNotice} run=${run} />
    <${ThrottleNotice} run=${run} />
    ${run.notes.map((note) => html`<p key=${note} class="callout">${note}</p>`)}
  </div>`;
}

/** @param {{run: RunStatus}} props */
function PauseNotice({ run }) {
  if (run.status === "Suspended") {
    return html`<div class="callout warn">
      <p><strong>The run is suspended.</strong> It was suspended outside this page, with the tools of Durable Functions. Resume it there, or cancel it here.</p>
    </div>`;
  }
  if (run.status !== "Paused") return null;
  const seconds = secondsUntil(run.pausedUntil);
  const limit = run.pausedUntil && seconds > 0 && ` Without that, it fails at ${formatTime(run.pausedUntil)}, in ${formatDuration(seconds)}.`;
  if (awaitsApproval(run)) {
    return html`<div class="callout warn">
      <p><strong>The run waits for your approval of its first ${formatNoun(run.awaitedImages ?? 0, "image")}.</strong></p>
      <p>
        <a href=${makeHref(["catalogs", run.catalog, "review"], { sort: "accepted" })}>Review them</a>: approve those whose look the others are to have, and reject those that are to be generated again. Up to four approved images
        become the style references. Then continue the run.${limit}
      </p>
    </div>`;
  }
  return html`<div class="callout warn">
    <p><strong>The run is paused.</strong> Fix the cause below, then resume it.${limit}</p>
  </div>`;
}

/** @param {{run: RunStatus}} props */
function ErrorNotice({ run }) {
  if (run.error === null || awaitsApproval(run)) return null;
  const { reason, message } = run.error;
  const { meaning, advice } = describeReason(reason);
  if (reason === "cancelled" && isActive(run.status)) {
    return html`<p class="callout warn"><strong>The run is being cancelled.</strong> Calls in flight and waits for the provider end first; no new call is sent.</p>`;
  }
  return html`<div class=${reason === "cancelled" ? "callout" : "callout bad"}>
    <p><strong class="reason-name">${nameReason(reason)}</strong> ${meaning && html`<${CodeText} text=${meaning} />`}</p>
    ${reason !== "cancelled" && html`<p class="message">${message}</p>`}
    ${advice && html`<p>What to do: <${CodeText} text=${advice} /></p>`}
  </div>`;
}

/** @param {{run: RunStatus}} props */
function BatchNotice({ run }) {
  const { textBatches: texts, imageBatches: images } = run;
  const parts = [
    texts && `${formatCount(texts.done)} of ${formatNoun(texts.calls, "text call")}`,
    images && `${formatCount(images.done)} of ${formatNoun(images.images, "image")}`,
  ].filter(Boolean);
  if (!isActive(run.status) || run.error?.reason === "cancelled" || parts.length === 0) return null;
  return html`<p class="callout">
    <strong>The run waits for the provider's batches:</strong> ${parts.join(" and ")} are finished there. A batch may take a day. Its results arrive together, and cost half.
  </p>`;
}

/** @param {{run: RunStatus}} props */
function ThrottleNotice({ run }) {
  const { limit, rateLimited, message, waitingUntil } = run.throttle;
  if (!isActive(run.status) || run.error?.reason === "cancelled") return null;
  if (message === undefined && rateLimited === 0) return null;
  const seconds = secondsUntil(waitingUntil);
  return html`<div class=${message === undefined ? "callout" : "callout warn"}>
    ${message !== undefined &&
    html`<p>
      <strong>The provider asks the run to wait</strong>${waitingUntil && html` until ${formatTime(waitingUntil)}${seconds > 0 && ` (${formatDuration(seconds)})`}`}. Nothing is lost, and
      waiting is not billed.
    </p>
    <p class="message">${message}</p>`}
    ${rateLimited > 0 && html`<p>${formatNoun(rateLimited, "call was", "calls were")} refused for the quota (status 429) so far; they are repeated. The window is ${formatCount(limit)}.</p>`}
  </div>`;
}
