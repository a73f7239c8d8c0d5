// Parses every query of the templates and documents as Azure Monitor does, against the columns in schema.json.
// check.cjs [FOLDER] prints what is wrong, one line a problem; exit status 1 if anything is.
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const root = process.argv[2] || path.resolve(__dirname, "../..");
const service = path.dirname(require.resolve("@kusto/language-service-next/package.json"));
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(service, name), "utf8"), name);
}
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
const schema = JSON.parse(fs.readFileSync(path.join(__dirname, "schema.json"), "utf8"));
const tables = Object.entries(schema).map(([name, columns]) => {
  const list = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return Symbols.TableSymbol.From(`(${list.join(", ")})`).WithName(name);
});
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("workspace", tables, false));

// What templates and workbooks fill in when they are deployed or shown.
function fill(query) {
  return query
    .replace(/\{\{(minCalls|quietMinutes)\}\}/g, "20")
    .replace(/\{\{\w+\}\}/g, "filled_in")
    .replace(/\{Period:grain\}/g, "1h");
}

function* findQueries() {
  const queries = path.join(root, "infra/queries");
  for (const name of fs.readdirSync(queries).filter((name) => name.endsWith(".kql"))) {
    yield [`infra/queries/${name}`, fs.readFileSync(path.join(queries, name), "utf8")];
  }
  const workbook = JSON.parse(fs.readFileSync(path.join(root, "infra/modules/workbook.json"), "utf8"));
  for (const item of workbook.items.filter((item) => item.content.query)) {
    yield [`infra/modules/workbook.json: ${item.name}`, item.content.query];
  }
  for (const name of fs.readdirSync(path.join(root, "docs"), { recursive: true }).filter((name) => name.endsWith(".md"))) {
    const text = fs.readFileSync(path.join(root, "docs", name), "utf8");
    for (const match of text.matchAll(/^```kusto\n(.*?)^```$/gms)) {
      yield [`docs/${name}: ${match[1].split("\n")[0]}`, match[1]];
    }
  }
}

let count = 0;
let problems = 0;
for (const [place, query] of findQueries()) {
  count += 1;
  const found = KustoCode.ParseAndAnalyze(fill(query), globals).GetDiagnostics();
  for (let index = 0; index < found.Count; index += 1) {
    const problem = found.getItem(index);
    if (problem.Severity === "Error" || problem.Severity === "Warning") {
      problems += 1;
      console.log(`${place}: ${problem.Code}: ${problem.Message}`);
    }
  }
}
console.log(`${count} queries, ${problems} problems`);
process.exit(problems || !count ? 1 : 0);
