import '../../ui/header.js';
import '../../ui/menu.js';
import {Dashboard} from './dashboard.js';

customElements.define('oriel-dashboard', Dashboard);
