// signin.mjs: tokens that are right, wrong, too weak and revoked.
import assert from 'node:assert/strict';
import {api, eventually, seen, shot, signIn, test, visit} from './case.mjs';

test('a token signs in and is kept in this tab alone', {}, async place => {
  const {page, context, token} = place;
  await page.goto('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'token');
  await shot(page, 'sign-in');
  await signIn(page, token);
  await seen(page.getByRole('heading', {name: 'Dashboard', level: 1}));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'title');
  await page.reload();
  await seen(page.getByRole('heading', {name: 'Dashboard', level: 1}));
  const kept = await page.evaluate(() => ({tab: Object.values(sessionStorage), long: Object.values(localStorage), cookies: document.cookie}));
  assert.deepEqual(kept, {tab: [token], long: [], cookies: ''});
  assert.deepEqual(await context.cookies(), []);
  const other = await context.newPage();
  await other.goto('/');
  await seen(other.getByLabel('Token'));
  await other.close();
  await page.getByRole('button', {name: 'Sign out'}).click();
  await seen(page.getByLabel('Token'));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test('a wrong token is told with the way out', {}, async ({page, token}) => {
  await page.goto('/');
  await page.getByLabel('Token').fill('hld_wrong');
  await page.keyboard.press('Enter');
  const alert = page.getByRole('alert').filter({hasText: 'does not open this server'});
  await seen(alert);
  assert.match(await alert.innerText(), /herald token list|begins with hld_/);
  assert.equal(await page.getByLabel('Token').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await shot(page, 'wrong-token');
  await page.getByLabel('Token').fill('two words');
  await page.keyboard.press('Enter');
  await seen(page.getByText('A token has no spaces'));
  await page.getByLabel('Token').fill(` ${token} `);
  await page.keyboard.press('Enter');
  await seen(page.getByRole('heading', {name: 'Dashboard', level: 1}));
});

test('a token that lacks a scope says which, and how to make one', {}, async ({page, ask}) => {
  const {token} = await ask('token', {scopes: 'people:read'});
  await signIn(page, token);
  await seen(page.getByText('This token may not do that'));
  await seen(page.getByText('herald token add NAME operations:read'));
  await shot(page, 'lacks-a-scope');
  await visit(page, 'people');
  await seen(page.getByRole('link', {name: 'alice@example.org', exact: true}));
  await page.getByRole('button', {name: 'Add a person'}).click();
  await page.getByLabel('Address').fill('carol');
  await page.getByRole('button', {name: 'Add', exact: true}).click();
  await seen(page.getByRole('dialog').getByText('lacks the scope people:write'));
});

test('a revoked token leads back to signing in', {}, async place => {
  const {page, ask} = place;
  const {token} = await ask('token', {scopes: '*', name: 'short'});
  await signIn(page, token, 'people');
  const {items} = await api(place, 'GET', '/api/v1/tokens');
  await api(place, 'DELETE', `/api/v1/tokens/${items.find(one => one.name === 'short').id}`);
  await visit(page, 'tokens');
  await seen(page.getByLabel('Token'));
  await seen(page.getByText('That token does not open this server'));
  assert.equal(await page.getByRole('navigation', {name: 'Views'}).isVisible(), false);
  await eventually('no token is kept', () => page.evaluate(() => sessionStorage.length === 0));
});
