// Before a change: where the service wants a second factor of late, ask for it and send the change again.
import {ApiError, api, said} from '../lib/api.js';
import {SecondFactor} from './second-factor.js';

/**
 * @template T
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 * @throws {ApiError}
 */
export async function withSecondFactor(call) {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'SECOND_FACTOR_REQUIRED') throw error;
    if (!(await askSecondFactor(/** @type {any} */ (error.details.methods)))) {
      throw new ApiError(403, {code: error.code, message: 'Nothing was changed, because you did not confirm that it is you.', details: {}});
    }
    return call();
  }
}

/**
 * @param {import('./second-factor.js').Method[]} methods
 * @returns {Promise<boolean>} whether it was right
 */
function askSecondFactor(methods) {
  return new Promise((answer) => {
    const dialog = document.createElement('dialog');
    dialog.className = 'dialog';
    dialog.setAttribute('aria-labelledby', 'factor-title');
    let isConfirmed = false;
    const form = Object.assign(new SecondFactor(), {
      methods,
      options: async () => (await said(api.POST('/api/user/second-factor/verify/options'))).options,
      send: async (/** @type {import('./second-factor.js').Proof} */ proof) => {
        await said(api.POST('/api/user/second-factor/verify', {body: /** @type {any} */ (proof)}));
        isConfirmed = true;
        dialog.close();
      },
      back: () => dialog.close(),
    });
    dialog.append(form);
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(isConfirmed);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
