import '../../lib/own-scripts.js';
import '../../ui/deletion-notice.js';
import './timeline.js';
import {Studio} from './studio.js';

customElements.define('oriel-studio', Studio);
