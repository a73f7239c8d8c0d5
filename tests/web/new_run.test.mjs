// The form of a new run: fields from a schema, what is sent, and where errors are shown. Run by test_units.py.
import assert from "node:assert/strict";
import test from "node:test";

import { chooseKey, makeBody, takeOver } from "../../web/new_run/draft.js";
import { placeErrors } from "../../web/new_run/field_errors.js";
import { chooseFields, groupFields } from "../../web/new_run/groups.js";
import { makeContentSuffix, makeInputName } from "../../web/new_run/input_name.js";
import { checkDraft, describeRange, readFields, spellName, toDraft } from "../../web/new_run/schema.js";
import { checkStyle, chooseStyleFields, findStyleMode } from "../../web/new_run/style_choice.js";

const DOCUMENT = {
  components: {
    schemas: {
      SeedRequest: {
        required: ["catalog"],
        properties: {
          catalog: { type: "string", description: "Name.", pattern: "^[a-z0-9](?:-?[a-z0-9]){1,38}$" },
          targetCount: { type: "integer", default: 200, minimum: 1, maximum: 50000 },
          maxCostUsd: { anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1000000 }, { type: "null" }], default: null },
          imageQuality: { enum: ["low", "high"], default: "low" },
          publish: { type: "boolean", default: true },
          forceImages: { type: "boolean", default: false },
          source: { enum: ["generate", "products"], default: "generate" },
          input: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
          fieldMapping: { type: "object", additionalProperties: { type: "string" } },
          newlyAdded: { type: "string" },
          imageVariants: { type: "array", items: { $ref: "#/components/schemas/ImageVariant" }, maxItems: 3, default: [] },
          styleReference: { anyOf: [{ $ref: "#/components/schemas/StyleReference" }, { type: "null" }], default: null },
          theme: { $ref: "#/components/schemas/Theme", default: { subject: "Figures", openings: ["One", "Two"] } },
        },
      },
      ImageVariant: {
        type: "object",
        required: ["width", "format"],
        properties: { width: { type: "integer", minimum: 16, maximum: 4096 }, format: { enum: ["webp", "avif"] }, quality: { type: "integer", default: 80, minimum: 1, maximum: 100 } },
      },
      StyleReference: {
        type: "object",
        properties: {
          images: { anyOf: [{ type: "array", items: { type: "string" }, minItems: 1, maxItems: 4 }, { type: "null" }], default: null },
          firstApproved: { anyOf: [{ type: "integer", minimum: 1, maximum: 20 }, { type: "null" }], default: null },
        },
      },
      Theme: {
        type: "object",
        properties: {
          subject: { type: "string", default: "Figures", maxLength: 10 },
          openings: { type: "array", items: { type: "string", maxLength: 5 }, default: ["One", "Two"], minItems: 1, maxItems: 3 },
        },
      },
    },
  },
};
const FIELDS = readFields(DOCUMENT, "SeedRequest");

/** @param {string} path */
function find(path) {
  const field = FIELDS.find((one) => one.path === path);
  assert.ok(field, path);
  return field;
}

test("nested objects become fields with a path, and every field of the schema is there", () => {
  const paths = FIELDS.map(({ path }) => path);
  assert.deepEqual(new Set(paths), new Set(["catalog", "targetCount", "maxCostUsd", "imageQuality", "publish", "forceImages", "source", "input", "fieldMapping", "newlyAdded", "imageVariants", "styleReference.images", "styleReference.firstApproved", "theme.subject", "theme.openings"]));
  assert.equal(find("theme.openings").kind, "list");
  assert.deepEqual(find("theme.openings").default, ["One", "Two"]);
  assert.equal(find("maxCostUsd").kind, "number");
  assert.deepEqual([find("catalog").isRequired, find("targetCount").isRequired], [true, false]);
});

test("drafts are checked by the ranges, patterns and lengths of the schema", () => {
  const wrong = [
    ["catalog", ""], ["catalog", "No Name"], ["targetCount", "0"], ["targetCount", "50001"], ["targetCount", "1.5"], ["targetCount", "many"], ["maxCostUsd", "0"],
    ["maxCostUsd", "-1"], ["theme.subject", "x".repeat(11)], ["theme.openings", ""], ["theme.openings", "a\nb\nc\nd"], ["theme.openings", "longer"],
  ];
  const right = [
    ["catalog", "spring-sale"], ["targetCount", "1"], ["targetCount", " 50000 "], ["targetCount", ""], ["maxCostUsd", ""], ["maxCostUsd", "0.01"], ["theme.openings", "a\n\n b \n"],
    ["theme.subject", "x".repeat(10)], ["publish", false], ["imageQuality", "high"],
  ];
  for (const [path, draft] of wrong) assert.notEqual(checkDraft(find(path), draft), "", `${path} ${draft}`);
  for (const [path, draft] of right) assert.equal(checkDraft(find(path), draft), "", `${path} ${draft}`);
  for (const field of FIELDS) if (!field.isRequired) assert.equal(checkDraft(field, toDraft(field, field.default)), "", field.path);
});

test("a request holds what was entered, in the types of the schema, and nothing else", () => {
  assert.deepEqual(makeBody(FIELDS, { catalog: "lego" }), { catalog: "lego" });
  const values = { catalog: "lego", targetCount: "30", maxCostUsd: "", publish: false, "theme.openings": "One \n\nThree", fieldMapping: {}, input: "", imageQuality: "high" };
  assert.deepEqual(makeBody(FIELDS, values), { catalog: "lego", targetCount: 30, publish: false, theme: { openings: ["One", "Three"] }, imageQuality: "high" });
});

test("an earlier request gives what differs from the defaults, without what would repeat work", () => {
  const request = { catalog: "lego", targetCount: 200, maxCostUsd: 2.5, publish: false, forceImages: true, fieldMapping: {}, input: null, theme: { subject: "Mugs", openings: ["One", "Two"] } };
  const values = takeOver(FIELDS, request);
  assert.deepEqual(values, { catalog: "lego", maxCostUsd: "2.5", publish: false, "theme.subject": "Mugs" });
  assert.deepEqual(makeBody(FIELDS, values), { catalog: "lego", maxCostUsd: 2.5, publish: false, theme: { subject: "Mugs" } });
});

test("the same request keeps its idempotency key, another one gets a new key", () => {
  const first = chooseKey({ values: {}, key: null }, '{"catalog":"a"}');
  assert.deepEqual(chooseKey({ values: {}, key: first }, '{"catalog":"a"}'), first);
  assert.notEqual(chooseKey({ values: {}, key: first }, '{"catalog":"b"}').value, first.value);
});

test("an error of the API is shown at its field, at the field that holds it, or apart", () => {
  const placed = placeErrors(FIELDS, [
    { field: "targetCount", message: "too many" },
    { field: "theme.openings.0", message: "too long" },
    { field: "theme", message: "together too long" },
    { field: "(body)", message: "wrong" },
  ]);
  assert.deepEqual(placed.byPath, { targetCount: "too many", "theme.openings": "too long", "theme.subject": "together too long" });
  assert.deepEqual(placed.others, [{ field: "(body)", message: "wrong" }]);
});

test("fields of rows count only with rows, and a field that no group names is in the last group", () => {
  const generated = chooseFields(FIELDS, "generate").map(({ path }) => path);
  const rows = chooseFields(FIELDS, "products").map(({ path }) => path);
  assert.deepEqual([generated.includes("input"), rows.includes("input")], [false, true]);
  assert.deepEqual([generated.includes("targetCount"), rows.includes("targetCount")], [true, false]);
  const groups = groupFields(chooseFields(FIELDS, "generate"), "generate");
  assert.deepEqual(groups.at(-1)?.fields.map(({ path }) => path), ["newlyAdded"]);
});

test("a request has the style reference that is chosen, and the form keeps the other one", () => {
  const entered = { catalog: "lego", "styleReference.images": "inputs/a.png\ninputs/b.png", "styleReference.firstApproved": "3" };
  /** @param {string} mode */
  const send = (mode) => makeBody(chooseStyleFields(FIELDS, { ...entered, styleReference: mode }), { ...entered, styleReference: mode });
  assert.deepEqual(send("none"), { catalog: "lego" });
  assert.deepEqual(send("images"), { catalog: "lego", styleReference: { images: ["inputs/a.png", "inputs/b.png"] } });
  assert.deepEqual(send("firstApproved"), { catalog: "lego", styleReference: { firstApproved: 3 } });
});

test("entries with several parts are typed between colons, sent as objects, and taken over as they were", () => {
  const field = find("imageVariants");
  const sent = [{ width: 640, format: "webp" }, { width: 320, format: "avif", quality: 60 }];
  assert.deepEqual(makeBody(FIELDS, { imageVariants: "640:webp\n 320:avif:60 \n" }), { imageVariants: sent });
  assert.deepEqual(takeOver(FIELDS, { imageVariants: [{ width: 640, format: "webp", quality: 80 }, sent[1]] }), { imageVariants: "640:webp\n320:avif:60" });
  assert.equal(toDraft(field, field.default), "");
  for (const right of ["", "640:webp", "16:avif:100"]) assert.equal(checkDraft(field, right), "", right);
  for (const wrong of ["640", "640:", ":webp", "640:gif", "8:webp", "640:webp:0", "640:webp:80:1", "wide:webp", "1:webp\n", "640:webp\n16:webp\n17:webp\n18:webp"]) assert.notEqual(checkDraft(field, wrong), "", wrong);
});

test("the style reference of an earlier request is the one that is chosen", () => {
  assert.equal(findStyleMode(takeOver(FIELDS, { styleReference: null })), "none");
  assert.equal(findStyleMode(takeOver(FIELDS, { styleReference: { images: ["inputs/a.png"] } })), "images");
  assert.equal(findStyleMode(takeOver(FIELDS, { styleReference: { firstApproved: 4 } })), "firstApproved");
});

test("a style reference that is chosen must be given", () => {
  for (const mode of ["images", "firstApproved"]) {
    const [field] = chooseStyleFields(FIELDS, { styleReference: mode }).filter(({ path }) => path.startsWith("styleReference."));
    assert.ok(field);
    assert.notEqual(checkStyle(field, {}) || checkDraft(field, ""), "");
  }
});

test("an uploaded file gets a name that the app takes, and that only its content has", async () => {
  assert.equal(makeInputName("My photo (1).JPG", "-ab"), "My-photo-1-.JPG".replace(".JPG", "-ab.JPG"));
  assert.equal(makeInputName("ภาพ.png"), "upload.png");
  assert.equal(makeInputName(`${"x".repeat(300)}.png`, "-12345678").length, 120);
  const [one, same, other] = await Promise.all(["a", "a", "b"].map((text) => makeContentSuffix(new Blob([text]))));
  assert.equal(one, same);
  assert.notEqual(one, other);
});

test("names and ranges are spelled for people", () => {
  assert.deepEqual([spellName("imageBaseUrl"), spellName("maxCostUsd"), spellName("id")], ["Image base URL", "Max cost USD", "Id"]);
  assert.deepEqual([describeRange(find("targetCount")), describeRange(find("maxCostUsd")), describeRange(find("catalog"))], ["1 to 50,000", "above 0, at most 1,000,000", ""]);
});
