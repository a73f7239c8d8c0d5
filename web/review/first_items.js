/**
 * Asks for the first items of a review, if the address is that of one. The page runs this before the view is there, so
 * that the app reads the catalog while the browser reads the other modules; the view finds the list and its request.
 */

import { address } from "../lib/router.js";
import { openReview, readFilters } from "./review_state.js";

const { path, query } = address.peek();
const [root, catalog, view] = path;
if (path.length === 3 && root === "catalogs" && catalog !== undefined && view === "review") openReview(catalog, readFilters(query)).pages.show(0, 0);
