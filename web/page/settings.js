// settings.js: every key of the configuration: what counts, who says so, what a reload takes over.
import {post} from './api.js';
import {confirm} from './dialogs.js';
import {h} from './dom.js';
import {say} from './stage.js';
import {badge, card, count, field, nameInput, table} from './widgets.js';

function value(one) {
  const text = JSON.stringify(one.value);
  return h('code', {}, text.length > 160 ? `${text.slice(0, 160)}…` : text);
}

function source(one) {
  if (one.source !== 'file') return h('span', {class: 'faint whole'}, one.source === 'default' ? 'the default' : one.source);
  return h('span', {class: 'whole', title: one.file}, `line ${one.line}`);
}

function takes(one) {
  if (one.needs_restart) return badge('warn', 'Waits for a restart');
  return one.live ? badge('good', 'By a reload') : badge('idle', 'By a restart');
}

const columns = [
  ['Key', one => h('span', {class: 'who'}, h('code', {class: 'name'}, one.key), h('span', {class: 'address'}, one.help))],
  ['Value', value, 'value'],
  ['Said by', source],
  ['Changes', takes],
];

/** Line and words of a fault in the file. */
const fault = error => (error.line ? `Line ${error.line}: ${error.message}` : error.message);

async function judge(ctx, path) {
  try {
    return await post(path);
  } catch (error) {
    if (error.status !== 422) throw error;
    ctx.state.fault = fault(error);
    return null;
  }
}

async function check(ctx) {
  ctx.state.fault = null;
  let good = null;
  const done = await ctx.act(async () => { good = await judge(ctx, '/api/v1/config/check'); });
  if (done && good) say('The file is good: a reload would take it.');
  return done && good;
}

function told({changed, needs_restart: restart}) {
  if (changed.length + restart.length === 0) return 'The file was read again; nothing has changed.';
  return [changed.length > 0 && `Counts now: ${changed.join(', ')}.`,
    restart.length > 0 && `Waits for a restart: ${restart.join(', ')}.`].filter(Boolean).join(' ');
}

/** What is not good is not asked about. */
async function reload(ctx) {
  if (!await check(ctx)) return;
  const sure = await confirm({title: 'Reload the configuration?', yes: 'Reload', danger: false,
    text: 'The file is good. What a reload takes over counts at once; the rest waits for a restart.'});
  if (!sure) return;
  let answer = null;
  const done = await ctx.act(async () => { answer = await judge(ctx, '/api/v1/config/reload'); });
  if (done && answer) say(told(answer));
}

/** Who looks for words looks among all; hundreds of keys have their default, and are in the way else. */
function shown(ctx, items) {
  const words = ctx.state.filter.trim().toLowerCase();
  const among = words || ctx.state.all ? items : items.filter(one => one.source !== 'default' || one.needs_restart);
  return among.filter(one => `${one.key} ${one.help} ${one.source}`.toLowerCase().includes(words));
}

export function settingsCard(ctx, items) {
  const waits = items.filter(one => one.needs_restart).length, found = shown(ctx, items);
  const file = items.find(one => one.file)?.file;
  return card('Configuration',
    file && h('p', {class: 'faint'}, 'From ', h('code', {}, file)),
    waits > 0 && h('p', {}, badge('warn', `${count(waits, 'change')} ${waits === 1 ? 'waits' : 'wait'} for a restart`)),
    h('div', {class: 'panel bad', role: 'alert', hidden: !ctx.state.fault, key: 'fault'}, ctx.state.fault &&
      [h('h3', {}, badge('bad', 'The file has a fault; nothing was changed')), h('p', {}, ctx.state.fault)]),
    h('div', {class: 'toolbar', key: 'tools'}, field('Find a key', nameInput({id: 'find-key', type: 'search', value: ctx.state.filter,
      oninput: event => {
        ctx.state.filter = event.target.value;
        ctx.redraw();
      }})), h('button', {onclick: () => check(ctx)}, 'Check the file'), h('button', {onclick: () => reload(ctx)}, 'Reload…')),
    h('label', {class: 'choice', key: 'all'}, h('input', {type: 'checkbox', checked: ctx.state.all, onchange: event => {
      ctx.state.all = event.target.checked;
      ctx.redraw();
    }}), 'Also keys that have their default'),
    table('Configuration', columns, found, one => one.key, ctx.state.filter ? 'No key is like that.' : 'Every key has its default.'),
    h('p', {class: 'faint', role: 'status'}, `${found.length} of ${count(items.length, 'key')} shown`));
}
