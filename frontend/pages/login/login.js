import '../../ui/header.js';
import {session} from '../../lib/session.js';
import {openEntry} from '../../ui/entry.js';

void openEntry(({email, password}) => session.signIn(email, password), '/dashboard');
