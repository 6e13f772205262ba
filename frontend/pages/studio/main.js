import '../../lib/own-scripts.js';
import {takeRegistered} from '../../lib/registered.js';
import '../../ui/deletion-notice.js';
import {toast} from '../../ui/toast.js';
import './timeline.js';
import {Studio} from './studio.js';

customElements.define('oriel-studio', Studio);

const email = takeRegistered();
if (email) toast(`We have sent an email to ${email}. Confirm your address with the link in it before you save or render.`);
