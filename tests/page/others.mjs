// others.mjs: tokens, messages and traces.
import assert from 'node:assert/strict';
import {agree, api, gone, row, seen, shot, signIn, test} from './case.mjs';

test('a token is made, shown once and revoked', {}, async place => {
  const {page, token} = place;
  await signIn(page, token, 'tokens');
  await page.getByRole('button', {name: 'Make a token'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('door sensor');
  await dialog.getByRole('button', {name: 'Make', exact: true}).click();
  await seen(dialog.getByRole('alert').filter({hasText: 'Choose what it is good for'}));
  await dialog.getByLabel('Presence and message counts').selectOption('write');
  await dialog.getByLabel('Registrations, subscriptions, explain').selectOption('read');
  await shot(page, 'make-a-token');
  await dialog.getByRole('button', {name: 'Make', exact: true}).click();
  const secret = dialog.getByLabel('The token “door sensor”');
  await seen(secret);
  const text = await secret.inputValue();
  assert.match(text, /^hld_/);
  await shot(page, 'token-once');
  await dialog.getByRole('button', {name: 'Done'}).click();
  await gone(dialog);
  assert.ok(!(await page.content()).includes(text), 'it is not left anywhere');
  const made = (await api(place, 'GET', '/api/v1/tokens')).items.find(one => one.name === 'door sensor');
  assert.deepEqual(made.scopes.sort(), ['live:read', 'presence:write']);
  assert.ok(made.expires);
  await api({...place, token: text}, 'GET', '/api/v1/subscriptions');
  await agree(row(page, 'door sensor').getByRole('button', {name: 'Revoke'}), 'Revoke');
  await gone(row(page, 'door sensor'));
  const after = await fetch(`${place.url}/api/v1/subscriptions`, {headers: {Authorization: `Bearer ${text}`}});
  assert.equal(after.status, 401);
});

test('a message is sent and remembered', {server: {usual: 'everybody'}}, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'messages', '?user=alice');
  await ask('register', {user: 'bob'});
  await page.getByLabel('To', {exact: true}).fill('bob@example.org');
  await page.getByLabel('Message', {exact: true}).fill('Lunch at <b>one</b>?');
  await page.getByRole('button', {name: 'Send'}).click();
  await ask('hear', {user: 'bob', method: 'MESSAGE', words: 'Lunch at <b>one</b>?'});
  await seen(page.locator('.message.out').getByText('Lunch at <b>one</b>?'));
  assert.equal(await page.getByLabel('Message', {exact: true}).inputValue(), '');
  await shot(page, 'messages');
});

test('a message that waits is shown and dropped', {server: {usual: 'everybody'}}, async place => {
  const {page, ask, token} = place;
  await ask('message', {user: 'bob', to: 'alice', text: 'Are you there?'});
  await signIn(page, token, 'messages', '?user=alice');
  const waiting = page.locator('section').filter({has: page.getByRole('heading', {name: 'Waiting for a device'})});
  await seen(waiting.getByText('Are you there?'));
  await agree(waiting.getByRole('button', {name: 'Drop'}), 'Drop');
  await seen(waiting.getByText('No message waits.'));
});

test('the trace of a call is a ladder', {server: {usual: 'everybody'}}, async place => {
  const {page, ask, token} = place;
  const {call_id} = await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await signIn(page, token, 'trace', `?call_id=${call_id}`);
  await seen(page.locator('.ladder text').filter({hasText: 'SUBSCRIBE'}));
  await seen(page.locator('.ladder text').filter({hasText: 'NOTIFY'}));
  const shown = await page.locator('.ladder .arrow text').allTextContents();
  assert.deepEqual(shown.slice(0, 3), ['SUBSCRIBE', '401 Unauthorized', 'SUBSCRIBE'], 'in their order');
  await row(page, 'SUBSCRIBE').getByRole('button').first().click();
  await seen(page.locator('#trace-message').getByText(call_id));
  assert.ok(!(await page.locator('#trace-message').innerText()).includes('response="'), 'credentials are masked');
  await shot(page, 'trace');
});

test('what the server does not have is said, and the rest works', {}, async place => {
  const {page, token} = place;
  await page.route('**/api/v1/**', async route => {
    const {pathname} = new URL(route.request().url());
    if (!/messages|trace|events/.test(pathname)) return route.continue();
    return route.fulfill({status: 404, contentType: 'application/problem+json',
      body: JSON.stringify({type: 'urn:herald:problem:not-found', status: 404, detail: `there is nothing at ${pathname}`})});
  });
  await signIn(page, token, 'messages', '?user=alice');
  await seen(page.getByText('This server does not have it'));
  await shot(page, 'not-there');
  await page.getByRole('link', {name: 'Trace'}).click();
  await seen(page.getByText('This server does not have it'));
  await seen(page.getByText('Every few seconds'));
  await page.getByRole('link', {name: 'People'}).click();
  await seen(page.getByRole('link', {name: 'alice@example.org', exact: true}));
});

test('news come by the stream of events', {}, async place => {
  const {page, ask, token} = place;
  await page.clock.install();
  await signIn(page, token, 'people');
  await seen(page.getByText('Live', {exact: true}));
  await ask('register', {user: 'bob'});
  await page.clock.pauseAt(Date.now() + 1000); // nothing is asked because it is time
  await ask('publish', {user: 'bob', note: 'By the stream'});
  await seen(row(page, 'bob@example.org').getByText('By the stream'));
  await seen(page.getByText('Live', {exact: true}));
});
