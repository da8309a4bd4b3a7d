// api.js: calls of the HTTP API with the token of this tab.
//
// The token lies in sessionStorage: it goes when the tab is closed, and no other site's page can
// have the browser send it, as it could with a cookie.

const KEY = 'herald-token';

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: text => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/** Its If-Match named what was shown, which is not what there is (RFC 9110 13.1.1). */
const CHANGED = 412;

/** What was answered instead (RFC 9457), or that nothing was (status 0). */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(status === CHANGED ? 'Somebody changed it meanwhile, so nothing was done. Look at what is there now, and do it again.'
      : body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.kind = String(body.type ?? '').split(':').pop();
    this.field = body.field;
    this.errors = body.errors;
    this.line = body.line;
    this.scope = body.scope;
  }

  /** The path itself is unknown: this server is older, or was built without it. */
  get absent() {
    return (this.status === 404 && !this.field && this.kind === 'not-found') ||
      this.status === 405 || this.status === 501;
  }
}

let refused = () => {};

/** Calls `then` whenever the token turns out to be good for nothing (any more). */
export function whenRefused(then) {
  refused = then;
}

async function problemOf(response) {
  const type = response.headers.get('Content-Type') ?? '';
  const body = type.includes('json') ? await response.json().catch(() => ({})) : {};
  const scope = /scope="([^"]+)"/.exec(response.headers.get('WWW-Authenticate') ?? '');
  if (scope) body.scope = scope[1];
  return new Problem(response.status, body);
}

/** The response, when it is a good one; throws a Problem. A body is JSON unless it has a `type`. */
export async function call(method, path, {body, type, etag, signal, accept, resume, secret} = {}) {
  const headers = {Authorization: `Bearer ${secret ?? token.get() ?? ''}`};
  if (body !== undefined) headers['Content-Type'] = type ?? 'application/json';
  if (etag) headers['If-Match'] = etag;
  if (accept) headers.Accept = accept;
  if (resume) headers['Last-Event-ID'] = resume;
  const options = {method, headers, signal, cache: 'no-store', credentials: 'omit',
    body: body === undefined || type ? body : JSON.stringify(body)};
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, {detail: 'The server cannot be reached. It may be restarting; this page goes on trying.'});
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && secret === undefined) refused(problem);
  throw problem;
}

async function valueOf(response) {
  return response.status === 204 ? undefined : response.json();
}

export const get = async (path, signal) => valueOf(await call('GET', path, {signal}));
export const put = async (path, body, etag) => valueOf(await call('PUT', path, {body, etag}));
export const post = async (path, body, etag) => valueOf(await call('POST', path, {body, etag}));
export const patch = async (path, body, etag) => valueOf(await call('PATCH', path, {body, etag}));
export const remove = async path => valueOf(await call('DELETE', path));

/** What a view can do without: null when it is out of the token's reach, or not on this server. */
export const orNothing = promise => promise.catch(error => {
  if (error.status === 403 || error.absent) return null;
  throw error;
});

/** The value and its ETag. */
export async function getTagged(path, signal) {
  const response = await call('GET', path, {signal});
  return {value: await response.json(), etag: response.headers.get('ETag')};
}

/** Items of a list from its pages, `most` or a few more; `more`: there are others. */
export async function list(path, most = 1000, signal = undefined) {
  const items = [];
  let next = path;
  while (next && items.length < most) {
    const page = await get(next, signal);
    items.push(...page.items);
    next = page.next;
  }
  return {items, more: Boolean(next)};
}

/** A path with a query, of whatever parameters are not empty. */
export function target(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** A path of the API: pathTo('groups', name). Browsers take an empty part and dots out of a path, as
 *  they are or as %2e (the URL standard, 4.4): what is left is that of the whole list, or of its
 *  owner. Nothing may be asked of that instead. */
export function pathTo(...parts) {
  const wrong = parts.map(part => String(part ?? '')).find(part => ['', '.', '..'].includes(part));
  if (wrong !== undefined) {
    throw new Problem(400, {detail: `“${wrong}” cannot be a name: browsers leave it out of an address. Nothing was sent.`});
  }
  return ['/api/v1', ...parts.map(encodeURIComponent)].join('/');
}

/** The path of a user's things: ofUser('alice@example.org', 'roster', 'bob@...'). */
export const ofUser = (user, ...parts) => pathTo('users', user, ...parts);
