// The refusal of a settings document.

/** @typedef {'INVALID_SETTINGS' | 'UNKNOWN_SETTING' | 'UNKNOWN_LOOK' | 'UNKNOWN_PRESET' | 'UNKNOWN_PARAMETER' | 'INVALID_PARAMETER'} SettingsCode */

/** The code and the sentence are those with which the service refuses the same document. */
export class SettingsError extends Error {
  name = 'SettingsError';

  /**
   * @param {SettingsCode} code
   * @param {string} message a sentence for the user
   * @param {string | null} [setting] dotted path of the key
   */
  constructor(code, message, setting = null) {
    super(message);
    this.code = code;
    this.setting = setting;
  }
}

/**
 * @param {string} setting dotted path
 * @param {string} reason the end of the sentence
 * @param {SettingsCode} [code]
 */
export function unusable(setting, reason, code = 'INVALID_SETTINGS') {
  return new SettingsError(code, `Setting “${setting}” cannot be used: ${reason}.`, setting);
}
