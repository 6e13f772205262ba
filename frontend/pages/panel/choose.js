// Many rows at once: check boxes, and a bar with what can be done with the chosen ones.

const bar = document.querySelector('.chosen-bar');
const all = /** @type {HTMLInputElement | null} */ (document.getElementById('choose-all'));
const boxes = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('.choose')]);

if (bar instanceof HTMLElement) {
  const count = /** @type {HTMLElement} */ (bar.querySelector('strong'));
  const show = () => {
    const chosen = boxes.filter(({checked}) => checked).length;
    bar.hidden = chosen === 0;
    count.textContent = `${chosen} chosen`;
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  /** @param {boolean} checked */
  const chooseAll = (checked) => {
    for (const box of boxes) box.checked = checked;
    show();
  };
  for (const box of boxes) box.addEventListener('change', show);
  all?.addEventListener('change', () => chooseAll(all.checked));
  bar.querySelector('[data-choose-none]')?.addEventListener('click', () => chooseAll(false));
  show();
}
