/** Names of inputs: letters, digits, dots, hyphens and underscores. */

const MAX_NAME_CHARACTERS = 120;
const DIGEST_CHARACTERS = 8;

/** @param {string} name of a file @param {string} [suffix] of the name, before its ending @returns {string} the name of its input */
export function makeInputName(name, suffix = "") {
  const [, base = "", ending = ""] = /^(.*?)(\.[A-Za-z0-9]{1,8})?$/.exec(name) ?? [];
  const safe = base.normalize("NFKD").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return (safe || "upload").slice(0, MAX_NAME_CHARACTERS - suffix.length - ending.length) + suffix + ending;
}

/**
 * @param {Blob} file
 * @returns {Promise<string>} a suffix that only the same content has, so that a file replaces no other of its name
 */
export async function makeContentSuffix(file) {
  const bytes = crypto.subtle === undefined ? crypto.getRandomValues(new Uint8Array(DIGEST_CHARACTERS)) : new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())); // no `subtle` without https
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `-${digits.slice(0, DIGEST_CHARACTERS)}`;
}
