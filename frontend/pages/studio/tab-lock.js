// Of several tabs, only one saves.

/**
 * The tab that keeps what is done. Two that write would lose each other's changes, so the one in use takes over.
 * @param {() => void} lost called when another tab has taken over
 */
export async function takeOver(lost) {
  if (!navigator.locks) return;
  await new Promise((got) => {
    navigator.locks
      .request('oriel.studio', {steal: true}, () => {
        got(undefined);
        return new Promise(() => {});
      })
      .catch(lost);
  });
}
