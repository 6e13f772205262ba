import '../../ui/header.js';
import {Account} from './account.js';

customElements.define('oriel-account', Account);
