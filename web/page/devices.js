// devices.js: which devices are registered, which connections are open, and what goes on by them; the
// end of each.
import {list, ofUser, orNothing, pathTo, remove} from './api.js';
import {confirm} from './dialogs.js';
import {h} from './dom.js';
import {callsCard, requestsCard} from './underway.js';
import {link} from './users.js';
import {badge, bare, card, count, duration, moreButton, table, when} from './widgets.js';

const PAGE = 100;

async function endRegistration(ctx, one) {
  const sure = await confirm({title: 'End this registration?', yes: 'End it',
    text: `${bare(one.contact)} is no longer reached, and what it published ends. It may register again.`});
  if (sure) ctx.act(() => remove(ofUser(one.user, 'registrations', one.id)), 'The registration ended.');
}

function reach(one) {
  if (one.alive) return badge('good', 'Reachable');
  return one.asleep ? badge('idle', 'Woken by a push') : badge('warn', 'No way to it');
}

/** A table of registrations; `owners`: of several users. */
export function registrations(ctx, items, owners) {
  return table('Registered devices', [
    owners && ['Person', one => h('a', {href: link('person', {user: one.user})}, h('bdi', {}, one.user))],
    ['Contact', one => h('code', {}, bare(one.contact))],
    ['Client', one => one.user_agent || h('span', {class: 'faint'}, 'unknown')],
    ['State', reach],
    ['Until', one => when(one.expires, 'for good')],
    ['', one => !one.configured && h('button', {class: 'small', onclick: () => endRegistration(ctx, one)},
      'End…', h('span', {class: 'unseen'}, ` ${bare(one.contact)}`)), 'actions'],
  ].filter(Boolean), items, one => one.id, 'No device is registered.');
}

async function closeConnection(ctx, one) {
  const sure = await confirm({title: 'Close this connection?', yes: 'Close it',
    text: `The device at its other end is not reached by it any more, until it connects again: ${one.flow}`});
  if (sure) ctx.act(() => remove(pathTo('connections', one.id)), 'The connection was closed.');
}

function connections(ctx, items) {
  return table('Connections', [
    ['Way', one => h('code', {}, one.flow)],
    ['State', one => (one.open ? badge('good', 'Open') : badge('warn', 'Being made'))],
    ['Quiet for', one => duration(one.idle_ms / 1000)],
    ['Not sent yet', one => count(one.unsent_bytes, 'byte')],
    ['', one => h('button', {class: 'small', onclick: () => closeConnection(ctx, one)}, 'Close…',
      h('span', {class: 'unseen'}, ` ${one.flow}`)), 'actions'],
  ], items, one => one.id, 'No connection is open: devices that came by UDP have none.');
}

const footer = (ctx, page) => page.more && h('div', {class: 'footer'}, moreButton(ctx, PAGE));

export default {
  title: 'Devices',
  types: ['registrations'],
  every: 3000,
  silent: true, // calls, requests and connections
  start: () => ({most: PAGE}),
  async load(ctx) {
    const page = path => list(path, ctx.state.most, ctx.signal);
    const [registered, open, calls, requests] = await Promise.all([page(`/api/v1/registrations?limit=${PAGE}`),
      ...['connections?', 'dialogs?kind=call&', 'transactions?'].map(what => orNothing(page(`/api/v1/${what}limit=${PAGE}`)))]);
    ctx.data = {registered, open, calls, requests};
  },
  draw(ctx) {
    const {registered, open, calls, requests} = ctx.data;
    return [card('Registrations', registrations(ctx, registered.items, true), footer(ctx, registered)),
      calls && callsCard(ctx, calls, footer(ctx, calls)), requests && requestsCard(ctx, requests, footer(ctx, requests)),
      open && card('Connections', connections(ctx, open.items), footer(ctx, open))];
  },
};
