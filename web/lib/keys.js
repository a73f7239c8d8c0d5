/**
 * Keyboard shortcuts. A view registers a table of bindings; the same table is what the help dialog shows.
 *
 * @typedef {object} Binding
 * @property {string[]} keys values of `KeyboardEvent.key`; letters in lower case. "Shift+ArrowDown" asks for the shift key,
 *   "Mod+a" for Ctrl (the command key on a Mac)
 * @property {string} label what the key does, as the help shows it
 * @property {(event: KeyboardEvent) => void} run
 * @property {() => boolean} [isActive] absent = always
 * @property {boolean} [isNavigation] works even while single-key shortcuts are switched off, except by a letter
 */

import { signal } from "./html.js";
import { shortcutsEnabled } from "./session.js";

/** The tables in force, the latest first. @type {import("../vendor/signals.js").Signal<{title: string, bindings: Binding[]}[]>} */
export const shortcutTables = signal([]);

/**
 * Puts a table in force until the returned function is called. Use it as the result of a layout effect: then keys work as soon
 * as the view can be seen.
 * @param {string} title of the view, for the help
 * @param {Binding[]} bindings
 * @returns {() => void}
 */
export function bindKeys(title, bindings) {
  const table = { title, bindings };
  shortcutTables.value = [table, ...shortcutTables.peek()];
  return () => {
    shortcutTables.value = shortcutTables.peek().filter((other) => other !== table);
  };
}

/** Spelling of keys in the help. @type {Record<string, string>} */
const KEY_NAMES = { Mod: /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", " ": "Space" };

/** @param {string} key */
export function spellKey(key) {
  return key
    .split("+")
    .map((part) => KEY_NAMES[part] ?? part)
    .join(" ");
}

const CONTROLS = "input, textarea, select, [contenteditable], [role=slider]";
const SLIDERS = "input[type=range]"; // take arrows and the like, but no letters
const ENTER_CONTROLS = "button, a[href], summary";

/** @param {KeyboardEvent} event */
function handleKey(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  const isInput = target.closest(CONTROLS) !== null;
  const isLetterOnSlider = /^[a-z?]$/i.test(event.key) && target.matches(SLIDERS);
  if (isInput && event.key !== "Escape" && !isLetterOnSlider) return;
  if ((event.key === "Enter" || event.key === " ") && target.closest(ENTER_CONTROLS)) return;
  const dialogs = document.querySelectorAll("dialog[open]");
  const topDialog = target.closest("dialog[open]") ?? dialogs[dialogs.length - 1];
  if (topDialog && !topDialog.hasAttribute("data-shortcuts")) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isShifted = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key));
  const pressed = `${event.ctrlKey || event.metaKey ? "Mod+" : ""}${isShifted ? "Shift+" : ""}${name}`;
  const isOff = !shortcutsEnabled.peek();
  const isLetter = pressed.length === 1 && pressed !== " ";
  for (const { bindings } of shortcutTables.peek()) {
    for (const binding of bindings) {
      if (!binding.keys.includes(pressed) || binding.isActive?.() === false) continue;
      if (isOff && (isLetter || !binding.isNavigation)) continue;
      event.preventDefault();
      binding.run(event);
      return;
    }
  }
}

addEventListener("keydown", handleKey);
