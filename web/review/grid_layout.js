/**
 * Where the items of a grid with headings stand. Arithmetic only; lengths are CSS pixels.
 *
 * @typedef {{title: string | null, items: number}} SectionSize
 * @typedef {{title: string | null, first: number, items: number, firstRow: number, firstLine: number, lines: number, top: number}} Section
 *   first = index of its first item; rows count headings, lines do not
 * @typedef {{kind: "heading" | "items", row: number, top: number, section: Section, first: number, count: number}} GridRow
 */

export class GridLayout {
  /**
   * @param {object} options
   * @param {SectionSize[]} options.sections a section without a title has no heading
   * @param {number} options.columns
   * @param {number} options.rowHeight
   * @param {number} options.headingHeight
   */
  constructor({ sections, columns, rowHeight, headingHeight }) {
    this.columns = columns;
    this.rowHeight = rowHeight;
    this.headingHeight = headingHeight;
    /** @type {Section[]} */
    this.sections = [];
    let [first, firstRow, firstLine, top] = [0, 0, 0, 0];
    for (const { title, items } of sections) {
      if (items === 0) continue;
      const lines = Math.ceil(items / columns);
      this.sections.push({ title, first, items, firstRow, firstLine, lines, top });
      first += items;
      firstRow += lines + (title === null ? 0 : 1);
      firstLine += lines;
      top += lines * rowHeight + this.#headingOf(title);
    }
    this.total = first;
    this.rowCount = firstRow;
    this.lineCount = firstLine;
    this.height = top;
  }

  /** @param {string | null} title */
  #headingOf(title) {
    return title === null ? 0 : this.headingHeight;
  }

  /** @param {"first" | "firstLine" | "top"} key @param {number} value @returns {Section | undefined} the last section that begins at or before it */
  #findSection(key, value) {
    let [low, high] = [0, this.sections.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (/** @type {Section} */ (this.sections[middle])[key] <= value) low = middle;
      else high = middle - 1;
    }
    return this.sections[low];
  }

  /** @param {number} index of an item @returns {{row: number, column: number, line: number, top: number}} */
  place(index) {
    const section = this.#findSection("first", index);
    if (section === undefined) return { row: 0, column: 0, line: 0, top: 0 };
    const line = Math.floor((index - section.first) / this.columns);
    return {
      row: section.firstRow + line + (section.title === null ? 0 : 1),
      column: (index - section.first) % this.columns,
      line: section.firstLine + line,
      top: section.top + this.#headingOf(section.title) + line * this.rowHeight,
    };
  }

  /** @param {number} index @param {number} lines to move down (negative: up) @returns {number} index in the same column, or the nearest one */
  moveByLines(index, lines) {
    const { line, column } = this.place(index);
    const target = Math.max(0, Math.min(this.lineCount - 1, line + lines));
    const section = this.#findSection("firstLine", target);
    if (section === undefined) return 0;
    if (target === line) return index;
    return Math.min(section.first + (target - section.firstLine) * this.columns + column, section.first + section.items - 1);
  }

  /** @param {number} index @returns {GridRow} the row that holds an item */
  rowOf(index) {
    const { top } = this.place(index);
    const [row] = this.rowsBetween(top, top + 1);
    return /** @type {GridRow} */ (row);
  }

  /** @param {number} top @param {number} bottom @returns {GridRow[]} rows that a part of the height shows */
  rowsBetween(top, bottom) {
    /** @type {GridRow[]} */
    const rows = [];
    const start = this.#findSection("top", Math.max(0, top));
    if (start === undefined) return rows;
    for (let number = this.sections.indexOf(start); number < this.sections.length; number += 1) {
      const section = /** @type {Section} */ (this.sections[number]);
      if (section.top >= bottom) break;
      const heading = this.#headingOf(section.title);
      if (heading > 0 && section.top + heading > top) rows.push({ kind: "heading", row: section.firstRow, top: section.top, section, first: section.first, count: 0 });
      const linesTop = section.top + heading;
      const from = Math.max(0, Math.floor((top - linesTop) / this.rowHeight));
      const to = Math.min(section.lines, Math.ceil((bottom - linesTop) / this.rowHeight));
      for (let line = from; line < to; line += 1) {
        const first = section.first + line * this.columns;
        const count = Math.min(this.columns, section.first + section.items - first);
        rows.push({ kind: "items", row: section.firstRow + (heading > 0 ? 1 : 0) + line, top: linesTop + line * this.rowHeight, section, first, count });
      }
    }
    return rows;
  }
}

const MIN_CELL_WIDTH = 132;
/** On a phone, three columns. */
const MIN_CELL_WIDTH_NARROW = 92;
const NARROW_WIDTH = 520;
const CAPTION_HEIGHT = 30;
const GAP = 8;
const OVERSCAN_ROWS = 2;
const MAX_CELLS = 84;

/**
 * Chooses columns so that cells are as small as is readable, and few enough for a fast page on large screens.
 * @param {number} width of the grid @param {number} height of its visible part
 */
export function chooseColumns(width, height) {
  const minimum = width < NARROW_WIDTH ? MIN_CELL_WIDTH_NARROW : MIN_CELL_WIDTH;
  for (let columns = Math.max(2, Math.floor((width + GAP) / (minimum + GAP))); ; columns -= 1) {
    const rowHeight = Math.floor(width / columns) + CAPTION_HEIGHT;
    const cells = columns * (Math.ceil(height / rowHeight) + 1 + OVERSCAN_ROWS);
    if (cells <= MAX_CELLS || columns <= 2) return { columns, rowHeight };
  }
}
