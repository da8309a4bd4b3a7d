// rough.mjs: a server that goes away, tokens that expire, nobody at all, and names of every kind.
import assert from 'node:assert/strict';
import {PHONE, api, eventually, gone, judgeWidth, row, seen, shot, signIn, test, visit} from './case.mjs';

const ROSTER = '/api/v1/users/alice/roster';

test('the page finds a server again that was started anew', {}, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'people');
  await seen(page.getByText('Live', {exact: true}));
  await ask('stop');
  await seen(page.getByText('Connecting', {exact: true}));
  await seen(page.getByText('No connection'));
  await seen(row(page, 'bob@example.org'));
  await ask('launch');
  await seen(page.getByText('Live', {exact: true}));
  await gone(page.getByText('No connection'));
  await ask('register', {user: 'bob'});
  await ask('publish', {user: 'bob', note: 'Here again'});
  await seen(row(page, 'bob@example.org').getByText('Here again'));
});

test('a token that expires leads back to signing in, and from there to where one was', {}, async place => {
  const {page, token} = place;
  const {token: short} = await api(place, 'POST', '/api/v1/tokens', {name: 'short', scopes: ['*'], expires_in_s: 1});
  await page.addInitScript(text => sessionStorage.setItem('herald-token', text), short);
  await page.goto('/#/operations');
  await seen(page.getByText('That token does not open this server'));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await seen(page.getByRole('heading', {name: 'Operations', level: 1}));
});

test('a server without anybody says how to begin', {server: {users: []}}, async place => {
  const {page, token} = place;
  await signIn(page, token);
  await seen(page.getByRole('region', {name: 'Begin here'}).getByRole('link', {name: 'Add people'}));
  await shot(page, 'begin');
  const empty = {people: 'There are no accounts yet.', roster: 'Name the user above.', groups: 'There are no shared groups.',
    rules: 'Nobody waits to be let in.', messages: 'Name the user above.', subscriptions: 'Nobody watches anybody like that.',
    devices: 'No device is registered.', explain: 'Name two people', trace: 'Nothing is remembered', webhooks: 'Events are posted to nobody.',
    operations: 'There is none yet.', tokens: 'first'};
  for (const [view, words] of Object.entries(empty)) {
    await visit(page, view);
    await seen(page.locator('main').getByText(words));
  }
  await visit(page, 'roster', '?user=nobody');
  await seen(page.getByRole('heading', {name: 'Not found'}));
  assert.equal(await page.getByLabel('User').inputValue(), 'nobody', 'what was wrong can be mended');
  await visit(page, 'explain', '?watcher=a&presentity=@@');
  await seen(page.locator('.panel.bad'));
  await page.getByLabel('see this user').fill('somebody');
});

test('long names and names from the right stay in their places', {browser: PHONE}, async place => {
  const {page, token} = place;
  const long = 'W'.repeat(250), right = 'שלום (2)';
  await api(place, 'PATCH', '/api/v1/users/alice', {display_name: long});
  await api(place, 'PATCH', '/api/v1/users/bob', {display_name: right});
  await api(place, 'POST', ROSTER, {groups: [long.slice(0, 100)], items: [
    {uri: 'sip:bob@example.org', display_name: right, notes: long, groups: [long.slice(0, 100)]},
    {uri: `sip:${'w'.repeat(60)}@example.org`, display_name: long, groups: [long.slice(0, 100)]}]});
  await api(place, 'PUT', '/api/v1/groups/g', {title: long.slice(0, 100), members: ['alice']});
  await signIn(page, token, 'people');
  for (const [view, query, words] of [['people', '', long], ['person', '?user=alice', long], ['groups', '', long.slice(0, 100)], ['roster', '?user=alice', right]]) {
    await visit(page, view, query);
    await seen(page.getByText(words));
    await judgeWidth(page, view);
    await shot(page, `long-${view}`);
  }
  const [first, last] = await page.locator('.buddy .name').first().evaluate(node => {
    const at = i => {
      const range = document.createRange();
      range.setStart(node.firstChild, i);
      range.setEnd(node.firstChild, i + 1);
      return range.getBoundingClientRect().left;
    };
    return [at(1), at(node.textContent.length - 2)]; // within the marks around it
  });
  assert.ok(first > last, 'it is read from the right');
  await page.getByRole('button', {name: /\u2069 down$/}).click();
  await seen(page.getByRole('status').filter({hasText: `\u2068${right}\u2069 is number 2 of 2.`}));
});

test('a roster of a thousand is shown in parts, searched and moved', {}, async place => {
  const {page, token} = place;
  const items = Array.from({length: 1000}, (_, i) => ({uri: `sip:p${i}@example.org`, display_name: `Person ${i}`, groups: ['All'], position: i + 1}));
  await api(place, 'POST', ROSTER, {items, groups: ['All']});
  await signIn(page, token, 'roster', '?user=alice');
  const buddies = page.locator('.buddy'), handle = page.getByRole('button', {name: 'Move Person 99: arrow keys'});
  await seen(page.getByText('1000 buddies.'));
  assert.equal(await buddies.count(), 100);
  await handle.press('ArrowDown');
  await eventually('it is the hundred and first', async () => /Person 99$/m.test(await buddies.nth(100).innerText()));
  assert.ok(await handle.evaluate(node => node === document.activeElement), 'the handle keeps the focus');
  await page.getByRole('button', {name: 'Show 100 of 899 more'}).click();
  await eventually('more are shown', async () => (await buddies.count()) === 201);
  await page.getByLabel('Find').fill('person 777');
  await eventually('one is found', async () => (await buddies.count()) === 1);
  await eventually('the server knows', async () => {
    const page = await api(place, 'GET', `${ROSTER}?limit=1000`);
    return page.items[100].display_name === 'Person 99' && page.items.length === 1000;
  });
});
