/**
 * How the form groups the fields of a request. A field that no group names is in the last one, so a new field of the API
 * needs no change here.
 */

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./draft.js").Values} Values */

/** Labels where the name of the field in words is not enough. @type {Record<string, string>} */
export const LABELS = {
  catalog: "Catalog name",
  targetCount: "Items in the catalog",
  categoryCount: "Categories",
  "theme.subject": "What the items are",
  "theme.openings": "How image prompts begin",
  "theme.tail": "How image prompts end",
  maxCostUsd: "Budget in US dollars",
  batchSize: "Items per text call",
  parallelImageRequests: "Image calls at the same time",
  parallelTextRequests: "Text calls at the same time",
  imageRequestsPerMinute: "Image calls per minute",
  maxRetries: "Retries per call",
  "styleReference.images": "Reference images",
  "styleReference.firstApproved": "Number of first images",
  imageVariants: "Copies in other sizes and formats",
  "theme.style.light": "Light",
  "theme.style.background": "Background",
  "theme.style.camera": "Camera",
  "theme.style.palette": "Palette",
  "refine.iterations": "Images per item, at most",
  "refine.acceptScore": "Score that is good enough",
  policyRewrites: "Rewrites of refused prompts",
  placeholder: "Placeholders for refused images",
  publish: "Publish when the run ends",
  dryRun: "Dry run",
  input: "Input",
};

/** What an entry of a list looks like. @type {Record<string, string>} */
export const EXAMPLES = { imageVariants: "640:webp" };

/** Shown before the groups; the parts for each source come with the source. */
export const GENERATE_FIELDS = ["targetCount", "categoryCount", "theme.subject", "theme.openings", "theme.tail"];
export const LIMIT_FIELDS = ["maxCostUsd", "review"];
const OWN_PARTS = ["catalog", "source", "input", "fieldMapping", "acceptEstimate", "styleReference.images", "styleReference.firstApproved"];
const ROW_FIELDS = ["input", "fieldMapping", "skipInvalid", "keepChanged", "variantImages", "promptWriter", "textMode", "theme.promptTemplate"];
const HIDDEN_FOR_ROWS = ["targetCount", "categoryCount", "batchSize", "forceCategories", "theme.subject"];

/** Its fields follow the choice of a style reference. */
export const STYLE_GROUP = "Style";

const GROUPS = [
  { title: "Rows and prompts", paths: ["skipInvalid", "keepChanged", "variantImages", "promptWriter", "textMode", "theme.promptTemplate", "theme.openings", "theme.tail"] },
  { title: "Images", paths: ["imageSize", "imageQuality", "imageFormat", "imageMode", "batchFallback", "thumbnails", "imageVariants", "imageBaseUrl"] },
  { title: STYLE_GROUP, paths: ["theme.style.light", "theme.style.background", "theme.style.camera", "theme.style.palette"] },
  { title: "Refinement", paths: ["refine.iterations", "refine.acceptScore"] },
  { title: "Rules and refusals", paths: ["theme.forbiddenWords", "validateItems", "policyRewrites", "placeholder"] },
  { title: "Speed, retries and pauses", paths: ["parallelImageRequests", "imageRequestsPerMinute", "parallelTextRequests", "batchSize", "maxRetries", "pauseOnBlock", "pauseLimitMinutes"] },
  { title: "What the run does", paths: ["dryRun", "publish", "forceCategories", "forceImages"] },
];

/** @param {Field[]} fields @param {string} source @returns {Field[]} the fields that count for a source of items */
export function chooseFields(fields, source) {
  const hidden = new Set(source === "generate" ? ROW_FIELDS : HIDDEN_FOR_ROWS);
  return fields.filter(({ path }) => !hidden.has(path));
}

/**
 * @param {Field[]} fields that count @param {string} source
 * @returns {{title: string, fields: Field[]}[]} the groups behind the essential fields; empty ones are left out
 */
export function groupFields(fields, source) {
  const byPath = new Map(fields.map((field) => [field.path, field]));
  const placed = new Set([...OWN_PARTS, ...LIMIT_FIELDS, ...(source === "generate" ? GENERATE_FIELDS : [])]);
  const groups = GROUPS.map(({ title, paths }) => ({ title, fields: paths.filter((path) => !placed.has(path)).flatMap((path) => byPath.get(path) ?? []) }));
  for (const group of groups) for (const { path } of group.fields) placed.add(path);
  groups.push({ title: "More", fields: fields.filter(({ path, kind }) => !placed.has(path) && kind !== "map") });
  return groups.filter((group) => group.fields.length > 0);
}
