// The whole page takes files that are dropped on it.

/**
 * @param {HTMLElement} element has the class "dragging" while files are held over the page
 * @param {(files: File[]) => void} take
 * @returns {() => void} stop taking files
 */
export function takeDrops(element, take) {
  const listening = new AbortController();
  const on = (/** @type {string} */ name, /** @type {(event: DragEvent) => void} */ act) => {
    addEventListener(name, /** @type {EventListener} */ (act), {signal: listening.signal});
  };
  on('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    element.classList.add('dragging');
  });
  on('dragleave', (event) => {
    // Without a next element the files have left the window.
    if (!event.relatedTarget) element.classList.remove('dragging');
  });
  on('drop', (event) => {
    event.preventDefault();
    element.classList.remove('dragging');
    const files = [...event.dataTransfer?.files ?? []];
    if (files.length && !document.querySelector('dialog[open]')) take(files);
  });
  return () => listening.abort();
}
