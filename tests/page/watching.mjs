// watching.mjs: who watches, who waits, why; and the end of it.
import assert from 'node:assert/strict';
import {api, eventually, gone, row, seen, shot, signIn, test, visit} from './case.mjs';

const ASKING = {server: {usual: 'ask', users: ['alice', 'bob', 'carol']}};
const handled = async (place, who) => (await api(place, 'GET', '/api/v1/users/bob/rules')).items
  .find(rule => rule.who === `sip:${who}@example.org`)?.handling;

test('waiting watchers are approved and blocked', ASKING, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'rules');
  await seen(page.getByText('Nobody waits to be let in.'));
  assert.ok((await ask('subscribe', {watcher: 'alice', presentity: 'bob'})).status < 300);
  await ask('subscribe', {watcher: 'carol', presentity: 'bob'});
  await seen(row(page, 'carol@example.org'));
  await seen(row(page, 'alice@example.org'));
  await shot(page, 'waiting');
  await page.getByRole('button', {name: 'Approve alice@example.org'}).click();
  await gone(row(page, 'alice@example.org'));
  await ask('hear', {user: 'alice', method: 'NOTIFY', words: 'Subscription-State: active'});
  assert.equal(await handled(place, 'alice'), 'allow');
  await page.getByRole('button', {name: 'Block carol@example.org'}).click();
  await seen(page.getByText('Nobody waits to be let in.'));
  await ask('hear', {user: 'carol', method: 'NOTIFY', words: 'terminated'});
  assert.equal(await handled(place, 'carol'), 'block');
  await visit(page, 'rules', '?user=bob');
  await seen(row(page, 'alice@example.org').getByText('Allowed'));
  await seen(row(page, 'carol@example.org').getByText('Blocked'));
  await shot(page, 'rules');
  await page.getByLabel('What carol@example.org may').selectOption('polite-block');
  await eventually('it is changed', async () => (await handled(place, 'carol')) === 'polite-block');
  await page.getByRole('button', {name: 'Remove the rule for carol@example.org'}).click();
  await eventually('it is gone', async () => (await handled(place, 'carol')) === undefined);
  await page.getByLabel('Watcher', {exact: true}).fill('dave@elsewhere.example');
  await page.getByLabel('What it may').selectOption('block');
  await page.getByRole('button', {name: 'Add', exact: true}).click();
  await seen(row(page, 'dave@elsewhere.example').getByText('Blocked'));
});

test('the dashboard says who waits', ASKING, async place => {
  const {page, ask, token} = place;
  await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await signIn(page, token);
  await seen(page.getByText('1 watcher waits for a word'));
  await page.getByRole('link', {name: 'Decide'}).click();
  await seen(page.getByRole('button', {name: 'Approve alice@example.org'}));
});

test('subscriptions are filtered and ended', {server: {usual: 'everybody', users: ['alice', 'bob', 'carol']}}, async place => {
  const {page, ask, token} = place;
  await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await ask('subscribe', {watcher: 'carol', presentity: 'bob'});
  await signIn(page, token, 'subscriptions');
  await seen(row(page, 'alice@example.org').getByText('active'));
  await seen(row(page, 'carol@example.org'));
  await shot(page, 'subscriptions');
  await page.getByLabel('Watcher').fill('alice');
  await page.getByRole('button', {name: 'Filter'}).click();
  await gone(row(page, 'carol@example.org'));
  await page.getByRole('button', {name: 'End… alice@example.org watching bob@example.org'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('It may come back later').check();
  await dialog.getByRole('button', {name: 'End it'}).click();
  await gone(dialog);
  await ask('hear', {user: 'alice', method: 'NOTIFY', words: 'reason=probation'});
  await seen(page.getByText('Nobody watches anybody like that.'));
});

test('what a watcher sees is explained as a way of boxes', {server: {usual: 'everybody'}}, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'explain');
  await page.getByLabel('Why can this watcher').fill('alice');
  await page.getByLabel('see this user').fill('bob');
  await page.getByRole('button', {name: 'Explain'}).click();
  await seen(page.getByText('alice@example.org sees nothing'));
  await seen(page.getByRole('listitem').filter({hasText: 'Subscription'}).getByText('There is none'));
  await ask('register', {user: 'bob'});
  await ask('publish', {user: 'bob', note: 'At home'});
  await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await seen(page.getByText(/alice@example.org sees bob@example.org as open/));
  const {sentence} = await api(place, 'GET', '/api/v1/explain?watcher=alice&presentity=bob');
  const known = await page.locator('.sentence .large').textContent();
  const [words] = sentence.split(/\d{4}-/);
  assert.ok(known.startsWith(words), `${known} / ${sentence}`);
  const steps = await page.locator('.way > .step h2').allInnerTexts();
  assert.deepEqual(steps, ['Watcher', 'Rule', 'Filter', 'Composed publications', 'Subscription', 'Last NOTIFY']);
  await seen(page.locator('.step').filter({hasText: 'Last NOTIFY'}).getByText(/Answered 200/));
  await seen(page.locator('.step').filter({hasText: 'Composed'}).getByText('At home'));
  await shot(page, 'explain');
  await api(place, 'PUT', '/api/v1/users/bob/rules/alice', {handling: 'block'});
  await seen(page.locator('.step.bad').filter({hasText: 'Rule'}).getByText('Blocked'));
  await shot(page, 'explain-blocked');
});

test('each event that the server knows can be explained', {server: {usual: 'everybody'}}, async place => {
  const {page, token} = place;
  const about = event => `/api/v1/explain?watcher=bob&presentity=bob&event=${event}`;
  await signIn(page, token, 'explain');
  const event = page.getByLabel('Event');
  const known = await event.locator('option').evaluateAll(nodes => nodes.map(node => node.value));
  for (const one of known) assert.equal((await api(place, 'GET', about(one))).event, one);
  await page.getByLabel('Why can this watcher').fill('bob');
  await page.getByLabel('see this user').fill('bob');
  await event.selectOption('presence.winfo');
  await page.getByRole('button', {name: 'Explain'}).click();
  await seen(page.getByText('asks for presence.winfo'));
  assert.equal(await page.locator('.sentence .large').textContent(), (await api(place, 'GET', about('presence.winfo'))).sentence);
  assert.equal(await event.inputValue(), 'presence.winfo');
  await seen(page.locator('.step.good').filter({hasText: 'Composed'}).getByText('What the server knows itself'));
  await shot(page, 'explain-watchers');
  await visit(page, 'explain', '?watcher=bob&presentity=bob&event=reg.winfo.winfo');
  await seen(page.getByText('asks for reg.winfo.winfo'));
  assert.equal(await event.inputValue(), 'reg.winfo.winfo', 'what the address names');
  await visit(page, 'subscriptions', '?event=dialog.winfo');
  assert.equal(await event.inputValue(), 'dialog.winfo');
});
