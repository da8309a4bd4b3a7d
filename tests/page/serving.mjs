// serving.mjs: aliases, shared groups, devices, webhooks and the server itself.
import assert from 'node:assert/strict';
import {agree, api, eventually, fromTheTop, gone, row, seen, shot, signIn, tabTo, test} from './case.mjs';

const faultOf = (page, label) => page.locator('.field').filter({has: page.getByLabel(label, {exact: true})}).locator('.problem');

test('a user gets another name and loses it', {}, async place => {
  const {page, token} = place;
  const aliases = async () => (await api(place, 'GET', '/api/v1/users/alice/aliases')).items.map(one => one.alias);
  await signIn(page, token, 'person', '?user=alice');
  const name = page.getByLabel('Another name');
  await name.fill('bob');
  await page.getByRole('button', {name: 'Add', exact: true}).click();
  await seen(faultOf(page, 'Another name').filter({hasText: 'bob@example.org is an account'}));
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.ok(await name.evaluate(node => node === document.activeElement), 'the field has the focus');
  assert.deepEqual(await aliases(), []);
  await name.fill('sales');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('list', {name: 'Aliases'}).getByText('sales@example.org'));
  assert.deepEqual(await aliases(), ['sales@example.org']);
  assert.equal(await name.getAttribute('aria-invalid'), null);
  await agree(page.getByRole('button', {name: 'Remove… the alias sales@example.org'}), 'Take away');
  await seen(page.getByText('The user has no other name.'));
  assert.deepEqual(await aliases(), []);
});

test('a shared group is added, changed and removed', {}, async place => {
  const {page, token} = place;
  const groups = async () => (await api(place, 'GET', '/api/v1/groups')).items;
  await signIn(page, token, 'groups');
  await seen(page.getByText('There are no shared groups.'));
  await page.getByRole('button', {name: 'Add a shared group'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Short name').fill('staff');
  await dialog.getByLabel('Title').fill('<b>All</b> staff');
  await dialog.getByLabel('Who is in it').fill('alice\n\n@elsewhere.example\nbob');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await seen(faultOf(page, 'Who is in it').filter({hasText: 'Line 2: '}));
  assert.deepEqual(await groups(), []);
  await dialog.getByLabel('Who is in it').fill('@example.org');
  await dialog.getByLabel('Who sees it').fill('alice');
  await shot(page, 'shared-group');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await gone(dialog);
  await seen(row(page, '<b>All</b> staff').getByText('everybody of example.org'));
  assert.equal(await page.locator('main b').count(), 0);
  assert.deepEqual(await groups(), [{name: 'staff', title: '<b>All</b> staff', members: ['@example.org'], watchers: ['alice@example.org']}]);
  await page.getByRole('button', {name: 'Change…'}).click();
  await dialog.getByLabel('Title').fill('Staff');
  await dialog.getByLabel('Who sees it').fill('');
  await dialog.getByRole('button', {name: 'Save'}).click();
  await seen(row(page, 'Staff').getByText('its members'));
  assert.deepEqual((await groups())[0].watchers, []);
  await agree(page.getByRole('button', {name: 'Remove… Staff'}), 'Remove');
  await seen(page.getByText('There are no shared groups.'));
  assert.deepEqual(await groups(), []);
});

test('registrations and connections are ended from their lists', {}, async place => {
  const {page, ask, token} = place;
  await ask('register', {user: 'bob'});
  const {port} = await ask('connect');
  await signIn(page, token, 'devices');
  await seen(row(page, 'bob@example.org').getByText('Reachable'));
  await shot(page, 'devices');
  await row(page, 'bob@example.org').getByRole('button', {name: 'End…'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', {name: 'Cancel'}).click();
  assert.equal((await api(place, 'GET', '/api/v1/registrations')).items.length, 1);
  await agree(row(page, 'bob@example.org').getByRole('button', {name: 'End…'}), 'End it');
  await seen(page.getByText('No device is registered.'));
  assert.deepEqual((await api(place, 'GET', '/api/v1/registrations')).items, []);
  await agree(row(page, `:${port}`).getByRole('button', {name: 'Close…'}), 'Close it');
  await seen(page.getByText('No connection is open'));
  assert.equal((await ask('closed')).bytes, 0);
});

test('a call and a request are ended from their lists', {}, async place => {
  const {page, ask, token} = place;
  await ask('ring', {user: 'alice', to: 'bob'});
  await signIn(page, token, 'devices');
  const call = page.getByRole('region', {name: 'Calls'}).getByRole('row').filter({hasText: 'alice@example.org'});
  await seen(call.getByText('Rings'));
  await shot(page, 'calls');
  await call.getByRole('button', {name: 'End… alice@example.org calling bob@example.org'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', {name: 'Cancel'}).click();
  const requests = page.getByRole('region', {name: 'Requests without an answer'});
  const out = requests.getByRole('row').filter({hasText: 'INVITE'}).filter({hasText: 'to udp'});
  await out.getByRole('button', {name: 'End… the INVITE to udp'}).click();
  await seen(dialog.getByText('It is cancelled.'));
  await dialog.getByRole('button', {name: 'Cancel'}).click();
  assert.equal((await api(place, 'GET', '/api/v1/dialogs')).items.length, 1, 'nothing was done');
  await call.getByRole('button', {name: 'End…'}).click();
  await seen(dialog.getByText('as if alice@example.org had hung up'));
  await dialog.getByRole('button', {name: 'End it'}).click();
  await ask('hang_up', {user: 'bob'});
  await seen(page.getByText('Nobody calls anybody.'));
  await seen(page.getByText('No request is without an answer.'));
});

test('a request is ended', {}, async place => {
  const {page, ask, token} = place;
  await ask('ring', {user: 'alice', to: 'bob'});
  await signIn(page, token, 'devices');
  const requests = page.getByRole('region', {name: 'Requests without an answer'});
  await agree(requests.getByRole('row').filter({hasText: 'from udp'}).getByRole('button', {name: 'End… the INVITE'}), 'End it');
  await ask('hang_up', {user: 'bob'});
  await seen(page.getByText('No request is without an answer.'));
});

test('a publication is ended where its user is shown', {}, async place => {
  const {page, ask, token} = place;
  await ask('publish', {user: 'bob', note: 'In room 4'});
  await api(place, 'PUT', '/api/v1/users/bob/presence', {basic: 'closed'});
  await signIn(page, token, 'person', '?user=bob');
  const published = page.getByRole('region', {name: 'Publications'});
  await seen(published.getByText('Put in'));
  await shot(page, 'publications');
  assert.equal(await published.getByRole('button').count(), 1, 'what was put in is taken out elsewhere');
  await agree(published.getByRole('button', {name: 'End… the publication of presence'}), 'End it');
  await gone(published.getByText('Published'));
  const left = (await api(place, 'GET', '/api/v1/users/bob/publications')).items;
  assert.deepEqual(left.map(one => one.life), ['set']);
});

test('a domain is added, changed and removed', {}, async place => {
  const {page, token} = place;
  const made = async () => (await api(place, 'GET', '/api/v1/domains')).items.filter(one => one.source === 'api');
  await signIn(page, token, 'operations');
  const domains = page.getByRole('region', {name: 'Domains'}), dialog = page.getByRole('dialog');
  await seen(domains.getByText('The configuration'));
  assert.equal(await domains.getByRole('button', {name: 'Remove…'}).count(), 0, 'that of the configuration stays');
  await page.getByRole('button', {name: 'Add a domain'}).click();
  for (const [name, others, field, words] of [['Example.org', '', 'Domain', 'is served already'],
    ['..', '', 'Domain', null], ['no domain', '', 'Domain', /./], ['example.net', 'sip.example.net\n\na b', 'Other names of it', 'Line 2: ']]) {
    await dialog.getByLabel('Domain').fill(name);
    await dialog.getByLabel('Other names of it').fill(others);
    await dialog.getByRole('button', {name: 'Add'}).click();
    await seen(words ? faultOf(page, field).filter({hasText: words}) : dialog.getByText('cannot be a name'));
  }
  assert.deepEqual(await made(), []);
  await dialog.getByLabel('Other names of it').fill('sip.example.net');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await gone(dialog);
  await seen(row(page, 'example.net').getByText('Made here'));
  assert.deepEqual((await api(place, 'GET', '/api/v1/domains/example.net')).aliases, ['sip.example.net']);
  await page.getByRole('button', {name: 'Change… example.net'}).click();
  await dialog.getByLabel('Other names of it').fill('');
  await dialog.getByRole('button', {name: 'Save'}).click();
  await gone(dialog);
  assert.deepEqual((await api(place, 'GET', '/api/v1/domains/example.net')).aliases, []);
  await api(place, 'POST', '/api/v1/users', {user: 'dora@example.net', password: 'dora-pw'});
  const erase = async () => {
    await agree(page.getByRole('button', {name: 'Remove… example.net'}), 'Remove');
  };
  await erase();
  await seen(page.getByRole('alert').filter({hasText: 'example.net has 1 user;'}));
  await api(place, 'DELETE', '/api/v1/users/dora@example.net');
  await erase();
  await gone(domains.getByText('example.net', {exact: true}));
  assert.deepEqual(await made(), []);
});

test('a webhook is made with its secret, switched off and removed', {}, async place => {
  const {page, token} = place;
  const hooks = async () => (await api(place, 'GET', '/api/v1/webhooks')).items;
  await signIn(page, token, 'webhooks');
  await page.getByRole('button', {name: 'Add a webhook'}).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('http://hooks.example.org/in');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await seen(faultOf(page, 'Address').filter({hasText: 'plain http: would show events'}));
  assert.equal(await dialog.getByLabel('Address').getAttribute('aria-invalid'), 'true');
  await dialog.getByLabel('Address').fill('https://127.0.0.1:1/in');
  await dialog.getByLabel('Messages').uncheck();
  await dialog.getByLabel('Of this user alone').fill('nobody');
  await dialog.getByRole('button', {name: 'Add'}).click();
  await seen(faultOf(page, 'Of this user alone').filter({hasText: /./}));
  assert.deepEqual(await hooks(), []);
  await dialog.getByLabel('Of this user alone').fill('alice');
  await dialog.getByRole('button', {name: 'Add'}).click();
  const secret = dialog.getByLabel('The secret of the webhook');
  await seen(secret);
  const text = await secret.inputValue();
  assert.match(text, /^hws/);
  await dialog.getByRole('button', {name: 'Done'}).click();
  await gone(dialog);
  assert.ok(!(await page.content()).includes(text), 'it is not left anywhere');
  const [made] = await hooks();
  assert.deepEqual([made.url, made.types, made.user, made.active],
    ['https://127.0.0.1:1/in', ['presence', 'registrations', 'subscriptions'], 'alice@example.org', true]);
  const hook = row(page, 'https://127.0.0.1:1/in');
  await hook.getByRole('button', {name: 'Switch off'}).click();
  await seen(hook.getByText('Off', {exact: true}));
  assert.equal((await hooks())[0].active, false);
  await hook.getByRole('button', {name: 'Switch on'}).click();
  await seen(hook.getByText('On', {exact: true}));
  await agree(hook.getByRole('button', {name: 'Remove…'}), 'Remove');
  await seen(page.getByText('Events are posted to nobody.'));
  assert.deepEqual(await hooks(), []);
});

test('the configuration is looked at, checked and read again', {}, async place => {
  const {page, ask, token} = place;
  await signIn(page, token, 'operations');
  const key = row(page, 'policy.default'), usual = row(page, 'presence.hold_s');
  await seen(key.getByText('"buddies"'));
  assert.equal(await usual.count(), 0, 'it has its default');
  await page.getByLabel('Also keys that have their default').check();
  await seen(usual.getByText('the default'));
  await page.getByLabel('Also keys that have their default').uncheck();
  await gone(usual);
  await page.getByLabel('Find a key').fill('hold_s');
  await seen(usual);
  await page.getByLabel('Find a key').fill('policy.default');
  await gone(usual);
  await seen(key.getByText('line 4'));
  await seen(key.getByText('By a reload'));
  await ask('configure', {usual: 'nonsense'});
  await page.getByRole('button', {name: 'Check the file'}).click();
  await seen(page.getByRole('alert').filter({hasText: 'Line 4: '}));
  await page.getByRole('button', {name: 'Reload…'}).click();
  await seen(page.getByRole('alert').filter({hasText: 'nothing was changed'}));
  assert.equal(await page.getByRole('dialog').count(), 0, 'what is not good is not asked about');
  await seen(key.getByText('"buddies"'));
  await ask('configure', {usual: 'everybody', more: 'backup: { keep = 3; };'});
  await page.getByRole('button', {name: 'Check the file'}).click();
  await seen(page.getByRole('status').filter({hasText: 'The file is good'}));
  assert.equal(await page.getByRole('alert').filter({hasText: /./}).count(), 0);
  await agree(page.getByRole('button', {name: 'Reload…'}), 'Reload');
  await seen(page.getByRole('status').filter({hasText: 'policy.default'}));
  await seen(key.getByText('"everybody"'));
});

test('certificates, backups and the level of the log', {server: {tls: true}}, async place => {
  const {page, token} = place;
  await signIn(page, token, 'operations');
  const certificates = page.getByRole('region', {name: 'Certificates'});
  await seen(certificates.getByText('SIP over TLS'));
  await seen(certificates.getByText(/In \d+ days/));
  await page.getByRole('button', {name: 'Make a backup'}).click();
  await seen(page.getByRole('status').filter({hasText: 'was made and checked'}));
  const [made] = (await api(place, 'GET', '/api/v1/backups')).items;
  await seen(page.getByRole('region', {name: 'Backups'}).getByText(made.name));
  await page.getByLabel('What is written').selectOption('warning');
  await eventually('it is set', async () => (await api(place, 'GET', '/api/v1/log')).level === 'warning');
  await shot(page, 'operations');
});

test('the keyboard alone adds a shared group and switches a webhook off', {}, async place => {
  const {page, token} = place;
  await api(place, 'POST', '/api/v1/webhooks', {url: 'https://127.0.0.1:1/in'});
  await signIn(page, token);
  const open = async name => {
    await fromTheTop(page);
    await tabTo(page, name);
    await page.keyboard.press('Enter');
    await seen(page.getByRole('heading', {name, level: 1}));
  };
  await open('Shared groups');
  await tabTo(page, 'Add a shared group');
  await page.keyboard.press('Enter');
  await page.keyboard.type('staff');
  await tabTo(page, 'Who is in it');
  await page.keyboard.type('@example.org');
  await tabTo(page, 'Add');
  await page.keyboard.press('Enter');
  await seen(row(page, 'staff').getByText('everybody of example.org'));
  await open('Webhooks');
  await tabTo(page, 'Switch off');
  await page.keyboard.press('Space');
  await seen(page.getByText('Off', {exact: true}));
});
