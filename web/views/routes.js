/**
 * Which view an address shows. Views are loaded when they are first shown.
 *
 * @typedef {{title: string, view: any, props: Record<string, string>, key: string}} Page `key`: the view is replaced when it changes
 */

/** @type {{pattern: string[], title: (parameters: Record<string, string>) => string, load: () => Promise<any>, keptBy?: string}[]} `keptBy`: the view stays when only this parameter changes */
const ROUTES = [
  { pattern: [], title: () => "Catalogs", load: async () => (await import("./catalogs.js")).CatalogsView },
  { pattern: ["catalogs", ":catalog", "review"], title: ({ catalog }) => `Review ${catalog}`, load: async () => (await import("./review.js")).ReviewView },
  { pattern: ["catalogs", ":catalog", "items", ":itemId"], title: ({ catalog }) => `Item of ${catalog}`, load: async () => (await import("./item.js")).ItemView, keptBy: "itemId" },
  { pattern: ["new"], title: () => "New run", load: async () => (await import("./new_run.js")).NewRunView },
  { pattern: ["runs"], title: () => "Runs", load: async () => (await import("./runs.js")).RunsView },
  { pattern: ["runs", ":runId"], title: () => "Run", load: async () => (await import("./run.js")).RunView },
  { pattern: ["catalogs", ":catalog", "publish"], title: ({ catalog }) => `Publish ${catalog}`, load: async () => (await import("./publish.js")).PublishView },
];

/** @param {string[]} pattern @param {string[]} path @returns {Record<string, string> | null} */
function match(pattern, path) {
  if (pattern.length !== path.length) return null;
  /** @type {Record<string, string>} */
  const parameters = {};
  for (const [index, part] of pattern.entries()) {
    const segment = path[index] ?? "";
    if (part.startsWith(":")) parameters[part.slice(1)] = segment;
    else if (part !== segment) return null;
  }
  return parameters;
}

/** @param {string[]} path @returns {Promise<Page | null>} null: no view has this address */
export async function loadPage(path) {
  for (const route of ROUTES) {
    const parameters = match(route.pattern, path);
    if (parameters !== null) return { title: route.title(parameters), view: await route.load(), props: parameters, key: path.filter((part) => part !== parameters[route.keptBy ?? ""]).join("/") };
  }
  return null;
}
