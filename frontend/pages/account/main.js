import '../../ui/header.js';
import {Account} from './account.js';
import {AvatarField} from './avatar-field.js';
import {DeleteAccount} from './delete-account.js';
import {Notifications} from './notifications.js';
import {ProductAnalytics} from './product-analytics.js';
import {YourData} from './your-data.js';

customElements.define('oriel-avatar-field', AvatarField);
customElements.define('oriel-notifications', Notifications);
customElements.define('oriel-product-analytics', ProductAnalytics);
customElements.define('oriel-your-data', YourData);
customElements.define('oriel-delete-account', DeleteAccount);
customElements.define('oriel-account', Account);
