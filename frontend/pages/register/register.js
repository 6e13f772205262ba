import '../../ui/header.js';
import {noteRegistered} from '../../lib/registered.js';
import {session} from '../../lib/session.js';
import {openEntry} from '../../ui/entry.js';

void openEntry(async (account) => {
  const step = await session.register(account);
  noteRegistered(account.email);
  return step;
}, '/studio');
