import {describe, expect, test} from 'vitest';
import {addressTrouble} from '../../lib/passkeys.js';

/** @param {string} url */
const trouble = (url) => addressTrouble(new URL(url));

describe('passkeys', () => {
  test.each(['https://oriel.example.com/account', 'http://localhost:5000/account', 'https://10.example.com/'])('work at %s', (url) => {
    expect(trouble(url)).toBeNull();
  });

  test.each(['http://127.0.0.1:5000/account', 'http://[::1]:5000/account'])('of this machine work at its name, not at %s', (url) => {
    expect(trouble(url)?.url).toBe('http://localhost:5000/account');
  });

  test.each(['https://192.0.2.7/account', 'http://[2001:db8::7]/account'])('do not work at %s, and we know no name for it', (url) => {
    expect(trouble(url)).toEqual({sentence: expect.stringContaining('need a name'), url: null});
  });
});
