// case.mjs: what all cases share: their list, patience, and the ways of a person on the page.
import assert from 'node:assert/strict';

export const cases = [];

/** A case: {server: {users, usual}, browser: {viewport, colorScheme ...}} are what it wants. */
export function test(name, options, run) {
  cases.push({name: name.replaceAll(' ', '_'), server: options.server ?? {}, browser: options.browser ?? {}, run});
}

const PATIENCE_MS = 30000;

/** Waits until `condition` gives something true, which it gives. */
export async function eventually(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

export async function signIn(page, token, view = 'dashboard', query = '') {
  await page.goto(`/#/${view}${query}`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.locator('#nav:not([hidden])').waitFor({state: 'attached'}); // narrow: folded
  await page.locator('.loading').waitFor({state: 'detached'});
}

/** Another view, as by its link. */
export async function visit(page, view, query = '') {
  await page.evaluate(hash => { location.hash = hash; }, `#/${view}${query}`);
  await page.locator('.loading').waitFor({state: 'detached'});
}

/** The row of a table, or a card, that has this text. */
export const row = (page, text) => page.getByRole('row').filter({hasText: text});

export const seen = locator => locator.first().waitFor({state: 'visible'});
export const gone = locator => locator.first().waitFor({state: 'detached'});

/** A call of the API beside the page. */
export async function api(place, method, path, body) {
  const response = await fetch(place.url + path, {method, body: body && JSON.stringify(body),
    headers: {Authorization: `Bearer ${place.token}`, ...(body ? {'Content-Type': 'application/json'} : {})}});
  const text = await response.text();
  assert.ok(response.status < 400, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

export const shot = (page, name) => page.screenshot({path: `${process.env.HERALD_SCREENSHOTS}/${name}.png`, fullPage: true});
