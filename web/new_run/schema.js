/**
 * Fields of a form, from a schema of the OpenAPI document. No field of a request is listed in the page.
 *
 * @typedef {"integer" | "number" | "boolean" | "choice" | "text" | "list" | "map"} FieldKind
 * @typedef {object} Field
 * @property {string} path such as `theme.subject`
 * @property {string} name last part of the path
 * @property {FieldKind} kind
 * @property {string} description
 * @property {any} default undefined = none
 * @property {boolean} isRequired
 * @property {string[]} choices
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [exclusiveMinimum]
 * @property {number} [maxLength] of the text, or of each entry of a list
 * @property {string} [pattern]
 * @property {number} [minItems]
 * @property {number} [maxItems]
 * @property {Field[]} [parts] of each entry of a list of objects: an entry is typed as its parts between colons, such as `640:webp`
 * @typedef {Record<string, any>} Schema
 */

/**
 * @param {Schema} document OpenAPI document
 * @param {string} name of a schema
 * @returns {Field[]} its fields; those of nested objects instead of the objects
 */
export function readFields(document, name) {
  return [...listFields(document, resolve(document, { $ref: `#/components/schemas/${name}` }), "", undefined)];
}

/**
 * @param {Schema} document @param {Schema} schema of an object @param {string} prefix @param {Schema | undefined} defaults of the object
 * @returns {Generator<Field>}
 */
function* listFields(document, schema, prefix, defaults) {
  const required = new Set(prefix === "" ? (schema.required ?? []) : []);
  for (const [name, unresolved] of Object.entries(/** @type {Record<string, Schema>} */ (schema.properties ?? {}))) {
    const property = resolve(document, unresolved);
    const path = prefix + name;
    if (property.type === "object" && property.properties !== undefined) {
      yield* listFields(document, property, `${path}.`, property.default);
    } else {
      const items = resolve(document, property.items ?? {});
      const parts = items.properties === undefined ? undefined : [...listFields(document, items, "", undefined)];
      yield { ...makeField(path, name, { ...property, items }, required.has(name), defaults?.[name]), parts };
    }
  }
}

/** @param {string} path @param {string} name @param {Schema} property @param {boolean} isRequired @param {any} outerDefault @returns {Field} */
function makeField(path, name, property, isRequired, outerDefault) {
  const items = property.items ?? {};
  return {
    path,
    name,
    kind: findKind(property),
    description: property.description ?? "",
    default: outerDefault ?? property.default,
    isRequired,
    choices: property.enum ?? [],
    minimum: property.minimum,
    maximum: property.maximum,
    exclusiveMinimum: property.exclusiveMinimum,
    maxLength: property.maxLength ?? items.maxLength,
    pattern: property.pattern,
    minItems: property.minItems,
    maxItems: property.maxItems,
  };
}

/** @param {Schema} property @returns {FieldKind} */
function findKind(property) {
  if (property.enum !== undefined) return "choice";
  if (property.type === "integer" || property.type === "number" || property.type === "boolean") return property.type;
  if (property.type === "array") return "list";
  return property.type === "object" ? "map" : "text";
}

/**
 * @param {Schema} document @param {Schema} schema
 * @returns {Schema} the schema itself: references are followed, and "or null" is left out
 */
function resolve(document, schema) {
  const options = (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []).filter((/** @type {Schema} */ option) => option.type !== "null");
  if (options.length === 1) return { ...resolve(document, options[0]), ...without(schema, ["anyOf", "oneOf", "allOf"]) };
  if (Array.isArray(schema.type)) return { ...schema, type: schema.type.find((type) => type !== "null") };
  if (schema.const !== undefined) return { ...schema, enum: [schema.const] };
  if (schema.$ref === undefined) return schema;
  /** @type {any} */
  let found = document;
  for (const part of schema.$ref.replace(/^#\//, "").split("/")) found = found?.[part];
  if (found === undefined) throw new Error(`The OpenAPI document has no ${schema.$ref}`);
  return { ...resolve(document, found), ...without(schema, ["$ref"]) };
}

/** @param {Schema} schema @param {string[]} names */
function without(schema, names) {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
}

/**
 * A value as the form holds it: text of an input, entries of a list one per line, a flag, or a map.
 * @param {Field} field @param {any} value of the API @returns {string | boolean | Record<string, string>}
 */
export function toDraft(field, value) {
  if (field.kind === "boolean") return value === true;
  if (field.kind === "map") return { ...(value ?? {}) };
  if (field.kind === "list") return (value ?? []).map((/** @type {any} */ entry) => (field.parts ? spellEntry(field.parts, entry) : entry)).join("\n");
  return value === null || value === undefined ? "" : String(value);
}

/** @param {Field[]} parts @param {Record<string, any>} entry @returns {string} its parts, without optional ones at the end that have their default */
function spellEntry(parts, entry) {
  const texts = parts.map((part) => toDraft(part, entry[part.name]));
  let count = parts.length;
  for (; count > 0; count -= 1) {
    const last = /** @type {Field} */ (parts[count - 1]);
    if (last.isRequired || (entry[last.name] ?? last.default) !== last.default) break;
  }
  return texts.slice(0, count).join(":");
}

/** @param {Field[]} parts @param {string} text @returns {Record<string, any>} what is given */
function readEntry(parts, text) {
  const values = parts.map((part, at) => [part.name, fromDraft(part, text.split(":")[at] ?? "")]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** @param {Field[]} parts @param {string} text @returns {string} what is wrong with it; "" = nothing */
function checkEntry(parts, text) {
  const texts = text.split(":");
  const shown = `“${text.slice(0, 30)}”`;
  const expected = spellForm(parts);
  if (texts.length > parts.length || parts.some((part, at) => part.isRequired && !texts[at]?.trim())) return `${shown} does not have the form ${expected}.`;
  for (const [at, part] of parts.entries()) {
    const problem = checkDraft(part, texts[at] ?? "");
    if (problem) return `${shown}, ${part.name}: ${problem}`;
  }
  return "";
}

/** @param {Field[]} parts @returns {string} such as "width:format or width:format:quality" */
export function spellForm(parts) {
  const names = parts.map(({ name }) => name);
  const required = parts.filter(({ isRequired }) => isRequired).length;
  return names.length === required ? names.join(":") : `${names.slice(0, required).join(":")} or ${names.join(":")}`;
}

/** @param {Field} field @param {any} draft as `toDraft` returns it @returns {any} the value of the API; undefined = none is given */
export function fromDraft(field, draft) {
  if (field.kind === "boolean" || field.kind === "map") return draft;
  if (field.kind === "list") return readList(field, draft);
  const text = field.kind === "text" ? draft : draft.trim();
  if (text === "") return field.kind === "text" && typeof field.default === "string" && field.default !== "" ? "" : undefined;
  return field.kind === "integer" || field.kind === "number" ? Number(text) : text;
}

/** @param {Field} field @param {string} draft @returns {any[] | undefined} undefined: an optional list without entries */
function readList(field, draft) {
  const entries = splitLines(draft);
  return entries.length === 0 && (field.default ?? null) === null && !field.isRequired ? undefined : entries.map((entry) => (field.parts ? readEntry(field.parts, entry) : entry));
}

/** @param {string} text @returns {string[]} the entries of a list, without blank ones */
export function splitLines(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/**
 * @param {Field} field @param {any} draft as `toDraft` returns it
 * @returns {string} what is wrong with it by the schema, and what is expected; "" = nothing
 */
export function checkDraft(field, draft) {
  const value = fromDraft(field, draft);
  if (value === undefined || value === "") return field.isRequired ? "Enter a value." : "";
  if (field.kind === "integer" || field.kind === "number") return checkNumber(field, value);
  if (field.kind === "list") return checkList(field, splitLines(draft));
  if (field.kind === "choice" && !field.choices.includes(value)) return `Enter one of ${field.choices.join(", ")}.`;
  if (field.kind !== "text") return "";
  if (field.maxLength !== undefined && value.length > field.maxLength) return `Has ${value.length} characters; enter at most ${field.maxLength}.`;
  if (field.pattern !== undefined && !new RegExp(field.pattern, "u").test(value)) return `“${value.slice(0, 40)}” does not have the form that is described here.`;
  return "";
}

/** @param {Field} field @param {number} value */
function checkNumber(field, value) {
  const range = describeRange(field);
  if (!Number.isFinite(value)) return `Enter a number${range && `: ${range}`}.`;
  if (field.kind === "integer" && !Number.isInteger(value)) return `Enter a whole number${range && `: ${range}`}.`;
  const isTooSmall = value < (field.minimum ?? -Infinity) || value <= (field.exclusiveMinimum ?? -Infinity);
  return isTooSmall || value > (field.maximum ?? Infinity) ? `Out of range. Enter ${range}.` : "";
}

/** @param {Field} field @param {string[]} entries */
function checkList(field, entries) {
  if (entries.length < (field.minItems ?? 0)) return `Enter at least ${field.minItems}, one per line.`;
  if (entries.length > (field.maxItems ?? Infinity)) return `Has ${entries.length} lines; enter at most ${field.maxItems}.`;
  if (field.parts) return entries.map((entry) => checkEntry(/** @type {Field[]} */ (field.parts), entry)).find(Boolean) ?? "";
  const maxLength = field.maxLength ?? Infinity;
  const long = entries.find((entry) => entry.length > maxLength);
  return long === undefined ? "" : `“${long.slice(0, 30)}…” has ${long.length} characters; enter at most ${maxLength} per line.`;
}

const numbers = new Intl.NumberFormat("en");

/** @param {Field} field @returns {string} such as "1 to 50,000"; "" = no limits */
export function describeRange(field) {
  const { minimum, maximum, exclusiveMinimum } = field;
  const upper = maximum === undefined ? "" : numbers.format(maximum);
  if (minimum !== undefined) return upper ? `${numbers.format(minimum)} to ${upper}` : `at least ${numbers.format(minimum)}`;
  if (exclusiveMinimum !== undefined) return `above ${numbers.format(exclusiveMinimum)}${upper && `, at most ${upper}`}`;
  return upper && `at most ${upper}`;
}

/** @param {string} name in camelCase @returns {string} "Target count" for `targetCount` */
export function spellName(name) {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/\b(usd|url)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
