// case.mjs: what all cases share: their list, patience, and the ways of a person on the page.
import assert from 'node:assert/strict';

export const cases = [];

/** What a browser on a phone is. */
export const PHONE = {viewport: {width: 360, height: 740}, hasTouch: true, isMobile: true};

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
  await page.evaluate(hash => new Promise(resolve => { // until the page has heard of it
    if (location.hash === hash) resolve();
    addEventListener('hashchange', () => resolve(), {once: true});
    location.hash = hash;
  }), `#/${view}${query}`);
  await page.locator('.loading').waitFor({state: 'detached'});
}

/** The row of a table, or a card, that has this text. */
export const row = (page, text) => page.getByRole('row').filter({hasText: text});

export const seen = locator => locator.first().waitFor({state: 'visible'});
export const gone = locator => locator.first().waitFor({state: 'detached'});

/** Presses what asks first, and says yes to it. */
export async function agree(button, yes) {
  await button.click();
  await button.page().getByRole('dialog').getByRole('button', {name: yes}).click();
}

/** A call of the API beside the page. */
export async function api(place, method, path, body) {
  const response = await fetch(place.url + path, {method, body: body && JSON.stringify(body),
    headers: {Authorization: `Bearer ${place.token}`, ...(body ? {'Content-Type': 'application/json'} : {})}});
  const text = await response.text();
  assert.ok(response.status < 400, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** Where the keyboard begins when a page is opened. */
export const fromTheTop = page => page.evaluate(() => document.querySelector('.skip').focus());

/** Tab until this has the focus: by its name, as it is read out. */
export async function tabTo(page, name) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => {
      const node = document.activeElement;
      return node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent;
    });
    if (text.trim().startsWith(name)) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

/** Nothing stands beyond the screen; a browser on a phone would widen its own idea of that. */
export async function judgeWidth(page, where) {
  const {width} = page.viewportSize();
  const {wide, who} = await page.evaluate(most => ({
    wide: Math.max(document.documentElement.scrollWidth, innerWidth),
    who: [...document.querySelectorAll('body *')].filter(node => node.getBoundingClientRect().right > most + 1 &&
      !node.closest('.scroll, pre, .unseen, .skip, thead, dialog:not([open])')).map(node => node.outerHTML.slice(0, 80)).slice(0, 3),
  }), width);
  assert.ok(wide <= width && who.length === 0, `${where} is ${wide} wide: ${who.join(' ')}`);
}

/** No word of a label goes over two lines, no select cuts what is chosen, and no keyboard begins a
 *  name with a capital letter. */
export async function judgeWords(page, where) {
  const cut = await page.evaluate(() => {
    const ink = document.createElement('canvas').getContext('2d'), range = document.createRange();
    const isBroken = (text, {index, 0: word}) => {
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;
    };
    const isCut = node => {
      const {font, paddingLeft, paddingRight} = getComputedStyle(node), arrow = 16;
      ink.font = font;
      return ink.measureText(node.selectedOptions[0]?.text ?? '').width >
        node.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - arrow;
    };
    const labels = [...document.querySelectorAll('label, legend, dt, summary, .hint')].flatMap(node => [...node.childNodes])
      .filter(node => node.nodeType === 3 && [...node.data.matchAll(/[^\s-]+-?/g)].some(word => isBroken(node, word)));
    const selects = [...document.querySelectorAll('select')].filter(node => node.checkVisibility() && isCut(node));
    const names = [...document.querySelectorAll('input[list]:not([autocapitalize=off])')];
    return [...labels.map(node => node.data), ...selects.map(node => node.selectedOptions[0].text), ...names.map(node => `${node.id} would be`)];
  });
  assert.deepEqual(cut, [], where);
}

export const shot = (page, name) => page.screenshot({path: `${process.env.HERALD_SCREENSHOTS}/${name}.png`, fullPage: true});
