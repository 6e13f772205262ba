// The lines of the activity log, in words.

/** @type {Record<string, string>} */
const WORDS = {
  registered: 'Account created',
  login: 'Signed in',
  login_failed: 'Wrong password',
  logout: 'Signed out',
  session_ended: 'Signed out on one device',
  sessions_ended: 'Signed out everywhere else',
  session_reused: 'Signed out: a sign-in token was used twice',
  password_changed: 'Password changed',
  password_reset_requested: 'Password reset requested',
  password_reset: 'Password reset',
  email_confirmed: 'Email address confirmed',
  email_change_requested: 'A new email address was entered',
  email_changed: 'Email address changed',
  second_factor_added: 'Second factor added',
  second_factor_removed: 'Second factor removed',
  second_factor_failed: 'Wrong code or passkey',
  second_factor_reset: 'Second factors reset by us',
  recovery_codes_created: 'New recovery codes made',
  recovery_code_used: 'A recovery code was used',
  key_created: 'API key made',
  key_revoked: 'API key revoked',
  role_admin: 'Made an operator',
  role_changed: 'Role changed',
  account_disabled: 'Account disabled',
  account_enabled: 'Account enabled again',
  export_requested: 'A copy of your data was requested',
  deletion_requested: 'Deletion of the account requested',
  deletion_withdrawn: 'Account kept: the deletion was withdrawn',
};

/** @param {{kind: string, details: Record<string, unknown>}} line */
export function sentenceOf({kind, details}) {
  const words = WORDS[kind] ?? kind.replaceAll('_', ' ');
  return typeof details.name === 'string' ? `${words}: ${details.name}` : words;
}
