import '../../lib/own-scripts.js';
import {takeRegistered} from '../../lib/registered.js';
import {session} from '../../lib/session.js';
import '../../ui/deletion-notice.js';
import {toast} from '../../ui/toast.js';
import './timeline.js';
import {Studio} from './studio.js';

customElements.define('oriel-studio', Studio);

const email = takeRegistered();
if (email) void session.restore().finally(() => tell(email));

/** Whoever has confirmed it meanwhile, in another tab, needs no word about it. @param {string} address */
function tell(address) {
  if (!session.user?.email_verified) toast(`We have sent an email to ${address}. Confirm your address with the link in it before you save or render.`);
}
