import '../../lib/own-scripts.js';
import '../../ui/header.js';
import {Shared} from './shared.js';

customElements.define('oriel-shared', Shared);
