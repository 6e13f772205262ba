import {describe, expect, it} from 'vitest';
import {nextPage} from '../../lib/next.js';

/** @param {string} next */
const asked = (next) => nextPage(`?${new URLSearchParams({next})}`, '/otherwise');

describe('the page after signing in', () => {
  it.each(['/studio', '/shared/06gv3k2v?a=b&c=d#part', '/'])('is %s where the address names it', (path) => {
    expect(asked(path)).toBe(path);
  });

  it('is the usual one where the address names none', () => {
    expect(nextPage('', '/otherwise')).toBe('/otherwise');
  });

  it.each([
    '//evil.example', '/\\evil.example', '/\t/evil.example', '/\n/evil.example', '/\r\\evil.example', '/.//evil.example', '/a/..//evil.example',
    'https://evil.example', 'javascript:alert(1)', 'evil.example', ' /studio', '//', '/\t/[',
  ])('is never %j', (path) => {
    expect(asked(path)).toBe('/otherwise');
  });
});
