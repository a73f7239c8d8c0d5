/** Which field an error of the API belongs to. */

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("../lib/api.js").FieldError} FieldError */

/**
 * @param {Field[]} fields that are shown @param {FieldError[]} errors
 * @returns {{byPath: Record<string, string>, others: FieldError[]}} messages by path, and the errors of no field
 */
export function placeErrors(fields, errors) {
  /** @type {Record<string, string>} */
  const byPath = {};
  /** @type {FieldError[]} */
  const others = [];
  for (const error of errors) {
    const field =
      fields.find(({ path }) => path === error.field) ??
      fields.find(({ path }) => error.field.startsWith(`${path}.`)) ??
      fields.find(({ path }) => path.startsWith(`${error.field}.`));
    if (field === undefined) others.push(error);
    else byPath[field.path] = byPath[field.path] ? `${byPath[field.path]}; ${error.message}` : error.message;
  }
  return { byPath, others };
}
