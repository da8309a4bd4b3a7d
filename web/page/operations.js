// operations.js: what the server runs by: domains, certificates, backups, the log; settings.js has the rest.
import {get, list, orNothing, post, put} from './api.js';
import {domainsCard} from './domains.js';
import {h} from './dom.js';
import {settingsCard} from './settings.js';
import {say} from './stage.js';
import {badge, card, field, select, table, when} from './widgets.js';

const LEVELS = [['error', 'Errors alone'], ['warning', 'Warnings too'], ['info', 'What happens'], ['debug', 'Everything']];
const SOON_DAYS = 21, DAY_MS = 86400000;

const sizes = new Intl.NumberFormat(undefined, {maximumFractionDigits: 1});

function size(bytes) {
  return bytes < 1048576 ? `${sizes.format(bytes / 1024)} KiB` : `${sizes.format(bytes / 1048576)} MiB`;
}

/** "In 80 days", and how good that is. */
function expiry(one) {
  if (!one.expires) return badge('idle', 'Unknown');
  const days = Math.floor((new Date(one.expires) - Date.now()) / DAY_MS);
  if (days < 0) return badge('bad', 'Expired');
  return badge(days < SOON_DAYS ? 'warn' : 'good', days === 0 ? 'Within a day' : `In ${days} days`);
}

function certificatesCard(items) {
  return card('Certificates', table('Certificates', [
    ['For', one => h('span', {class: 'who'}, h('span', {class: 'name'}, one.names.join(', ') || one.subject || 'Without a name'),
      h('span', {class: 'address'}, one.use === 'https' ? 'HTTPS' : 'SIP over TLS'))],
    ['Expires', one => h('span', {}, expiry(one), ' ', h('span', {class: 'faint'}, when(one.expires, '')))],
    ['File', one => h('code', {}, one.file)],
  ], items, one => `${one.use} ${one.file}`, 'None is in use: nothing is listened to with TLS.'));
}

async function makeBackup(ctx) {
  let made = null;
  ctx.state.copying = true;
  ctx.redraw();
  const done = await ctx.act(async () => { made = await post('/api/v1/backups'); });
  ctx.state.copying = false;
  ctx.redraw();
  if (done) say(`The backup ${made.name} was made and checked.`);
}

function backupsCard(ctx, items) {
  return card('Backups',
    h('p', {class: 'faint'}, 'A copy of the database, made and checked while the server serves.'),
    table('Backups', [['Name', one => h('code', {}, one.name)], ['Made', one => when(one.time)], ['Size', one => size(one.bytes)]],
      items, one => one.name, 'There is none yet.'),
    h('div', {class: 'buttons'}, h('button', {disabled: ctx.state.copying, onclick: () => makeBackup(ctx)},
      ctx.state.copying ? 'Being made…' : 'Make a backup')));
}

function logCard(ctx, level) {
  return card('Log', field('What is written', select({id: 'log-level', name: 'level', value: level, onchange: event =>
    ctx.act(() => put('/api/v1/log', {level: event.target.value}), `The level of the log is ${event.target.value} now.`)}, LEVELS),
  'Until the next reload or restart; log.level keeps it.'));
}

export default {
  title: 'Operations',
  every: 15000,
  start: () => ({filter: '', all: false, copying: false}),
  async load(ctx) {
    const part = path => orNothing(get(path, ctx.signal));
    const [config, backups, certificates, log, domains] = await Promise.all([get('/api/v1/config', ctx.signal),
      part('/api/v1/backups'), part('/api/v1/certificates'), part('/api/v1/log'),
      orNothing(list('/api/v1/domains', 10000, ctx.signal))]);
    ctx.data = {config: config.items, backups, certificates, log, domains};
  },
  draw(ctx) {
    const {config, backups, certificates, log, domains} = ctx.data;
    return [h('div', {class: 'columns', key: 'cards'}, backups && backupsCard(ctx, backups.items), log && logCard(ctx, log.level)),
      domains && domainsCard(ctx, domains.items), certificates && certificatesCard(certificates.items), settingsCard(ctx, config)];
  },
};
