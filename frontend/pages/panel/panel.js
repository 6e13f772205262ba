// The operators' panel: plain pages from the service, which work without this. It adds questions before what changes
// something, the choice of many rows, messages that go by themselves, and the menu of small screens.
import '../../lib/own-scripts.js';
import '../../ui/menu.js';
import './confirm.js';
import './choose.js';
import {keepLive} from './live.js';
import {part} from '../../lib/part.js';
import {toast} from '../../ui/toast.js';

const opener = document.getElementById('open-menu');

opener?.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-is-open');
  opener.setAttribute('aria-expanded', String(isOpen));
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.body.classList.contains('menu-is-open')) opener?.click();
  const field = document.querySelector('.search input[type="search"]');
  const isTyping = event.target instanceof Element && event.target.closest('input, select, textarea, dialog');
  if (event.key !== '/' || isTyping || !(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  field.select();
});

// Problems stay until they are read; the rest was good news.
for (const message of document.querySelectorAll('.messages [data-toast]')) {
  toast(message.textContent?.trim() ?? '');
  message.remove();
}

for (const button of document.querySelectorAll('[data-dismiss]')) {
  button.addEventListener('click', () => button.closest('li')?.remove());
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(/** @type {HTMLElement} */ (button).dataset.copy ?? '');
    toast('Copied.');
  });
}

// Fields that are left empty would stand in the address.
for (const form of document.querySelectorAll('form[method="get"]')) {
  form.addEventListener('formdata', (event) => {
    const {formData} = /** @type {FormDataEvent} */ (event);
    for (const [name, value] of [...formData]) if (value === '') formData.delete(name);
  });
}

for (const select of document.querySelectorAll('select[data-at-once]')) {
  select.addEventListener('change', () => /** @type {HTMLSelectElement} */ (select).form?.requestSubmit());
}

keepLive();

// Only where there is a chart: the library is larger than the rest of the panel.
if (document.querySelector('.chart .plot')) {
  part(import('./charts.js')).catch(() => toast('The charts did not load. Each table below has the same figures.'));
}
