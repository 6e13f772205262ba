// The lines of the activity log, in words.

/** @type {Record<string, string>} */
const WORDS = {
  registered: 'Account created',
  login: 'Logged in',
  login_failed: 'A login failed: wrong password',
  logout: 'Logged out',
  session_ended: 'A login was ended',
  sessions_ended: 'All other logins were ended',
  session_reused: 'A login was ended because its token was used twice',
  password_changed: 'Password changed',
  password_reset_requested: 'A new password was asked for',
  password_reset: 'Password set anew',
  email_confirmed: 'Email address confirmed',
  email_change_requested: 'A new email address was entered',
  email_changed: 'Email address changed',
  key_created: 'API key made',
  key_revoked: 'API key revoked',
  role_admin: 'Made an operator',
  account_disabled: 'Account disabled',
  account_enabled: 'Account enabled again',
};

/** @param {{kind: string, details: Record<string, unknown>}} line */
export function happened({kind, details}) {
  const words = WORDS[kind] ?? kind.replaceAll('_', ' ');
  return typeof details.name === 'string' ? `${words}: ${details.name}` : words;
}
