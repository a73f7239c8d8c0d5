/** Templates and state: the only module that imports the vendored libraries. */

import htm from "../vendor/htm.js";
import { h } from "../vendor/preact.js";

/**
 * Tagged template that builds elements: html`<p class="note">${text}</p>`. Text is always text, never markup.
 * @type {(strings: TemplateStringsArray, ...values: any[]) => any}
 */
export const html = htm.bind(h);

export { Component, Fragment, createRef, h, render } from "../vendor/preact.js";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-hooks.js";
export { batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect } from "../vendor/signals.js";
