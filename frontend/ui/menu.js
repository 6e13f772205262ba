// Menus are `details.menu`: one closes when something else is touched, on Escape, and when something in it was chosen.

const openMenus = () => document.querySelectorAll('details.menu[open]');

document.addEventListener('pointerdown', ({target}) => {
  for (const menu of openMenus()) if (target instanceof Node && !menu.contains(target)) menu.removeAttribute('open');
});

// Before the button's own handler: a dialog that it opens gives the focus back to the menu when it closes.
document.addEventListener('click', ({target}) => {
  const chosen = target instanceof Element ? target.closest('details.menu button, details.menu a') : null;
  const menu = chosen?.closest('details');
  if (!menu) return;
  if (menu.contains(document.activeElement)) menu.querySelector('summary')?.focus();
  menu.removeAttribute('open');
}, true);

// One that would end below the screen opens upwards.
document.addEventListener('toggle', ({target}) => {
  if (!(target instanceof HTMLDetailsElement) || !target.matches('.menu')) return;
  target.classList.remove('up');
  if (target.open) target.classList.toggle('up', (target.lastElementChild?.getBoundingClientRect().bottom ?? 0) > innerHeight);
}, true);

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
  for (const menu of openMenus()) {
    menu.removeAttribute('open');
    menu.querySelector('summary')?.focus();
  }
});
