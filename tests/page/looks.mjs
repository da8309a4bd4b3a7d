// looks.mjs: every view in light and dark, at phone width, by keyboard alone, and as a screen reader
// finds it (axe-core); and what the browser is told about the page.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {PHONE, api, eventually, fromTheTop, judgeWidth, judgeWords, seen, shot, signIn, tabTo, test, visit} from './case.mjs';

const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

const VIEWS = [['dashboard', ''], ['people', ''], ['person', '?user=alice'], ['roster', '?user=alice'], ['roster', ''],
  ['rules', '?user=bob'], ['rules', ''], ['messages', '?user=alice'], ['subscriptions', ''],
  ['explain', '?watcher=alice&presentity=bob'], ['trace', ''], ['tokens', ''],
  ['groups', ''], ['devices', ''], ['webhooks', ''], ['operations', '']];
const DIALOGS = [['tokens', '', 'Make a token'], ['people', '', 'Add a person'], ['person', '?user=alice', 'Delete…'],
  ['roster', '?user=alice', 'Import…'], ['roster', '?user=alice', 'Change…'], ['groups', '', 'Change…'], ['webhooks', '', 'Add a webhook'],
  ['devices', '', 'End…'], ['person', '?user=bob', 'End…'], ['operations', '', 'Add a domain']];
const BUSY = {usual: 'ask', tls: true, users: ['alice', 'bob', 'carol', 'a-user-with-a-rather-long-name-that-goes-on-and-on']};

async function fill(place) {
  const {ask} = place;
  await api(place, 'POST', '/api/v1/users/alice/roster', {groups: ['Friends', 'Work'], items: [
    {uri: 'sip:bob@example.org', display_name: 'Bob', groups: ['Friends'], notes: 'Second floor'},
    {uri: 'sip:carol@example.org', groups: ['Friends', 'Work']},
    {uri: 'sip:a-user-with-a-rather-long-name-that-goes-on-and-on@example.org', display_name: 'A rather long name of somebody', groups: []}]});
  await api(place, 'PATCH', '/api/v1/users/bob', {display_name: 'Bob Baker'});
  await api(place, 'PUT', '/api/v1/users/alice/aliases/sales');
  await api(place, 'PUT', '/api/v1/groups/staff', {title: 'All staff', members: ['@example.org'], watchers: ['alice']});
  await api(place, 'POST', '/api/v1/webhooks', {url: 'https://127.0.0.1:1/a-path-that-is-rather-long/and-goes-on', active: false});
  await api(place, 'PUT', '/api/v1/domains/a-domain-with-a-rather-long-name-that-goes-on-and-on.example', {});
  await ask('register', {user: 'bob'});
  await ask('publish', {user: 'bob', note: 'In room 4'});
  await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await ask('subscribe', {watcher: 'carol', presentity: 'bob'});
  await api(place, 'PUT', '/api/v1/users/bob/rules/alice', {handling: 'allow'});
  await ask('hear', {user: 'alice', method: 'NOTIFY', words: 'In room 4'});
  await ask('ring', {user: 'carol', to: 'bob'});
}

const TAGS = {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']};
const COLOURS = {type: 'rule', values: ['color-contrast']}; // what else there is does not depend on them

async function judge(page, where, runOnly = TAGS) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(`${axe}; undefined`);
  const faults = await page.evaluate(async rules => {
    const {violations} = await window.axe.run(document, {runOnly: rules, resultTypes: ['violations']});
    return violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => `${node.html} ${node.failureSummary}`).join(' | ')}`);
  }, runOnly); // what is good stays there: it is megabytes
  assert.deepEqual(faults, [], where);
}

for (const [scheme, rules] of [['light', TAGS], ['dark', COLOURS]]) {
  test(`every view in ${scheme} colours has no fault that axe finds`, {server: BUSY, browser: {colorScheme: scheme, reducedMotion: 'reduce'}}, async place => {
    const {page, token} = place;
    await page.goto('/');
    await seen(page.getByLabel('Token'));
    await judge(page, 'sign in', rules);
    await fill(place);
    await signIn(page, token);
    for (const [view, query] of VIEWS) {
      await visit(page, view, query);
      await seen(page.locator('main h1'));
      if (view === 'operations') await page.getByLabel('Find a key').fill('tls'); // of every kind
      await judge(page, `${view}${query}`, rules);
      await shot(page, `${scheme}-${view}${query ? '-of' : ''}`);
    }
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red] = ground.match(/\d+/g).map(Number);
    assert.ok(scheme === 'dark' ? red < 60 : red > 200, ground);
    for (const [view, query, button] of DIALOGS) {
      await visit(page, view, query);
      await page.getByRole('button', {name: button}).first().click();
      await seen(page.getByRole('dialog'));
      await judge(page, button, rules);
      await page.keyboard.press('Escape');
    }
  });
}

test('every view fits a phone and a tablet', {server: BUSY, browser: PHONE}, async place => {
  const {page, token} = place;
  await page.goto('/');
  await judgeWidth(page, 'sign in');
  await fill(place);
  await signIn(page, token);
  await page.getByRole('button', {name: 'Menu'}).click();
  await judgeWidth(page, 'menu');
  await shot(page, 'phone-menu');
  await page.getByRole('link', {name: 'Tokens'}).click();
  await seen(page.getByRole('heading', {name: 'Tokens', level: 1}));
  await eventually('the menu folds up', async () => !await page.getByRole('navigation', {name: 'Views'}).isVisible());
  for (const [view, query] of VIEWS) {
    await visit(page, view, query);
    await seen(page.locator('main h1'));
    await judgeWidth(page, `${view}${query}`);
    await judgeWords(page, `${view}${query}`);
    await shot(page, `phone-${view}${query ? '-of' : ''}`);
  }
  for (const [view, query, button] of DIALOGS) {
    await visit(page, view, query);
    await page.getByRole('button', {name: button}).first().click();
    await seen(page.getByRole('dialog'));
    await judgeWidth(page, button);
    await judgeWords(page, button);
    await page.keyboard.press('Escape');
  }
  await page.setViewportSize({width: 840, height: 1100}); // the views stand beside it already
  for (const [view, query] of VIEWS) {
    await visit(page, view, query);
    await seen(page.locator('main h1'));
    await judgeWidth(page, `${view}${query} on a tablet`);
  }
});

/** Who has the focus, unless something lies over its upper or lower edge. */
const focused = page => page.evaluate(() => {
  const node = document.activeElement, {left, top, width, height} = node.getBoundingClientRect();
  const isFree = y => {
    const there = document.elementFromPoint(left + width / 2, y);
    return node.contains(there) || there?.contains(node);
  };
  const seen = height > innerHeight / 2 || (isFree(top + 3) && isFree(top + height - 3));
  return {name: node.textContent || node.id, done: Boolean(node.closest('#top')), seen};
});

test('nothing on a phone lies over what has the focus', {server: BUSY, browser: PHONE}, async place => {
  const {page, token} = place;
  await fill(place);
  await signIn(page, token);
  for (const [view, query] of [['person', '?user=bob'], ['subscriptions', ''], ['devices', '']]) {
    await visit(page, view, query);
    await page.locator('main button').last().focus();
    for (let at = await focused(page); !at.done; at = await focused(page)) {
      assert.ok(at.seen, `${view}: ${at.name}`);
      await page.keyboard.press('Shift+Tab');
    }
  }
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.getByRole('button', {name: 'Menu'}).press('Enter');
  const views = page.getByRole('navigation', {name: 'Views'});
  assert.ok(await views.evaluate(node => node.getBoundingClientRect().top > 0), 'it opens where one is');
  for (let left = await views.getByRole('link').count(); left >= 0; left--) { // and what comes after
    assert.equal(await views.isVisible(), true, 'the menu');
    await page.keyboard.press('Tab');
    const at = await focused(page);
    assert.ok(at.seen, at.name);
  }
  assert.equal(await views.isVisible(), false, 'it folds up');
  await page.getByRole('button', {name: 'Menu'}).tap();
  await seen(views);
  await page.touchscreen.tap(3, page.viewportSize().height - 3);
  await views.waitFor({state: 'hidden'});
});

test('the keyboard alone signs in, adds a person and decides', {server: {usual: 'ask'}}, async place => {
  const {page, ask, token} = place;
  await ask('subscribe', {watcher: 'alice', presentity: 'bob'});
  await page.goto('/');
  await page.keyboard.type(token);
  await page.keyboard.press('Enter');
  await seen(page.getByRole('heading', {name: 'Dashboard', level: 1}));
  await fromTheTop(page);
  await tabTo(page, 'People');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('heading', {name: 'People', level: 1}));
  await eventually('the heading has the focus', () => page.evaluate(() => document.activeElement.id === 'title'));
  await tabTo(page, 'Add a person');
  await page.keyboard.press('Enter');
  await page.keyboard.type('carol');
  await page.keyboard.press('Escape');
  await seen(page.getByRole('button', {name: 'Add a person'}));
  await eventually('the focus is back', () => page.evaluate(() => document.activeElement.textContent === 'Add a person'));
  await page.keyboard.press('Enter');
  await page.keyboard.type('carol');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('link', {name: 'carol@example.org', exact: true}));
  await eventually('the focus is back again', () => page.evaluate(() => document.activeElement.textContent === 'Add a person'));
  await fromTheTop(page);
  await tabTo(page, 'Rules');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('heading', {name: 'Rules', level: 1}));
  await tabTo(page, 'Approve alice@example.org');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, 'solid', 'the focus is seen');
  await page.keyboard.press('Enter');
  await seen(page.getByText('Nobody waits to be let in.'));
  await eventually('the focus is not lost with the row', () => page.evaluate(() => document.activeElement.id === 'title'));
  await fromTheTop(page);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
});

test('the browser is told to load and run nothing else', {}, async ({page, url, token, complaints}) => {
  const answer = await page.goto('/');
  const fields = answer.headers();
  for (const word of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) {
    assert.ok(fields['content-security-policy'].includes(word), word);
  }
  assert.ok(!/unsafe|\*|https?:/.test(fields['content-security-policy']));
  assert.equal(fields['x-content-type-options'], 'nosniff');
  assert.equal(fields['referrer-policy'], 'no-referrer');
  assert.equal(fields['x-frame-options'], 'DENY');
  const known = await fetch(url, {headers: {'If-None-Match': fields.etag}});
  assert.equal(known.status, 304);
  const others = [];
  page.on('request', request => { if (!request.url().startsWith(url)) others.push(request.url()); });
  await signIn(page, token);
  for (const [view, query] of VIEWS) await visit(page, view, query);
  assert.deepEqual(others, []);
  assert.deepEqual(complaints, []);
  await assert.rejects(page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.hit = 1';
    document.body.append(script);
  }), /requires 'TrustedScript'/);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  await eventually('the browser says so', () => complaints.length > 0);
  complaints.length = 0;
});
