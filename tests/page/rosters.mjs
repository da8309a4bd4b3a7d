// rosters.mjs: the roster editor: buddies, groups and their order.
import assert from 'node:assert/strict';
import {agree, api, eventually, gone, seen, signIn, test, visit} from './case.mjs';

export const ROSTER = '/api/v1/users/alice/roster';
export const names = page => page.locator('.buddy .name').allInnerTexts();
export const order = async place => (await api(place, 'GET', ROSTER)).items.map(buddy => buddy.display_name);

export async function prepare(place) {
  const items = ['Ann', 'Ben', 'Cem'].map((display_name, i) => ({uri: `sip:${display_name.toLowerCase()}@example.org`,
    display_name, groups: i < 2 ? ['Friends'] : ['Work'], position: i + 1}));
  await api(place, 'POST', ROSTER, {items, groups: ['Friends', 'Work']});
  await signIn(place.page, place.token, 'roster', '?user=alice');
  await seen(place.page.getByRole('heading', {name: 'Friends'}));
}

test('a buddy is added with a group, changed and removed', {}, async place => {
  const {page, token} = place;
  await signIn(page, token, 'roster');
  await page.getByLabel('User').fill('alice');
  await page.getByRole('button', {name: 'Show'}).click();
  await page.getByRole('button', {name: 'Add a buddy'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('bob@example.org');
  await dialog.getByLabel('Name').fill('Bob');
  await dialog.getByLabel('New group').fill('Friends');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await gone(dialog);
  await seen(page.getByRole('heading', {name: 'Friends'}));
  const [bob] = (await api(place, 'GET', ROSTER)).items;
  assert.deepEqual([bob.uri, bob.display_name, bob.groups], ['sip:bob@example.org', 'Bob', ['Friends']]);
  await page.getByRole('button', {name: 'Change… Bob'}).click();
  assert.ok(await dialog.getByLabel('Friends').isChecked());
  await dialog.getByLabel('Friends').uncheck();
  await dialog.getByLabel('Notes').fill('On the second floor');
  await dialog.getByRole('button', {name: 'Save'}).click();
  await seen(page.getByText('On the second floor'));
  await seen(page.getByRole('heading', {name: 'In no group'}));
  await agree(page.getByRole('button', {name: 'Remove… Bob'}), 'Remove');
  await eventually('it is gone', async () => (await order(place)).length === 0);
});

test('buddies are moved with the arrow keys', {}, async place => {
  const {page} = place;
  await prepare(place);
  const handle = page.getByRole('button', {name: 'Move Ann: arrow keys up and down'});
  await handle.focus();
  await page.keyboard.press('ArrowDown');
  await seen(page.getByRole('status').filter({hasText: 'Ann is number 2 of 2.'}));
  assert.deepEqual((await names(page)).slice(0, 2), ['Ben', 'Ann']);
  await eventually('the server knows', async () => (await order(place)).join() === 'Ben,Ann,Cem');
  assert.ok(await handle.evaluate(node => node === document.activeElement), 'the handle keeps the focus');
  await page.keyboard.press('ArrowDown');
  await seen(page.getByRole('status').filter({hasText: 'Ann is the last already.'}));
  await page.getByRole('button', {name: 'Move Ann up'}).click();
  await eventually('the server knows', async () => (await order(place)).join() === 'Ann,Ben,Cem');
});

test('who is quick with the keys loses none of them', {}, async place => {
  const {page} = place;
  const items = ['Ann', 'Ben', 'Cem', 'Dan', 'Eve'].map((display_name, i) => ({uri: `sip:${display_name.toLowerCase()}@example.org`,
    display_name, groups: ['Friends'], position: i + 1}));
  await api(place, 'POST', ROSTER, {items});
  await signIn(page, place.token, 'roster', '?user=alice');
  await page.getByRole('button', {name: 'Move Ann: arrow keys up and down'}).focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await eventually('the last order', async () => (await order(place)).join() === 'Ben,Cem,Dan,Ann,Eve');
  await eventually('it is shown', async () => (await names(page)).join() === 'Ben,Cem,Dan,Ann,Eve');
  assert.equal(await page.getByRole('alert').filter({hasText: /./}).count(), 0);
});

/** Until the page changes something it reads the same again, however often it looks. */
async function keepWhatIsShown(page) {
  let kept, changed = false;
  await page.route(url => url.pathname.endsWith('/roster'), async route => {
    changed ||= route.request().method() !== 'GET';
    if (changed) return route.continue();
    kept ??= await route.fetch();
    return route.fulfill({response: kept});
  });
  await page.reload();
  await eventually('it is kept', async () => kept !== undefined);
  await seen(page.getByRole('button', {name: 'Move Ann down'}));
}

test('who edits what another has changed is told', {}, async place => {
  const {page} = place;
  await prepare(place);
  await keepWhatIsShown(page);
  await api(place, 'PUT', `${ROSTER}/zoe`, {display_name: 'Zoe'});
  await page.getByRole('button', {name: 'Move Ann down'}).click();
  await seen(page.getByRole('alert').filter({hasText: 'Somebody changed it meanwhile'}));
  await seen(page.locator('.buddy').filter({hasText: 'Zoe'}));
  assert.deepEqual(await order(place), ['Ann', 'Ben', 'Cem', 'Zoe']);
});

test('a name of dots leads to no other address', {}, async place => {
  const {page, token} = place;
  await api(place, 'PUT', '/api/v1/users/alice/roster/bob', {groups: ['Friends']});
  await page.route('**/api/v1/users/alice/roster?*', async route => { // as an old database may have it
    const answer = await route.fetch(), roster = await answer.json();
    roster.groups = ['..', '.'];
    roster.items[0].groups = ['..'];
    await route.fulfill({response: answer, json: roster});
  });
  const sent = [];
  page.on('request', request => { if (request.method() !== 'GET') sent.push(`${request.method()} ${request.url()}`); });
  await signIn(page, token, 'roster', '?user=alice');
  for (const name of ['..', '.']) {
    await agree(page.getByRole('button', {name: `Remove… the group ${name}`, exact: true}), 'Remove');
    await seen(page.getByRole('alert').filter({hasText: `“${name}” cannot be a name`}));
  }
  await page.getByRole('button', {name: 'Add a group'}).click();
  await page.getByRole('dialog').getByLabel('Name').fill(' .. ');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('dialog').getByText('“..” cannot be a name'));
  await page.keyboard.press('Escape');
  assert.deepEqual(sent, []);
  for (const user of ['..', '.']) {
    await visit(page, 'person', `?user=${user}`);
    await seen(page.getByText(`“${user}” cannot be a name`));
  }
  assert.deepEqual((await api(place, 'GET', '/api/v1/users/alice/roster')).groups, ['Friends']);
});
