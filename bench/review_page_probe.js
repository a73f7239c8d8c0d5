// Runs in the measured page before its own scripts. Times are milliseconds since the navigation began.
"use strict";
window.probe = (() => {
  const opening = { firstThumbnail: null, allVisible: null };
  const seen = new Set();
  let maxCells = 0;
  let maxElements = 0;

  const grid = () => document.querySelector('[role="grid"]');
  const cellsOf = (element) => [...element.querySelectorAll('[role="gridcell"][data-item], [role="gridcell"][data-index]')];
  const isShown = (cell) => {
    const image = cell.querySelector("img");
    return image !== null && image.complete && image.naturalWidth > 0;
  };
  function visibleCells() {
    const element = grid();
    if (element === null) return [];
    const box = element.getBoundingClientRect();
    return cellsOf(element).filter((cell) => {
      const { top, bottom } = cell.getBoundingClientRect();
      return bottom > box.top && top < box.bottom;
    });
  }
  // After the next frame was painted.
  const afterPaint = (run) => requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = run; channel.port2.postMessage(0); });

  function watchOpening() {
    const cells = visibleCells();
    const shown = cells.filter(isShown);
    if (opening.firstThumbnail === null && shown.length > 0) opening.firstThumbnail = performance.now();
    if (cells.length > 0 && shown.length === cells.length) opening.allVisible = performance.now();
    else afterPaint(watchOpening);
  }
  afterPaint(watchOpening);

  function watchFrame() {
    const element = grid();
    if (element !== null) {
      maxCells = Math.max(maxCells, cellsOf(element).length);
      maxElements = Math.max(maxElements, element.querySelectorAll("*").length);
      for (const cell of visibleCells()) if (isShown(cell)) seen.add(cell.dataset.item);
    }
    requestAnimationFrame(watchFrame);
  }
  requestAnimationFrame(watchFrame);

  const probe = {
    opening,
    decisionTimes: [],
    decisionMilliseconds: null,
    areImagesShown: () => {
      const cells = visibleCells();
      const all = cells.length > 0 && cells.every(isShown);
      if (all) for (const cell of cells) seen.add(cell.dataset.item);
      return all;
    },
    scrolledPart: () => grid().scrollTop / Math.max(1, grid().scrollHeight - grid().clientHeight),
    scrollToStart: async () => {
      grid().scrollTop = 0;
      for (let frame = 0; frame < 2; frame += 1) await new Promise(afterPaint);
    },
    // Resolves when the next screen is painted: true at the end.
    scrollOn: async () => {
      const element = grid();
      const before = element.scrollTop;
      element.scrollTop = before + element.clientHeight * 0.9;
      const isAtEnd = element.scrollTop === before;
      for (let frame = 0; frame < 2; frame += 1) await new Promise(afterPaint);
      return isAtEnd;
    },
    scrollReport: () => ({ seen: seen.size, maxCells, maxElements }),
    // Measures from the next key press to the paint of the frame in which the item at the cursor has another decision.
    expectDecision: () => {
      probe.decisionMilliseconds = null;
      const cell = document.activeElement.closest('[role="gridcell"]');
      const { item } = cell.dataset;
      const before = cell.getAttribute("aria-label");
      addEventListener("keydown", (event) => {
        const pressed = event.timeStamp;
        function check() {
          const now = document.querySelector(`[role="gridcell"][data-item="${item}"]`);
          if (now !== null && now.getAttribute("aria-label") !== before) {
            probe.decisionMilliseconds = performance.now() - pressed;
            probe.decisionTimes.push(probe.decisionMilliseconds);
          } else {
            afterPaint(check);
          }
        }
        afterPaint(check);
      }, { once: true, capture: true });
    },
  };
  return probe;
})();
