// dashboard.js: how the server does: figures, how they go, and what wants a decision.
import {call, get, list} from './api.js';
import {h} from './dom.js';
import {Series, tile} from './plot.js';
import {link} from './users.js';
import {badge, bare, card, count, duration, when} from './widgets.js';

const EVERY_MS = 2000, WAITING_EVERY = 5;

const figures = [['registrations', 'Registrations'], ['publications', 'Publications', 'people'],
  ['subscriptions', 'Subscriptions', 'subscriptions'], ['lines', 'Calls'],
  ['messages_waiting', 'Held messages', 'messages'], ['users', 'Accounts', 'people']];
const rates = [['messages_received', 'SIP messages in'], ['messages_sent', 'SIP messages out'],
  ['notifies_sent', 'NOTIFYs'], ['requests_refused', 'Refused requests']];

/** Kept while the tab is open, so that the plots go on when one comes back. */
const history = new Map();
let before = null;

function series(name) {
  if (!history.has(name)) history.set(name, new Series());
  return history.get(name);
}

function readCounters(text) {
  const counters = new Map();
  for (const [, name, value] of text.matchAll(/^herald_(\w+?)(?:_total)? ([0-9.e+]+)$/gm)) {
    counters.set(name, Number(value));
  }
  return counters;
}

async function loadRates(signal) {
  const response = await call('GET', '/metrics', {signal});
  const counters = readCounters(await response.text()), now = performance.now();
  const spent = before && (now - before.at) / 1000;
  for (const [name] of rates) {
    const grown = before ? counters.get(name) - before.counters.get(name) : 0;
    if (before && spent > 0.5 && grown >= 0) series(name).add(grown / spent);
  }
  if (!before || spent > 0.5) before = {at: now, counters};
}

async function loadWaiting(ctx) {
  ctx.state.turn = (ctx.state.turn ?? -1) + 1;
  if (ctx.state.turn % WAITING_EVERY !== 0) return;
  try {
    const {items} = await list('/api/v1/subscriptions?event=presence&limit=1000', 5000, ctx.signal);
    ctx.state.waiting = items.filter(one => one.state === 'pending' || one.state === 'waiting');
  } catch (error) {
    if (error.status === undefined) throw error; // else: a token for the figures alone
  }
}

function waitingCard(waiting) {
  if (!waiting) return null;
  if (waiting.length === 0) return card('Wants a decision', h('p', {class: 'empty'}, 'Nobody waits to be let in.'));
  return card('Wants a decision',
    h('p', {}, badge('warn', `${count(waiting.length, 'watcher')} ${waiting.length === 1 ? 'waits' : 'wait'} for a word`)),
    h('ul', {class: 'plain'}, waiting.slice(0, 5).map(one => h('li', {key: one.id},
      h('a', {href: link('rules', {user: one.presentity})}, bare(one.watcher)), ' wants to see ', bare(one.presentity)))),
    h('a', {class: 'button', href: link('rules')}, 'Decide'));
}

/** What to do with a server that nobody uses yet. */
function beginCard() {
  return card('Begin here', h('ol', {class: 'steps'},
    h('li', {}, h('a', {href: link('people')}, 'Add people'), ': an address and a password each.'),
    h('li', {}, 'Have their phones register here: the server’s address, that name and that password.'),
    h('li', {}, h('a', {href: link('devices')}, 'Devices'), ' shows who has come; ', h('a', {href: link('trace')}, 'Trace'),
      ' each message, and why one was refused.'),
    h('li', {}, h('a', {href: link('groups')}, 'A shared group'), ' puts everybody into everybody’s roster.')));
}

function serverCard(status, ready) {
  return card('Server', h('dl', {class: 'facts'},
    h('dt', {}, 'State'), h('dd', {}, ready ? badge('good', 'Takes requests') : badge('bad', 'Does not keep up: changes wait for the disk')),
    h('dt', {}, 'Version'), h('dd', {}, status.version),
    h('dt', {}, 'Up for'), h('dd', {}, duration(status.uptime_s), ', since ', when(status.begun)),
    h('dt', {}, 'Waits for the disk'), h('dd', {}, count(status.queues.store, 'change set')),
    h('dt', {}, 'Under way'), h('dd', {}, count(status.transactions.servers + status.transactions.clients, 'transaction'),
      ', ', count(status.counts.messages_under_way, 'message'))));
}

export default {
  title: 'Dashboard',
  every: EVERY_MS,
  async load(ctx) {
    const [status] = await Promise.all([get('/api/v1/status', ctx.signal), loadRates(ctx.signal), loadWaiting(ctx)]);
    const ready = await get('/api/v1/ready', ctx.signal).then(() => true, () => false);
    for (const [name] of figures) series(name).add(status.counts[name]);
    ctx.data = {status, ready};
  },
  draw(ctx) {
    const {status, ready} = ctx.data;
    return [
      h('section', {'aria-label': 'Figures', class: 'tiles', key: 'figures'},
        figures.map(([name, text, view]) => tile(text, series(name), view && link(view)))),
      h('section', {'aria-label': 'Traffic per second', class: 'tiles', key: 'traffic'},
        rates.map(([name, text]) => tile(text, series(name), null, '/s'))),
      h('div', {class: 'columns', key: 'cards'}, status.counts.users === 0 && beginCard(), waitingCard(ctx.state.waiting), serverCard(status, ready)),
    ];
  },
};
