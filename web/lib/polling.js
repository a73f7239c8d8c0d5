/** Reads something again and again, seldom or never while the page is hidden. */

import { useEffect, useRef, useState } from "./html.js";
import { ApiError } from "./api.js";

/**
 * @template T
 * @typedef {{data: T | null, error: ApiError | null, isLoading: boolean, reload: () => Promise<void>}} Loaded
 */

/**
 * Loads data when `key` changes, and again every `interval` milliseconds while it is positive. An error keeps the data
 * that was there.
 * @template T
 * @param {string} key identifies what is loaded
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {(data: T | null) => number} [interval] milliseconds until the next time, given the latest data; 0 = never
 * @param {number} [hiddenInterval] milliseconds until the next time while the page is hidden; 0 = when it is shown again
 * @returns {Loaded<T>}
 */
export function useLoaded(key, load, interval = () => 0, hiddenInterval = 0) {
  const [state, setState] = useState(/** @type {{key: string, data: T | null, error: ApiError | null}} */ ({ key: "", data: null, error: null }));
  const latest = useRef({ load, interval });
  latest.current = { load, interval };
  const reload = useRef(async () => undefined);

  useEffect(() => {
    const controller = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    /** @type {T | null} */
    let data = null;
    let updates = 0;
    async function update() {
      clearTimeout(timer);
      updates += 1;
      const number = updates;
      try {
        const loaded = await latest.current.load(controller.signal);
        if (controller.signal.aborted || number !== updates) return; // a later update has begun
        data = loaded;
        setState({ key, data, error: null });
      } catch (error) {
        if (controller.signal.aborted || number !== updates) return;
        setState({ key, data, error: asApiError(error) });
      }
      schedule();
    }
    function schedule() {
      const milliseconds = latest.current.interval(data);
      if (milliseconds <= 0 || controller.signal.aborted) return;
      if (document.hidden && hiddenInterval === 0) return;
      timer = setTimeout(update, document.hidden ? Math.max(milliseconds, hiddenInterval) : milliseconds);
    }
    function updateWhenShown() {
      if (!document.hidden && latest.current.interval(data) > 0) void update();
    }
    document.addEventListener("visibilitychange", updateWhenShown);
    reload.current = async () => {
      await update();
      return undefined;
    };
    void update();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", updateWhenShown);
    };
  }, [key]);

  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : null,
    error: isCurrent ? state.error : null,
    isLoading: !isCurrent,
    reload: () => reload.current(),
  };
}

/** @param {unknown} error @returns {ApiError} */
export function asApiError(error) {
  if (error instanceof ApiError) return error;
  console.error(error);
  return new ApiError({ detail: "The page failed to do this. Reload it and try again; stored decisions are safe." });
}
