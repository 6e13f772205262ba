import '../../ui/header.js';
import {Billing} from './billing.js';

customElements.define('oriel-billing', Billing);
