// Gives the frame of a mail the height of its letter.

const frame = /** @type {HTMLIFrameElement} */ (document.querySelector("iframe"));
const watched = new ResizeObserver(([letter]) => {
  frame.style.height = `${Math.ceil(letter.borderBoxSize[0].blockSize)}px`;
});

function watch() {
  const letter = frame.contentDocument;
  // Before the letter has come there is an empty page, or none.
  if (!letter?.documentElement || letter.URL === "about:blank") return;
  watched.disconnect();
  watched.observe(letter.documentElement);
}

frame.addEventListener("load", watch);
watch();
