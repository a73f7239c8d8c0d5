// Checks the types of the review page's code, and that web/vendor holds the files of the packages in package-lock.json.
// check.cjs [FOLDER] checks FOLDER/web; prints what is wrong, one line a problem; exit status 1 if anything is.
const { spawnSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const root = path.resolve(process.argv[2] || path.join(__dirname, "../.."));
const vendor = path.join(root, "web/vendor");
const packages = path.join(__dirname, "node_modules");
const problems = [];

// The rows of the table in VERSIONS.md: | `file` | package | version | `file in the package` | license |
const rows = fs
  .readFileSync(path.join(vendor, "VERSIONS.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));

const localNames = new Map(
  rows.map(([file, name, , source]) => [source.startsWith("dist/") ? name : `${name}/${source.split("/")[0]}`, `./${file}`]),
);

// What differs from the package's file by intent: import specifiers are relative, and there is no source map.
function adapt(code) {
  return code
    .replace(/\bfrom\s*"([^"]+)"/g, (text, name) => (localNames.has(name) ? `from"${localNames.get(name)}"` : text))
    .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
}

for (const [file, name, version, source, license] of rows) {
  const manifest = JSON.parse(fs.readFileSync(path.join(packages, name, "package.json"), "utf8"));
  if (manifest.version !== version) problems.push(`vendor/${file}: VERSIONS.md says ${version}, package-lock.json ${manifest.version}`);
  if (manifest.license !== license) problems.push(`vendor/${file}: VERSIONS.md says ${license}, the package ${manifest.license}`);
  const expected = adapt(fs.readFileSync(path.join(packages, name, source), "utf8")).trim();
  if (fs.readFileSync(path.join(vendor, file), "utf8").trim() !== expected) {
    problems.push(`vendor/${file}: differs from ${source} of ${name} ${manifest.version}`);
  }
}
const listed = new Set([...rows.map(([file]) => file), "VERSIONS.md", "LICENSES.txt"]);
for (const file of fs.readdirSync(vendor)) {
  const isTypes = file.endsWith(".d.ts") && listed.has(file.replace(/\.d\.ts$/, ".js"));
  if (!listed.has(file) && !isTypes) problems.push(`vendor/${file}: not in VERSIONS.md`);
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "web-check-"));
const config = path.join(scratch, "tsconfig.json");
fs.writeFileSync(
  config,
  JSON.stringify({
    extends: path.join(__dirname, "tsconfig.json"),
    include: [path.join(root, "web/**/*.js")],
    exclude: [vendor],
  }),
);
const compiler = path.join(packages, "typescript/bin/tsc");
const result = spawnSync(process.execPath, [compiler, "--project", config], { cwd: root, encoding: "utf8" });
fs.rmSync(scratch, { recursive: true });
if (result.status !== 0) problems.push(...`${result.stdout}${result.stderr}`.trim().split("\n"));

for (const problem of problems) console.log(problem);
console.log(`web: ${rows.length} vendored files, ${problems.length} problems`);
process.exit(problems.length || !rows.length ? 1 : 0);
