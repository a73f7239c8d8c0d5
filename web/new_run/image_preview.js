/**
 * Small previews of images that were uploaded here. The app does not send inputs back, so previews are kept with the
 * draft of the form: until the tab is closed.
 *
 * @typedef {{width: number, height: number, preview: Blob | null}} ReadImage
 */

const STORAGE_PREFIX = "catalog-seeder.preview.";
const SIDE_PIXELS = 192;

/** Blob addresses by path of the input; previews are small and few, so they stay. @type {Map<string, string>} */
const shown = new Map();

/** @param {Blob} file @returns {Promise<ReadImage | null>} its size in pixels and a preview; null = the browser cannot read it as an image */
export async function readImage(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null;
  }
  const { width, height } = image;
  const scale = Math.min(1, SIDE_PIXELS / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const preview = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) => canvas.toBlob(resolve, "image/webp"));
  return { width, height, preview };
}

/** @param {string} path of the input @param {Blob | null} preview */
export async function keepPreview(path, preview) {
  if (preview === null || shown.has(path)) return;
  shown.set(path, URL.createObjectURL(preview));
  const bytes = new Uint8Array(await preview.arrayBuffer());
  try {
    sessionStorage.setItem(STORAGE_PREFIX + path, btoa(String.fromCharCode(...bytes)));
  } catch {
    // the browser blocks storage, or it is full: the preview is gone after a reload
  }
}

/** @param {string} path of the input @returns {string | null} the blob address of its preview */
export function findPreview(path) {
  const known = shown.get(path);
  if (known !== undefined) return known;
  try {
    const text = sessionStorage.getItem(STORAGE_PREFIX + path);
    if (text === null) return null;
    const url = URL.createObjectURL(new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]));
    shown.set(path, url);
    return url;
  } catch {
    return null; // the browser blocks storage, or the text is damaged
  }
}
