// A page about what goes on renews itself: each part of it is replaced by what the service shows now. Focus and scroll
// stay, and nobody is interrupted at a question, at a field, or at what they have marked.

const EVERY_MS = 10_000;
// Nobody sends this request, so it does not keep a session alive; see oriel.admin.staff.
const BY_ITSELF = {'X-Live': '1'};
const BUSY = 'dialog[open], input:focus, textarea:focus, select:focus, [aria-busy="true"]';
const FOCUSABLE = 'a[href], button, summary, [tabindex]';
const SCROLLED = '.table, pre';

/** Renew the page from time to time for as long as it says that it is live. */
export function keepLive() {
  if (!document.querySelector('[data-live]')) return;
  setTimeout(async () => {
    if (document.visibilityState === 'visible' && !isBusy()) await renew();
    keepLive();
  }, EVERY_MS);
}

function isBusy() {
  return document.querySelector(BUSY) !== null || Boolean(getSelection()?.toString());
}

async function renew() {
  let answer, text;
  try {
    answer = await fetch(location.href, {headers: BY_ITSELF, signal: AbortSignal.timeout(EVERY_MS)});
    text = await answer.text();
  } catch {
    return showStale(true);
  }
  // The session has ended: the way leads to the login.
  if (answer.redirected) return location.reload();
  showStale(!answer.ok);
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('middle');
  const shown = document.getElementById('middle');
  if (answer.ok && fresh && shown && !isBusy()) replaceParts(shown, fresh);
}

/**
 * Replace the parts that have changed; messages stay until they are read.
 * @param {HTMLElement} shown
 * @param {HTMLElement} fresh
 */
function replaceParts(shown, fresh) {
  const [old, next] = [shown, fresh].map((middle) => [...middle.querySelectorAll(':scope > :not(.messages)')]);
  next.forEach((part, index) => {
    if (!old[index]) shown.append(part);
    else if (!old[index].isEqualNode(part)) replacePart(old[index], part);
  });
  for (const part of old.slice(next.length)) part.remove();
}

/**
 * @param {Element} old
 * @param {Element} next
 */
function replacePart(old, next) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const places = [...old.querySelectorAll(SCROLLED)].map(({scrollLeft, scrollTop}) => ({left: scrollLeft, top: scrollTop}));
  old.replaceWith(next);
  next.querySelectorAll(SCROLLED).forEach((box, index) => places[index] && box.scrollTo(places[index]));
  const same = focused && [...next.querySelectorAll(FOCUSABLE)].find((each) => nameOf(each) === nameOf(focused));
  if (same instanceof HTMLElement) same.focus({preventScroll: true});
}

/** What an element is known by in the next version of its part. @param {Element} element */
function nameOf(element) {
  return element.getAttribute('href') ?? element.getAttribute('aria-label') ?? element.textContent;
}

/** Say that the page is old, or take that back. @param {boolean} isStale */
function showStale(isStale) {
  const said = document.querySelector('.messages .stale');
  if (!isStale) said?.remove();
  if (!isStale || said) return;
  const notice = document.createElement('li');
  notice.className = 'notice problem stale';
  notice.setAttribute('role', 'alert');
  notice.textContent = 'The service did not answer, so this page may be out of date. It tries again every ten seconds.';
  document.querySelector('.messages')?.append(notice);
}
