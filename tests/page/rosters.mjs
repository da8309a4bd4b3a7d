// rosters.mjs: the roster editor: buddies, groups and their order.
import assert from 'node:assert/strict';
import {api, eventually, gone, seen, shot, signIn, test} from './case.mjs';

const ROSTER = '/api/v1/users/alice/roster';
const PHONE = {browser: {viewport: {width: 360, height: 740}, hasTouch: true, isMobile: true}};
const names = page => page.locator('.buddy .name').allInnerTexts();
const order = async place => (await api(place, 'GET', ROSTER)).items.map(buddy => buddy.display_name);

async function prepare(place) {
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
  await page.getByRole('button', {name: 'Remove… Bob'}).click();
  await dialog.getByRole('button', {name: 'Remove'}).click();
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

test('buddies are dragged to another place and another group', {}, async place => {
  const {page} = place;
  await prepare(place);
  const buddy = name => page.locator('.buddy').filter({hasText: name});
  await buddy('Ben').dragTo(buddy('Ann'));
  await eventually('the order', async () => (await order(place)).join() === 'Ben,Ann,Cem');
  await eventually('it is shown', async () => (await names(page)).join() === 'Ben,Ann,Cem');
  await shot(page, 'roster');
  await buddy('Ben').dragTo(buddy('Cem'));
  await eventually('the group', async () => {
    const {items} = await api(place, 'GET', ROSTER);
    return items.find(one => one.display_name === 'Ben').groups.join() === 'Work';
  });
  await seen(page.locator('section').filter({has: page.getByRole('heading', {name: 'Work'})}).getByText('Ben', {exact: true}));
});

/** A finger goes from the middle of one thing to that of another, in steps. */
async function touchDrag(page, from, to) {
  const client = await page.context().newCDPSession(page);
  const middle = async locator => {
    const {x, y, width, height} = await locator.boundingBox();
    return {x: Math.round(x + width / 2), y: Math.round(y + height / 2)};
  };
  await from.scrollIntoViewIfNeeded();
  await to.scrollIntoViewIfNeeded();
  const a = await middle(from), b = await middle(to);
  const touch = (type, points) => client.send('Input.dispatchTouchEvent', {type, touchPoints: points});
  await touch('touchStart', [a]);
  for (let i = 1; i <= 5; i++) await touch('touchMove', [{x: a.x + (b.x - a.x) * i / 5, y: a.y + (b.y - a.y) * i / 5}]);
  await touch('touchEnd', []);
}

/** A finger that holds something at the lower edge has the page come along; what it loses stays. */
async function holdAtTheEdge(page, what) {
  await page.evaluate(() => scrollTo(0, 0));
  const client = await page.context().newCDPSession(page), box = await what.boundingBox();
  const touch = (type, points) => client.send('Input.dispatchTouchEvent', {type, touchPoints: points});
  await touch('touchStart', [{x: box.x + 9, y: box.y + 9}]);
  await touch('touchMove', [{x: box.x + 9, y: page.viewportSize().height - 5}]);
  await eventually('the page comes along', () => page.evaluate(() => scrollY > 0));
  await touch('touchCancel', []);
  await gone(page.locator('.ghost'));
}

test('a finger drags by the handle and scrolls elsewhere', PHONE, async place => {
  const {page} = place;
  await prepare(place);
  const grip = name => page.getByRole('button', {name: `Move ${name}: arrow keys up and down`});
  await touchDrag(page, grip('Ben'), grip('Ann'));
  await eventually('the order', async () => (await order(place)).join() === 'Ben,Ann,Cem');
  await eventually('it is shown', async () => (await names(page)).join() === 'Ben,Ann,Cem');
  await touchDrag(page, grip('Ben'), grip('Cem'));
  await eventually('the group', async () => {
    const {items} = await api(place, 'GET', ROSTER);
    return items.find(one => one.display_name === 'Ben').groups.join() === 'Work';
  });
  await touchDrag(page, grip('the group Work'), grip('the group Friends'));
  await eventually('the groups', async () => (await api(place, 'GET', ROSTER)).groups.join() === 'Work,Friends');
  await eventually('they are shown', async () => (await page.locator('.group h2').allInnerTexts()).join() === 'Work,Friends');
  const before = await order(place), name = page.locator('.buddy .name');
  await holdAtTheEdge(page, grip('Ann'));
  await page.evaluate(() => scrollTo(0, 0));
  await touchDrag(page, name.first(), page.locator('h1'));
  await eventually('the page scrolls', () => page.evaluate(() => scrollY > 0));
  assert.deepEqual(await order(place), before);
  assert.equal(await page.locator('.ghost, .dragging').count(), 0);
});

test('Escape lets go of what is dragged', {}, async place => {
  const {page} = place;
  await prepare(place);
  const buddy = name => page.locator('.buddy').filter({hasText: name});
  await buddy('Ben').hover();
  await page.mouse.down();
  await buddy('Ann').hover();
  await seen(page.locator('.ghost').filter({hasText: 'Ben'}));
  await seen(page.locator('.buddy.over').filter({hasText: 'Ann'}));
  await page.keyboard.press('Escape');
  await gone(page.locator('.ghost'));
  await page.mouse.up();
  assert.equal(await page.locator('.over').count(), 0);
  assert.deepEqual(await order(place), ['Ann', 'Ben', 'Cem']);
});

test('what is dragged goes where it is dropped, though the roster was read again', {}, async place => {
  const {page} = place;
  await page.clock.install();
  await prepare(place);
  const buddy = name => page.locator('.buddy').filter({hasText: name});
  await buddy('Ben').hover();
  await page.mouse.down();
  await buddy('Ann').hover();
  await seen(page.locator('.ghost').filter({hasText: 'Ben'}));
  await api(place, 'PUT', `${ROSTER}/zoe`, {display_name: 'Zoe'});
  await page.clock.fastForward(16000);
  await seen(buddy('Zoe'));
  await page.mouse.up();
  await eventually('the order', async () => (await order(place)).join() === 'Ben,Ann,Cem,Zoe');
});

test('groups are moved by hand and by key', {}, async place => {
  const {page} = place;
  await prepare(place);
  const groups = async () => (await api(place, 'GET', ROSTER)).groups.join();
  await page.getByRole('button', {name: 'Move the group Friends: arrow keys up and down'}).press('ArrowDown');
  await eventually('the order', async () => (await groups()) === 'Work,Friends');
  const head = name => page.locator('.group .head').filter({hasText: name});
  await eventually('it is shown', async () => (await page.locator('.group h2').allInnerTexts()).join() === 'Work,Friends');
  await head('Friends').dragTo(head('Work'));
  await eventually('the order', async () => (await groups()) === 'Friends,Work');
  await page.getByRole('button', {name: 'Add a group'}).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Family');
  await page.getByRole('dialog').getByRole('button', {name: 'Add'}).click();
  await eventually('a third', async () => (await groups()) === 'Friends,Work,Family');
  await page.getByRole('button', {name: 'Remove… the group Work'}).click();
  await page.getByRole('dialog').getByRole('button', {name: 'Remove'}).click();
  await eventually('it is gone', async () => (await groups()) === 'Friends,Family');
  assert.equal((await order(place)).length, 3);
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
