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
  /** @type {Record<string, () => number>} */
  const targets = {
    ArrowLeft: () => at() - 1,
    ArrowRight: () => at() + 1,
    ArrowUp: () => line(-1),
    ArrowDown: () => line(1),
    PageUp: () => line(-state.pageLines),
    PageDown: () => line(state.pageLines),
    Home: () => 0,
    End: () => state.total - 1,
  };
  /** @param {string} key @param {string} label @param {...string} others @returns {import("../lib/keys.js").Binding} */
  const move = (key, label, ...others) => ({ keys: [key, ...others], label, isActive: hasItems, isNavigation: true, run: () => state.moveTo(targets[key]?.() ?? at()) });
  return [
    { keys: ["a"], label: "Approve, then go to the next undecided item", run: actions.approve },
    { keys: ["x"], label: "Reject, then go to the next undecided item", run: actions.reject },
    { keys: ["z"], label: "Make undecided again", run: actions.reset },
    { keys: ["u"], label: "Undo the last decision; press it again for earlier ones", run: actions.undo },
    { keys: ["r"], label: "Regenerate the image; shows the cost first", run: actions.regenerate },
    { keys: ["e"], label: "Edit the prompt and regenerate", run: actions.edit },
    { keys: ["c"], label: "Compare two selected items, or the rounds of an item", run: actions.compare },
    { keys: ["Enter"], label: "Open the item", isNavigation: true, run: actions.open },
    move("ArrowLeft", "Previous item", "k"),
    move("ArrowRight", "Next item", "j"),
    move("ArrowUp", "One row up"),
    move("ArrowDown", "One row down"),
    move("PageUp", "One screen up"),
    move("PageDown", "One screen down"),
    move("Home", "First item"),
    move("End", "Last item"),
    { keys: [" ", "s"], label: "Select the item, or take it out of the selection", isActive: hasItems, isNavigation: true, run: () => state.toggle(at()) },
    {
      keys: Object.keys(targets).map((key) => `Shift+${key}`),
      label: "Move, and select everything on the way",
      isActive: hasItems,
      isNavigation: true,
      run: (event) => state.moveTo(targets[event.key]?.() ?? at(), true),
    },
    { keys: ["Mod+a"], label: "Select all items of the list", isNavigation: true, isActive: hasItems, run: () => void state.selectAll() },
    { keys: ["Escape"], label: "Clear the selection, or go from a filter to the grid", isNavigation: true, run: () => state.leave() },
  ];
}
