/** Two images over each other with a slider, or side by side. */

import { Dialog } from "../components/dialog.js";
import { StoredImage } from "../components/stored_image.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { imagePath } from "../lib/images.js";

/** @typedef {{path: string, sha256: string, label: string}} ComparedImage */

const MIDDLE = 50;

/** @param {{left: ComparedImage, right: ComparedImage, onSwap: () => void}} props */
export function Compare({ left, right, onSwap }) {
  const [split, setSplit] = useState(MIDDLE);
  const [isSideBySide, setSideBySide] = useState(false);
  const slider = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => holdFocus(slider.current), []);

  /** @param {PointerEvent} event */
  function follow(event) {
    if (isSideBySide || event.buttons !== 1) return;
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    setSplit(Math.round(Math.max(0, Math.min(100, ((event.clientX - box.left) / box.width) * 100))));
  }

  return html`<section class="compare" aria-label="Compare two images">
    <div class=${isSideBySide ? "compare-stage side-by-side" : "compare-stage"} style=${{ "--split": `${split}%` }} onPointerDown=${follow} onPointerMove=${follow}>
      <figure class="compare-left">
        <${StoredImage} path=${left.path} sha256=${left.sha256} alt=${left.label} />
        <figcaption dir="auto">${left.label}</figcaption>
      </figure>
      <figure class="compare-right">
        <${StoredImage} path=${right.path} sha256=${right.sha256} alt=${right.label} />
        <figcaption dir="auto">${right.label}</figcaption>
      </figure>
    </div>
    <div class="compare-controls">
      ${!isSideBySide &&
      html`<label class="compare-slider">
        <span>Share of the left image</span>
        <input
          ref=${slider}
          type="range"
          autofocus
          min="0"
          max="100"
          value=${split}
          aria-valuetext=${`${split} % ${left.label}, ${100 - split} % ${right.label}`}
          onInput=${(/** @type {InputEvent} */ event) => setSplit(Number(/** @type {HTMLInputElement} */ (event.currentTarget).value))}
        />
      </label>`}
      <button type="button" onClick=${onSwap}>Swap</button>
      <button type="button" aria-pressed=${isSideBySide ? "true" : "false"} onClick=${() => setSideBySide(!isSideBySide)}>Side by side</button>
    </div>
  </section>`;
}

/**
 * Gives the slider the focus, so that arrow keys move it, and the focus back when it is removed.
 * @param {HTMLElement | null} element
 * @returns {() => void}
 */
function holdFocus(element) {
  const before = document.activeElement;
  element?.focus({ preventScroll: true });
  return () => {
    if (element === document.activeElement && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
}

/** @param {{catalog: string, rows: import("../lib/types.js").ItemRow[], onClose: () => void}} props the two items to compare */
export function CompareDialog({ catalog, rows, onClose }) {
  const [isSwapped, setSwapped] = useState(false);
  const [first, second] = rows.map((row) => ({ path: imagePath(catalog, row.filename), sha256: row.image?.sha256 ?? "", label: row.name }));
  if (first === undefined || second === undefined) return null;
  return html`<${Dialog} title="Compare" onClose=${onClose} isWide=${true}>
    <${Compare} left=${isSwapped ? second : first} right=${isSwapped ? first : second} onSwap=${() => setSwapped(!isSwapped)} />
  <//>`;
}
