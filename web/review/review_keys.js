/**
 * The keys of the grid, as one table.
 *
 * @typedef {object} Actions
 * @property {() => void} approve
 * @property {() => void} reject
 * @property {() => void} reset
 * @property {() => void} regenerate
 * @property {() => void} edit
 * @property {() => void} compare
 * @property {() => void} open
 * @property {() => void} undo
 */

/**
 * @param {import("./review_state.js").ReviewState} state
 * @param {Actions} actions
 * @returns {import("../lib/keys.js").Binding[]}
 */
export function makeReviewBindings(state, actions) {
  const at = () => state.cursor.peek().index;
  const hasItems = () => state.total > 0;
  /** @param {number} lines */
  const line = (lines) => state.layout?.moveByLines(at(), lines) ?? at();
  /** @param {string[]} keys @param {string} label @param {() => number} target @returns {import("../lib/keys.js").Binding} */
  const move = (keys, label, target) => ({ keys, label, isActive: hasItems, isNavigation: true, run: () => state.moveTo(target()) });
  /** @param {string} key @param {string} label @param {() => number} target @returns {import("../lib/keys.js").Binding} */
  const extend = (key, label, target) => ({ keys: [`Shift+${key}`], label, isActive: hasItems, isNavigation: true, run: () => state.moveTo(target(), true) });
  return [
    { keys: ["a"], label: "Approve, then go to the next undecided item", run: actions.approve },
    { keys: ["x"], label: "Reject, then go to the next undecided item", run: actions.reject },
    { keys: ["z"], label: "Make undecided again", run: actions.reset },
    { keys: ["u"], label: "Undo the last decision; press it again for earlier ones", run: actions.undo },
    { keys: ["r"], label: "Regenerate the image; shows the cost first", run: actions.regenerate },
    { keys: ["e"], label: "Edit the prompt and regenerate", run: actions.edit },
    { keys: ["c"], label: "Compare two selected items, or the rounds of an item", run: actions.compare },
    { keys: ["Enter"], label: "Open the item", isNavigation: true, run: actions.open },
    move(["ArrowLeft", "k"], "Previous item", () => at() - 1),
    move(["ArrowRight", "j"], "Next item", () => at() + 1),
    move(["ArrowUp"], "One row up", () => line(-1)),
    move(["ArrowDown"], "One row down", () => line(1)),
    move(["PageUp"], "One screen up", () => line(-state.pageLines)),
    move(["PageDown"], "One screen down", () => line(state.pageLines)),
    move(["Home"], "First item", () => 0),
    move(["End"], "Last item", () => state.total - 1),
    { keys: [" ", "s"], label: "Select the item, or take it out of the selection", isActive: hasItems, isNavigation: true, run: () => state.toggle(at()) },
    extend("ArrowLeft", "Extend the selection backward", () => at() - 1),
    extend("ArrowRight", "Extend the selection forward", () => at() + 1),
    extend("ArrowUp", "Extend the selection one row up", () => line(-1)),
    extend("ArrowDown", "Extend the selection one row down", () => line(1)),
    extend("PageUp", "Extend the selection one screen up", () => line(-state.pageLines)),
    extend("PageDown", "Extend the selection one screen down", () => line(state.pageLines)),
    extend("Home", "Extend the selection to the first item", () => 0),
    extend("End", "Extend the selection to the last item", () => state.total - 1),
    { keys: ["Mod+a"], label: "Select all items of the list", isNavigation: true, isActive: hasItems, run: () => void state.selectAll() },
    { keys: ["Escape"], label: "Clear the selection, or go from a filter to the grid", isNavigation: true, run: () => state.leave() },
  ];
}
