/** Reason codes of rejected drafts, failed images and ended runs, in plain words. */

import { REASON_TEXTS } from "./reason_texts.js";

/** @param {string} code @returns {string} such as "content policy" for `content_policy` */
export function nameReason(code) {
  return code.replaceAll("_", " ");
}

/**
 * @param {string} code
 * @returns {{meaning: string, advice: string}} what happened and what to do, with code between backticks; "" = not known
 */
export function describeReason(code) {
  return REASON_TEXTS[code] ?? { meaning: "", advice: "" };
}
