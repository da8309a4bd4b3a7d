// exchange.js: rosters as files: JSON, CSV or vCards, out of the server and into it. The server
// judges a file as a whole; what it finds wrong is shown with the line where the entry begins.
import {Problem, call, ofUser} from './api.js';
import {form} from './dialogs.js';
import {h, update} from './dom.js';
import {entriesOf, typeOf} from './rosterfile.js';
import {say} from './stage.js';
import {bare, count, select, table} from './widgets.js';

const SHOWN = 8;
const FORMATS = [['application/json', 'JSON: all of it, in order', 'json'],
  ['text/csv', 'CSV: for a spreadsheet', 'csv'], ['text/vcard', 'vCards: for an address book', 'vcf']];
const WAYS = [['POST', 'Add and change'], ['PUT', 'Replace the roster']];

function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  h('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function textOf(ctx, type) {
  if (type !== 'application/json') return (await call('GET', ofUser(ctx.user, 'roster'), {accept: type})).text();
  await ctx.reload();
  const {groups, items} = ctx.data;
  return `${JSON.stringify({groups, items}, null, 2)}\n`;
}

export function exportForm(ctx) {
  form({
    title: `Export the roster of ${bare(ctx.user)}`, yes: 'Export',
    fields: [{name: 'type', label: 'Format', control: select({}, FORMATS)}],
    async send({type}) {
      const [, , ending] = FORMATS.find(([one]) => one === type);
      download(`roster-${bare(ctx.user)}.${ending}`, type, await textOf(ctx, type));
      say('The roster was exported.');
    },
  });
}

const about = entry => [h('bdi', {}, bare(entry.uri) || 'no address'), entry.name && [', ', h('bdi', {}, entry.name)]];

/** What the file would do, before it is sent. */
function preview(ctx, file, way) {
  const known = new Set(ctx.data.items.map(one => bare(one.uri)));
  const {entries} = file, old = entries.filter(one => known.has(bare(one.uri))).length;
  const leave = way === 'PUT' ? known.size - old : 0;
  return [
    h('p', {}, `${count(entries.length, 'entry', 'entries')}: ${entries.length - old} new, ${old} in the roster already`,
      way === 'PUT' && `, ${leave} ${leave === 1 ? 'leaves' : 'leave'} it`, '.'),
    table('Entries of the file', [['Address', one => h('bdi', {}, bare(one.uri))], ['Name', one => h('bdi', {}, one.name ?? '')],
      ['Groups', one => (one.groups ?? []).join(', ')], ['Line', one => one.line]],
    entries.slice(0, SHOWN), one => one.line, 'No entry was found in it.'),
    entries.length > SHOWN && h('p', {class: 'faint'}, `and ${entries.length - SHOWN} more`)];
}

/** The faults with their lines: "/items/3/uri" is about the fourth entry. */
function faultList(file, problem) {
  const faults = problem.errors ?? [{field: problem.field, detail: problem.message}];
  return h('ul', {class: 'plain faults', tabindex: '0', 'aria-label': 'What is wrong with the file'}, faults.map(({field, detail}) => {
    const number = /^\/items\/(\d+)/.exec(field ?? '')?.[1];
    const entry = number && file.entries[Number(number)];
    return h('li', {}, entry && [h('strong', {}, `Line ${entry.line}`), ' (', about(entry), '): '], detail);
  }));
}

async function send(ctx, file, way, place) {
  if (!file) throw new Problem(422, {field: 'file', detail: 'Choose a file first.'});
  try {
    const answer = await call(way, ofUser(ctx.user, 'roster'), {body: file.text, type: file.type, etag: ctx.data.etag});
    const {changed} = await answer.json();
    say(`${count(changed, 'entry was', 'entries were')} imported.`);
  } catch (problem) {
    if (problem.status !== 400) throw problem;
    update(place, faultList(file, problem));
    throw new Problem(400, {detail: 'The file has faults; nothing was changed.'});
  } finally {
    await ctx.reload();
  }
}

export async function importForm(ctx) {
  await ctx.reload(); // what a file would change is said of what there is now
  const place = h('div', {class: 'preview', 'aria-live': 'polite'});
  let file = null;
  const show = () => update(place, file && preview(ctx, file, way.value));
  const way = select({onchange: show}, WAYS);
  const chosen = h('input', {type: 'file', required: true, accept: '.json,.csv,.vcf,.vcard,application/json,text/csv,text/vcard', onchange: async () => {
    const [one] = chosen.files;
    file = one ? {text: await one.text(), type: typeOf(one.name)} : null;
    if (file) file.entries = entriesOf(file.text, file.type);
    show();
  }});
  form({
    title: `Import into the roster of ${bare(ctx.user)}`, yes: 'Import',
    text: 'All of the file is taken, or nothing.',
    fields: [{name: 'file', label: 'File', hint: 'JSON (.json), CSV (.csv, with the columns uri, display_name, groups, notes) or vCards (.vcf)', control: chosen},
      {name: 'way', label: 'How', hint: 'Who is not in the file stays, unless it replaces the roster.', control: way}, {control: place}],
    send: values => send(ctx, file, values.way, place),
  });
}
