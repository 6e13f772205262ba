// Who is signed in. The access token lives in memory alone; the refresh token is a cookie that scripts cannot read.
import {ApiError, credentials, errorBody} from './api.js';

/**
 * @typedef {import('./api-schema.js').components['schemas']['UserOut']} User
 * @typedef {{state: 'unknown' | 'signed-out' | 'signed-in', user: User | null}} Session
 * @typedef {import('../ui/second-factor.js').Method} Method
 * @typedef {{methods: Method[], options: () => Promise<Record<string, unknown>>, send: (proof: object) => Promise<void>}} SecondStep what a login still needs
 */

// The first in production: browsers keep such a cookie for this host and HTTPS alone.
const CSRF = ['__Host-oriel_csrf', 'oriel_csrf'];
// Renewed this long before it ends, so that no call meets a token that has just run out.
const EARLY_MS = 60_000;
// One tab renews at a time: a refresh token works once, and the others then get the new one from the cookie.
const LOCK = 'oriel.session';

// Said on the page that follows the sign-in.
const KEPT = 'oriel.account-kept';

const news = new BroadcastChannel('oriel.session');

class SignedIn extends EventTarget {
  /** @type {Session} */
  #now = {state: 'unknown', user: null};
  /** @type {{value: string, endsAt: number} | null} */
  #token = null;
  /** @type {Promise<boolean> | null} */
  #renewal = null;
  #hasSignedOut = false;
  /** An address whose account may have been made, as the answer was lost. */
  #unanswered = '';

  constructor() {
    super();
    credentials.token = () => this.#fresh();
    credentials.renew = () => this.renew();
    news.onmessage = ({data}) => {
      if (data === 'signed-out') this.#leave();
      else if (this.#now.state !== 'signed-in') void this.renew();
    };
  }

  get state() {
    return this.#now.state;
  }

  /** Whether the person has signed out, here or in another tab; otherwise a session that is over has ended by itself. */
  get hasSignedOut() {
    return this.#hasSignedOut;
  }

  get user() {
    return this.#now.user;
  }

  /** Whether this tab's sign-in has kept an account that was to be deleted, and that was not read yet. */
  get hasKeptAccount() {
    return sessionStorage.getItem(KEPT) !== null;
  }

  forgetKept() {
    sessionStorage.removeItem(KEPT);
    this.dispatchEvent(new Event('change'));
  }

  /** Whether this browser holds what a signed-in one has, which may have ended since. */
  get mayBeSignedIn() {
    return csrf() !== '';
  }

  /** Find out whether this browser is signed in; costs no request where it has never been. */
  async restore() {
    if (this.#now.state === 'unknown') await this.renew();
    return this.#now.state === 'signed-in';
  }

  /**
   * @param {string} email
   * @param {string} password
   * @returns {Promise<SecondStep | null>} null where nothing is missing
   * @throws {ApiError}
   */
  async signIn(email, password) {
    const answer = await post('/api/auth/login', {email, password, cookie: true});
    if (answer.second_factor_required) return secondStep(answer, (proof) => this.#finish(answer.token, proof));
    this.#enter(answer);
    return null;
  }

  /**
   * @param {string} token
   * @param {object} proof
   */
  async #finish(token, proof) {
    this.#enter(await post('/api/auth/login/second-factor', {...proof, token, cookie: true}));
  }

  /** @param {any} answer */
  #enter(answer) {
    if (answer.account_kept) sessionStorage.setItem(KEPT, 'yes');
    this.#accept(answer);
    news.postMessage('signed-in');
  }

  /**
   * Create an account and sign in. It may be called again after the connection was lost.
   * @param {{email: string, password: string, name?: string}} account
   * @returns {Promise<SecondStep | null>}
   * @throws {ApiError}
   */
  async register({email, password, name = ''}) {
    try {
      await post('/api/auth/register', {email, password, name}).catch((error) => {
        if (error.code !== 'EMAIL_TAKEN' || email !== this.#unanswered) throw error;
      });
      return await this.signIn(email, password);
    } catch (error) {
      if (error instanceof ApiError && error.isTemporary) this.#unanswered = email;
      throw error;
    }
  }

  /**
   * End the session here and in the other tabs. Somebody at a shared computer must not believe that they are signed out
   * while the cookie still signs in the next visitor: on a failure they stay signed in.
   * @throws {ApiError}
   */
  async signOut() {
    await post('/api/auth/logout', null, {'X-CSRF-TOKEN': csrf()}).catch((error) => {
      // A session that has ended already needs no end.
      if (error.status !== 401) throw error;
    });
    this.#leave();
    news.postMessage('signed-out');
  }

  #leave() {
    this.#hasSignedOut = true;
    this.#become('signed-out', null);
  }

  /** Take a new access token; whether there is one. Calls at the same time share one request. */
  renew() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    if (!csrf()) {
      this.#become('signed-out', null);
      return false;
    }
    try {
      this.#accept(
        await inTurn(() => post('/api/auth/refresh', null, {'X-CSRF-TOKEN': csrf()})),
      );
      return true;
    } catch (error) {
      // A service that is away says nothing about who we are.
      if (error instanceof ApiError && error.isTemporary) return false;
      this.#become('signed-out', null);
      return false;
    }
  }

  async #fresh() {
    if (!this.#token) return null;
    if (Date.now() > this.#token.endsAt - EARLY_MS) await this.renew();
    return this.#token?.value ?? null;
  }

  /** @param {{access_token: string, expires_in: number, user: User}} answer */
  #accept({access_token: value, expires_in: seconds, user}) {
    this.#hasSignedOut = false;
    this.#token = {value, endsAt: Date.now() + seconds * 1000};
    this.#become('signed-in', user);
  }

  /**
   * @param {Session['state']} state
   * @param {User | null} user
   */
  #become(state, user) {
    if (state === 'signed-out') this.#token = null;
    this.#now = {state, user};
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * @template T
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function inTurn(act) {
  // Absent on pages that are served without https from another machine.
  return navigator.locks ? await navigator.locks.request(LOCK, act) : act();
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
async function post(path, body, headers = {}) {
  const init = {
    method: 'POST',
    headers: body === null ? headers : {'Content-Type': 'application/json', ...headers},
    body: body === null ? null : JSON.stringify(body),
    // The new cookie must arrive even if the tab closes now: the old one would soon pass for a stolen one.
    keepalive: true,
  };
  const answer = await fetch(path, init).catch(() => {
    throw new ApiError(0, errorBody({error: {code: 'UNREACHABLE', message: 'We cannot reach the service. Check your connection and try again.'}}, 0));
  });
  const said = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, errorBody(said, answer.status), Number(answer.headers.get('Retry-After')) || null);
  return said;
}

/**
 * @param {{token: string, methods: Method[]}} answer
 * @param {(proof: object) => Promise<void>} send
 * @returns {SecondStep}
 */
function secondStep({token, methods}, send) {
  return {methods, send, options: async () => (await post('/api/auth/login/second-factor/options', {token})).options};
}

/** The token that a request with the session's cookie needs; empty where nobody is signed in. */
function csrf() {
  return CSRF.map(cookie).find(Boolean) ?? '';
}

/** @param {string} name */
function cookie(name) {
  return document.cookie.split('; ').find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

export const session = new SignedIn();
