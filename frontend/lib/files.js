// Files from the visitor, and to the visitor.

/**
 * Let the visitor choose files; none where the choice is cancelled.
 * @param {string} accept
 * @param {{several?: boolean}} [how]
 * @returns {Promise<File[]>}
 */
export function chooseFiles(accept, {several = false} = {}) {
  return new Promise((answer) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.multiple = several;
    input.onchange = () => answer([...input.files ?? []]);
    input.oncancel = () => answer([]);
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
