/** Asks for the function key, once for a session. */

import { html, useSignal } from "../lib/html.js";
import { keyQuestion } from "../lib/api.js";
import { rememberKey } from "../lib/session.js";
import { Dialog } from "./dialog.js";

/** What a header can hold: a browser sends no other characters. */
const SENDABLE_KEY = /^[\x20-\x7e]+$/;

export function KeyDialog() {
  const question = keyQuestion.value;
  const typed = useSignal("");
  const isSendable = useSignal(true);
  if (question === null) return null;
  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    const key = typed.value.trim();
    if (!key) return;
    isSendable.value = SENDABLE_KEY.test(key);
    if (!isSendable.value) return;
    rememberKey(key);
    typed.value = "";
    question?.answer(true);
  }
  function close() {
    isSendable.value = true;
    typed.value = "";
    question?.answer(false);
  }
  return html`<${Dialog} title="Function key" onClose=${close}>
    <form onSubmit=${submit}>
      ${!isSendable.value && html`<p class="error-text" role="alert">A function key has only letters from A to Z, digits and signs. This one has another character, which may be invisible. Copy the key again.</p>`}
      ${isSendable.value && question.rejected && html`<p class="error-text" role="alert">The app does not accept this key. Check it and enter it again.</p>`}
      <p>This app is protected. Enter its function key: in the Azure portal under <strong>App keys</strong>, or the value of <code>FUNCTIONS_KEY</code> on your machine.</p>
      <label class="field">
        <span>Function key</span>
        <input
          type="password"
          autofocus
          autocomplete="off"
          spellcheck=${false}
          required
          value=${typed.value}
          onInput=${(/** @type {InputEvent} */ event) => (typed.value = /** @type {HTMLInputElement} */ (event.currentTarget).value)}
        />
      </label>
      <p class="hint">The key is kept until you close this tab, and is sent as a header only.</p>
      <div class="buttons">
        <button type="submit" class="primary">Continue</button>
        <button type="button" onClick=${close}>Cancel</button>
      </div>
    </form>
  <//>`;
}
