/** An image of the store: fetched with the function key, shown from a blob address. */

import { html, useLayoutEffect, useState } from "../lib/html.js";
import { findImage, holdImage } from "../lib/images.js";

/**
 * @param {object} props
 * @param {string} props.path relative to `/api/`
 * @param {string} props.sha256 of the image
 * @param {string} props.alt
 * @param {string} [props.class]
 */
export function StoredImage({ path, sha256, alt, class: className = "" }) {
  const [shown, setShown] = useState(/** @type {{key: string, url: string | null, hasFailed: boolean}} */ ({ key: "", url: null, hasFailed: false }));
  const key = `${path} ${sha256}`;
  useLayoutEffect(() => {
    const image = holdImage(path, sha256);
    let isWanted = true;
    if (image.url === null) {
      image.promise.then(
        (url) => isWanted && setShown({ key, url, hasFailed: false }),
        () => isWanted && setShown({ key, url: null, hasFailed: true }),
      );
    } else {
      setShown({ key, url: image.url, hasFailed: false });
    }
    return () => {
      isWanted = false;
      image.release();
    };
  }, [key]);
  const isCurrent = shown.key === key;
  const url = isCurrent ? shown.url : findImage(path, sha256); // an image that is here shows without a flash
  if (isCurrent && shown.hasFailed) return html`<span class="image-missing ${className}" role="img" aria-label=${`${alt} (image cannot be loaded)`}>not available</span>`;
  if (url === null) return html`<span class="image-loading ${className}" role="img" aria-label=${`${alt} (loading)`}></span>`;
  return html`<img class=${className} src=${url} alt=${alt} decoding="async" draggable=${false} />`;
}
