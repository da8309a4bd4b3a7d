// exchange.mjs: rosters as files, in and out.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {api, gone, seen, shot, signIn, test} from './case.mjs';

const ROSTER = '/api/v1/users/alice/roster';
const uris = async place => (await api(place, 'GET', ROSTER)).items.map(one => one.uri.slice(4));

async function choose(page, name, text, way) {
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', {name: 'Import…'}).click();
  await dialog.getByLabel('File').setInputFiles({name, mimeType: 'application/octet-stream', buffer: Buffer.from(text)});
  if (way) await dialog.getByLabel('How').selectOption(way);
  return dialog;
}

async function take(dialog) {
  await dialog.getByRole('button', {name: 'Import'}).click();
  await gone(dialog);
}

test('a roster is imported from CSV, JSON and vCards', {}, async place => {
  const {page, token} = place;
  await signIn(page, token, 'roster', '?user=alice');
  const csv = 'uri,display_name,groups,notes\r\nbob,"Bob, the Baker",Friends;Work,"two\nlines"\r\n\r\ncarol,,,\r\n';
  let dialog = await choose(page, 'r.csv', csv);
  await seen(dialog.getByText('2 entries: 2 new, 0 in the roster already.'));
  await seen(dialog.getByRole('row', {name: /bob/}).getByText('Friends, Work'));
  assert.deepEqual(await dialog.getByRole('row').filter({hasText: 'carol'}).getByRole('cell').last().innerText(), '5');
  await shot(page, 'import');
  assert.deepEqual(await uris(place), [], 'looking changes nothing');
  await take(dialog);
  await seen(page.getByRole('heading', {name: 'Work'}));
  assert.deepEqual(await uris(place), ['bob@example.org', 'carol@example.org']);
  dialog = await choose(page, 'r.json', JSON.stringify({items: [{uri: 'bob'}, {uri: 'dave', display_name: 'Dave'}]}), 'PUT');
  await seen(dialog.getByText(/2 entries: \d new/));
  await take(dialog);
  assert.deepEqual(await uris(place), ['bob@example.org', 'dave@example.org']);
  const cards = ['BEGIN:VCARD', 'VERSION:4.0', 'FN:Eve', 'IMPP:sip:eve@example.org', 'CATEGORIES:Family', 'END:VCARD', ''].join('\r\n');
  dialog = await choose(page, 'r.vcf', cards);
  await seen(dialog.getByText('1 entry: 1 new, 0 in the roster already.'));
  await take(dialog);
  await seen(page.getByRole('heading', {name: 'Family'}));
  assert.deepEqual(await uris(place), ['bob@example.org', 'dave@example.org', 'eve@example.org']);
});

test('what is wrong with a file is told with its line, and nothing is taken', {}, async place => {
  const {page, token} = place;
  await api(place, 'PUT', `${ROSTER}/zoe`, {display_name: 'Zoe'});
  await signIn(page, token, 'roster', '?user=alice');
  const csv = 'uri,display_name\nbob,Bob\n"not an address @@",X\ncarol,Carol\nbob,Again\n';
  let dialog = await choose(page, 'r.csv', csv, 'PUT');
  await seen(dialog.getByText('1 leaves it'));
  await dialog.getByRole('button', {name: 'Import'}).click();
  const faults = dialog.getByRole('list', {name: 'What is wrong with the file'}).getByRole('listitem');
  await seen(faults.filter({hasText: 'Line 3 (not an address @@'}));
  await seen(dialog.getByRole('alert').filter({hasText: 'The file has faults; nothing was changed.'}));
  assert.deepEqual(await uris(place), ['zoe@example.org']);
  await shot(page, 'import-faults');
  await dialog.getByRole('button', {name: 'Cancel'}).click();
  const json = '{\n  "groups": ["A"],\n  "items": [\n    {"uri": "bob"},\n    {"uri": "@@"}\n  ]\n}\n';
  dialog = await choose(page, 'r.json', json);
  await dialog.getByRole('button', {name: 'Import'}).click();
  await seen(faults.filter({hasText: 'Line 5 (@@'}));
  await dialog.getByRole('button', {name: 'Cancel'}).click();
  dialog = await choose(page, 'r.json', '{\n"items": [}');
  await dialog.getByRole('button', {name: 'Import'}).click();
  await seen(faults.filter({hasText: 'line 2'}));
  assert.deepEqual(await uris(place), ['zoe@example.org']);
});

test('a roster is exported, and what was exported is imported', {}, async place => {
  const {page, token} = place;
  await api(place, 'POST', ROSTER, {groups: ['Friends'], items: [{uri: 'bob', display_name: 'Bob "the" Baker, jr', groups: ['Friends'], notes: 'a\nb'}]});
  const [before] = (await api(place, 'GET', ROSTER)).items;
  await signIn(page, token, 'roster', '?user=alice');
  for (const [type, ending] of [['application/json', 'json'], ['text/csv', 'csv'], ['text/vcard', 'vcf']]) {
    await page.getByRole('button', {name: 'Export…'}).click();
    await page.getByLabel('Format').selectOption(type);
    const [got] = await Promise.all([page.waitForEvent('download'), page.getByRole('dialog').getByRole('button', {name: 'Export'}).click()]);
    assert.equal(got.suggestedFilename(), `roster-alice.${ending}`);
    const text = readFileSync(await got.path(), 'utf8');
    await api(place, 'DELETE', ROSTER);
    await take(await choose(page, got.suggestedFilename(), text));
    const [after] = (await api(place, 'GET', ROSTER)).items;
    assert.deepEqual({...after, position: 0}, {...before, position: 0}, type);
  }
});
