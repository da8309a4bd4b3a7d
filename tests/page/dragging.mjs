// dragging.mjs: buddies and groups in their order, by mouse, finger and key.
import assert from 'node:assert/strict';
import {PHONE, agree, api, eventually, gone, seen, shot, test} from './case.mjs';
import {ROSTER, names, order, prepare} from './rosters.mjs';

const buddyOf = (page, name) => page.locator('.buddy').filter({hasText: name});

/** Ben stands in the group of Cem. */
const benIsAtWork = place => eventually('the group', async () => {
  const {items} = await api(place, 'GET', ROSTER);
  return items.find(one => one.display_name === 'Ben').groups.join() === 'Work';
});

test('buddies are dragged to another place and another group', {}, async place => {
  const {page} = place;
  await prepare(place);
  const buddy = name => buddyOf(page, name);
  await buddy('Ben').dragTo(buddy('Ann'));
  await eventually('the order', async () => (await order(place)).join() === 'Ben,Ann,Cem');
  await eventually('it is shown', async () => (await names(page)).join() === 'Ben,Ann,Cem');
  await shot(page, 'roster');
  await buddy('Ben').dragTo(buddy('Cem'));
  await benIsAtWork(place);
  await seen(page.locator('section').filter({has: page.getByRole('heading', {name: 'Work'})}).getByText('Ben', {exact: true}));
});

/** touch(type, points): what a finger does to the screen. */
async function fingerOf(page) {
  const client = await page.context().newCDPSession(page);
  return (type, touchPoints) => client.send('Input.dispatchTouchEvent', {type, touchPoints});
}

/** A finger goes from the middle of one thing to that of another, in steps. */
async function touchDrag(page, from, to) {
  const touch = await fingerOf(page);
  const middle = async locator => {
    const {x, y, width, height} = await locator.boundingBox();
    return {x: Math.round(x + width / 2), y: Math.round(y + height / 2)};
  };
  await from.scrollIntoViewIfNeeded();
  await to.scrollIntoViewIfNeeded();
  const a = await middle(from), b = await middle(to);
  await touch('touchStart', [a]);
  for (let i = 1; i <= 5; i++) await touch('touchMove', [{x: a.x + (b.x - a.x) * i / 5, y: a.y + (b.y - a.y) * i / 5}]);
  await touch('touchEnd', []);
}

/** A finger that holds something at the lower edge has the page come along; what it loses stays. */
async function holdAtTheEdge(page, what) {
  await page.evaluate(() => scrollTo(0, 0));
  const touch = await fingerOf(page), box = await what.boundingBox();
  await touch('touchStart', [{x: box.x + 9, y: box.y + 9}]);
  await touch('touchMove', [{x: box.x + 9, y: page.viewportSize().height - 5}]);
  await eventually('the page comes along', () => page.evaluate(() => scrollY > 0));
  await touch('touchCancel', []);
  await gone(page.locator('.ghost'));
}

test('a finger drags by the handle and scrolls elsewhere', {browser: PHONE}, async place => {
  const {page} = place;
  await prepare(place);
  const grip = name => page.getByRole('button', {name: `Move ${name}: arrow keys up and down`});
  await touchDrag(page, grip('Ben'), grip('Ann'));
  await eventually('the order', async () => (await order(place)).join() === 'Ben,Ann,Cem');
  await eventually('it is shown', async () => (await names(page)).join() === 'Ben,Ann,Cem');
  await touchDrag(page, grip('Ben'), grip('Cem'));
  await benIsAtWork(place);
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

/** The mouse holds Ben over Ann. */
async function holdBenOverAnn(page) {
  await buddyOf(page, 'Ben').hover();
  await page.mouse.down();
  await buddyOf(page, 'Ann').hover();
  await seen(page.locator('.ghost').filter({hasText: 'Ben'}));
}

test('Escape lets go of what is dragged', {}, async place => {
  const {page} = place;
  await prepare(place);
  await holdBenOverAnn(page);
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
  await holdBenOverAnn(page);
  await api(place, 'PUT', `${ROSTER}/zoe`, {display_name: 'Zoe'});
  await page.clock.fastForward(16000);
  await seen(buddyOf(page, 'Zoe'));
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
  await agree(page.getByRole('button', {name: 'Remove… the group Work'}), 'Remove');
  await eventually('it is gone', async () => (await groups()) === 'Friends,Family');
  assert.equal((await order(place)).length, 3);
});
