/** The rounds of an item: every image that was generated for it, with score, findings and cost. */

import { StoredImage } from "../components/stored_image.js";
import { formatBytes, formatTime, formatUsd } from "../lib/format.js";
import { html } from "../lib/html.js";
import { imagePath, roundPath } from "../lib/images.js";

/** @typedef {import("../lib/types.js").ItemDetail} ItemDetail */
/** @typedef {import("../lib/types.js").Round} Round */

/** @param {Round} round */
export function roundKey(round) {
  return `${round.runId}/${round.round}`;
}

/** @param {Round} round @returns {string} the score of a round, with its likeness to the style references */
export function describeScore(round) {
  if (round.score === null) return "no score";
  return typeof round.likeness === "number" ? `score ${round.score}, likeness ${round.likeness}` : `score ${round.score}`;
}

/** @param {string} catalog @param {ItemDetail} item @param {Round} round */
export function pathOfRound(catalog, item, round) {
  return round.isCurrent ? imagePath(catalog, item.filename) : roundPath(catalog, item.itemId, round.runId, round.round);
}

/** @param {ItemDetail} item @param {Round} round @returns {string} name of a round: its place in time and whether it is the item's image */
export function nameRound(item, round) {
  const number = item.rounds.length - item.rounds.indexOf(round);
  return `Image ${number}${round.isCurrent ? " (current)" : ""}`;
}

/**
 * @param {object} props
 * @param {string} props.catalog
 * @param {ItemDetail} props.item
 * @param {Round | null} props.shown
 * @param {(round: Round) => void} props.onShow
 */
export function RoundList({ catalog, item, shown, onShow }) {
  return html`<ul class="rounds">
    ${item.rounds.map(
      (round) => html`<li key=${roundKey(round)}>
        <button type="button" class="round" aria-pressed=${round === shown ? "true" : "false"} onClick=${() => onShow(round)}>
          <${StoredImage} class="round-image" path=${pathOfRound(catalog, item, round)} sha256=${round.sha256} alt="" />
          <span>${nameRound(item, round)}</span>
          <span class="hint">${describeScore(round)}</span>
        </button>
      </li>`,
    )}
  </ul>`;
}

/** @param {{title: string, texts: string[]}} props */
function Findings({ title, texts }) {
  if (texts.length === 0) return null;
  return html`<div><dt>${title}</dt><dd><ul>${texts.map((text, at) => html`<li key=${at} dir="auto">${text}</li>`)}</ul></dd></div>`;
}

/** @param {{label: string, children: any}} props */
function Fact({ label, children }) {
  return html`<div><dt>${label}</dt><dd dir="auto">${children}</dd></div>`;
}

/** @param {{item: ItemDetail, round: Round}} props */
export function RoundFacts({ item, round }) {
  const { findings } = round;
  const isFaultless = findings !== null && [findings.missing, findings.wrong, findings.unwanted, findings.unlike ?? []].every((texts) => texts.length === 0);
  return html`<dl class="facts">
    <${Fact} label="Score">${round.score === null ? "not evaluated" : `${round.score} of 100`}<//>
    ${typeof round.likeness === "number" && html`<${Fact} label="Likeness to the references">${round.likeness} of 100<//>`}
    ${findings !== null && isFaultless && html`<${Fact} label="Findings">none<//>`}
    ${findings !== null &&
    html`<${Findings} title="Missing" texts=${findings.missing} />
      <${Findings} title="Wrong" texts=${findings.wrong} />
      <${Findings} title="Unwanted" texts=${findings.unwanted} />
      <${Findings} title="Unlike the references" texts=${findings.unlike ?? []} />`}
    <${Fact} label="Cost">
      ${round.imageCostUsd === null ? "not known" : formatUsd(Number(round.imageCostUsd))}${round.evaluationCostUsd !== null && `, evaluation ${formatUsd(Number(round.evaluationCostUsd))}`}
    <//>
    <${Fact} label="File">${round.width} × ${round.height}, ${formatBytes(round.bytes)}<//>
    <${Fact} label="Generated">${formatTime(round.createdAt)}${round.model !== null && ` by ${round.model}`}<//>
    ${round.prompt !== null && round.prompt !== item.imagePrompt && html`<${Fact} label="Prompt of this image">${round.prompt}<//>`}
  </dl>`;
}
