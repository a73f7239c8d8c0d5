/** Reason codes of rejected drafts, failed images and ended runs, in plain words. */

import { REASON_TEXTS } from "./reason_texts.js";

/** Advice in the words of the page, where the general one names flags and commands. @type {Record<string, string>} */
const PAGE_ADVICE = {
  content_policy: "Edit the prompts in Review and generate these images again, or allow rewrites of refused prompts in a new run. A repair tries the same prompts again.",
  too_many_refusals: "Change the theme in a new run, or edit the prompts in Review.",
  bad_row: "Correct the row, or skip rows that cannot be used.",
  duplicate_id: "Correct the row, or skip rows that cannot be used.",
  budget: "Repair, or start the run again with another budget: a budget is for one run.",
  awaiting_approval: "Approve them in Review, then continue the run.",
  interrupted: "Start the app again; the run continues by itself.",
};

/** @param {string} code @returns {string} such as "content policy" for `content_policy` */
export function nameReason(code) {
  return code.replaceAll("_", " ");
}

/**
 * @param {string} code
 * @returns {{meaning: string, advice: string}} what happened and what to do, with code between backticks; "" = not known
 */
export function describeReason(code) {
  const { meaning, advice } = REASON_TEXTS[code] ?? { meaning: "", advice: "" };
  return { meaning, advice: PAGE_ADVICE[code] ?? advice };
}
