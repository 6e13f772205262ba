// Files from the visitor, and to the visitor.

/**
 * Let the visitor choose a file; null where the choice is cancelled.
 * @param {string} accept
 * @returns {Promise<File | null>}
 */
export function choose(accept) {
  return new Promise((answer) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.onchange = () => answer(input.files?.[0] ?? null);
    input.oncancel = () => answer(null);
    input.click();
  });
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {File} file */
export function isPicture({type, name}) {
  return type.startsWith('image/') || /\.(jpe?g|png|webp)$/i.test(name);
}
