/**
 * The keys of the item view, as one table.
 *
 * @typedef {object} ItemActions
 * @property {() => void} approve
 * @property {() => void} reject
 * @property {() => void} reset
 * @property {() => void} undo
 * @property {() => void} regenerate
 * @property {() => void} edit
 * @property {() => void} compare
 * @property {() => void} fit
 * @property {() => void} previous
 * @property {() => void} next
 * @property {() => void} leave
 */

/** @param {() => ItemActions} actions those of the latest rendering @returns {import("../lib/keys.js").Binding[]} */
export function makeItemBindings(actions) {
  return [
    { keys: ["a"], label: "Approve, then go to the next undecided item", run: () => actions().approve() },
    { keys: ["x"], label: "Reject, then go to the next undecided item", run: () => actions().reject() },
    { keys: ["z"], label: "Make undecided again", run: () => actions().reset() },
    { keys: ["u"], label: "Undo the last decision; press it again for earlier ones", run: () => actions().undo() },
    { keys: ["r"], label: "Regenerate the image; shows the cost first", run: () => actions().regenerate() },
    { keys: ["e"], label: "Edit the prompt and regenerate", run: () => actions().edit() },
    { keys: ["c"], label: "Compare two images of the item", run: () => actions().compare() },
    { keys: ["f"], label: "Show the image at 100 %, or fit it to the page", run: () => actions().fit() },
    { keys: ["ArrowLeft", "k"], label: "Previous item", isNavigation: true, run: () => actions().previous() },
    { keys: ["ArrowRight", "j"], label: "Next item", isNavigation: true, run: () => actions().next() },
    { keys: ["Escape"], label: "Close the comparison, or go back to the items", isNavigation: true, run: () => actions().leave() },
  ];
}
