import '../../ui/header.js';
import {nextPage} from '../../lib/next.js';
import {session} from '../../lib/session.js';
import {onSubmit} from '../../ui/form.js';

const next = nextPage(location.search, '/studio');
for (const link of document.querySelectorAll('a[data-keep]')) {
  /** @type {HTMLAnchorElement} */ (link).search = location.search;
}
if (await session.restore()) location.replace(next);

onSubmit(/** @type {HTMLFormElement} */ (document.getElementById('entry')), async ({email = '', password = ''}) => {
  await session.signIn(email, password);
  location.assign(next);
});
