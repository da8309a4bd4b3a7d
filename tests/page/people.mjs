// people.mjs: figures, accounts and their presence.
import assert from 'node:assert/strict';
import {agree, api, eventually, gone, row, seen, shot, signIn, test, visit} from './case.mjs';

test('the dashboard shows figures and plots that go on', {}, async place => {
  const {page, ask, token} = place;
  await ask('register', {user: 'bob'});
  await signIn(page, token);
  const tile = page.locator('.tile').filter({hasText: 'Registrations'});
  await eventually('one registration', async () => (await tile.locator('.figure').innerText()) === '1');
  await tile.locator('path.line').waitFor({state: 'attached'});
  await ask('register', {user: 'alice'});
  await eventually('two registrations', async () => (await tile.locator('.figure').innerText()) === '2');
  await eventually('rates', async () => /\/s$/.test(await page.locator('.tile').filter({hasText: 'SIP messages in'}).locator('.figure').innerText()));
  await seen(page.getByText('Takes requests'));
  await seen(page.getByText('Nobody waits to be let in.'));
  await shot(page, 'dashboard');
});

test('a person is added, disabled, given a password and deleted', {}, async place => {
  const {page, token} = place;
  await signIn(page, token, 'people');
  await page.getByRole('button', {name: 'Add a person'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('no good name@@');
  await dialog.getByRole('button', {name: 'Add', exact: true}).click();
  await seen(dialog.getByRole('alert').filter({hasText: /./}));
  assert.equal(await dialog.getByLabel('Address').getAttribute('aria-invalid'), 'true');
  await dialog.getByLabel('Address').fill('carol');
  await dialog.getByLabel('Name').fill('Carol Example');
  await dialog.getByLabel('Password').fill('carol-pw-1');
  await shot(page, 'add-a-person');
  await dialog.getByRole('button', {name: 'Add', exact: true}).click();
  await gone(dialog);
  await seen(row(page, 'Carol Example').filter({hasText: 'In use'}));
  await seen(page.getByRole('status').filter({hasText: 'carol@example.org was added.'}));
  await page.getByRole('link', {name: /Carol Example/}).click();
  await seen(page.getByRole('heading', {name: 'Carol Example', level: 1}));
  await page.getByLabel('Name', {exact: true}).fill('Carol');
  await page.getByRole('button', {name: 'Save'}).click();
  await seen(page.getByRole('heading', {name: 'Carol', level: 1, exact: true}));
  await page.getByRole('button', {name: 'Set a password'}).click();
  await dialog.getByLabel('Password').fill('carol-pw-2');
  await dialog.getByRole('button', {name: 'Set the password'}).click();
  await gone(dialog);
  const version = (await api(place, 'GET', '/api/v1/users/carol')).version;
  await agree(page.getByRole('button', {name: 'Disable'}), 'Disable');
  await seen(page.getByRole('button', {name: 'Enable'}));
  const carol = await api(place, 'GET', '/api/v1/users/carol');
  assert.ok(carol.disabled && carol.version > version);
  await shot(page, 'person');
  await page.getByRole('button', {name: 'Delete'}).click();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel');
  await dialog.getByRole('button', {name: 'Delete'}).click();
  await seen(page.getByRole('heading', {name: 'People', level: 1}));
  await seen(page.getByRole('link', {name: 'bob@example.org', exact: true}));
  await gone(row(page, 'carol@example.org'));
  assert.equal((await fetch(`${place.url}/api/v1/users/carol`, {headers: {Authorization: `Bearer ${token}`}})).status, 404);
});

test('presence changes are seen while one looks', {}, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'people');
  await seen(row(page, 'bob@example.org').getByText('Offline'));
  await ask('register', {user: 'bob'});
  assert.equal((await ask('publish', {user: 'bob', note: 'In the garden'})).status, 200);
  await seen(row(page, 'bob@example.org').getByText('Available'));
  await seen(row(page, 'bob@example.org').getByText('In the garden'));
  await shot(page, 'people');
  await row(page, 'bob@example.org').getByRole('link', {name: 'bob@example.org', exact: true}).click();
  await page.getByText('Put a state in').click();
  await page.getByLabel('Activity').selectOption('meeting');
  await page.getByLabel('Note').fill('Until four');
  await page.getByRole('button', {name: 'Put in'}).click();
  await eventually('it is put in', async () => (await api(place, 'GET', '/api/v1/users/bob/presence')).set?.activities[0] === 'meeting');
  await seen(page.getByRole('button', {name: 'Take out'}));
  await agree(page.getByRole('button', {name: 'End… bob@127.0.0.1'}), 'End it');
  await seen(page.getByText('No device is registered.'));
  assert.deepEqual((await api(place, 'GET', '/api/v1/users/bob/registrations')).items, []);
});

test('everybody is found, not only who is shown', {server: {users: ['bob']}}, async place => {
  const {page, ask, token} = place;
  for (let i = 100; i < 160; i++) await api(place, 'POST', '/api/v1/users', {user: `a${i}`, display_name: `Ann ${i}`});
  await ask('register', {user: 'bob'});
  await ask('publish', {user: 'bob', note: 'Far behind'});
  await signIn(page, token, 'people');
  await seen(page.getByText('50 people shown'));
  await page.getByLabel('Find').fill('BOB@');
  await seen(row(page, 'bob@example.org').getByText('Far behind'));
  await seen(page.getByText('1 person shown'));
  await page.getByLabel('Find').fill('ann 1');
  await seen(page.getByText('50 people shown'));
  await page.getByRole('button', {name: 'Show more'}).click();
  await seen(page.getByText('60 people shown'));
  await seen(row(page, 'Ann 159').getByText('Offline'));
});

test('a display name is text, whatever it holds', {}, async place => {
  const {page, token} = place;
  const evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>&amp;';
  await api(place, 'PATCH', '/api/v1/users/alice', {display_name: evil});
  await api(place, 'PUT', '/api/v1/users/bob/roster/alice', {display_name: evil, notes: evil, groups: ['<b>g</b>']});
  await signIn(page, token, 'people');
  await seen(page.getByRole('link', {name: evil}));
  await visit(page, 'person', '?user=alice');
  await seen(page.getByRole('heading', {name: evil, level: 1}));
  await visit(page, 'roster', '?user=bob');
  await seen(page.getByRole('heading', {name: '<b>g</b>'}));
  await seen(page.locator('.buddy .name').filter({hasText: evil}));
  await page.getByRole('button', {name: 'Remove…'}).last().click();
  await seen(page.getByRole('dialog').getByText(`Remove ${evil}?`));
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator('img, main script, main b').count(), 0);
});
