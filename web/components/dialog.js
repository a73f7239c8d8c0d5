/** Modal dialogs on the native `<dialog>`: focus stays inside, Escape closes, focus returns to where it was. */

import { html, useLayoutEffect, useRef } from "../lib/html.js";

/**
 * @param {object} props
 * @param {string} props.title
 * @param {() => void} props.onClose called for Escape, the close button and a click beside the dialog
 * @param {any} props.children
 * @param {boolean} [props.isWide]
 * @param {boolean} [props.hasShortcuts] whether the key bindings of the view work while it is open
 */
export function Dialog({ title, onClose, children, isWide = false, hasShortcuts = false }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return html`<dialog
    ref=${element}
    class=${isWide ? "dialog wide" : "dialog"}
    aria-labelledby="dialog-title"
    data-shortcuts=${hasShortcuts ? "" : null}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onMouseDown=${(/** @type {MouseEvent} */ event) => {
      if (event.target === element.current) onClose();
    }}
  >
    <div class="dialog-body">
      <header class="dialog-header">
        <h2 id="dialog-title">${title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}>×</button>
      </header>
      ${children}
    </div>
  </dialog>`;
}
