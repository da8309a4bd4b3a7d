// underway.js: what goes on at this moment: calls, requests that nobody has answered yet, and what the
// devices of a user publish; the end of each.
import {ofUser, pathTo, remove} from './api.js';
import {confirm} from './dialogs.js';
import {h} from './dom.js';
import {link} from './users.js';
import {badge, bare, card, duration, table, when} from './widgets.js';

const ANSWERED = ['accepted', 'completed', 'confirmed']; // they wait for what may come again, and go by themselves
const CALL_STATES = {trying: ['idle', 'Looked for'], early: ['warn', 'Rings'], confirmed: ['good', 'Answered']};
const LIVES = {live: ['good', 'Published'], set: ['idle', 'Put in'], last_seen: ['warn', 'Its device is lost']};

function ending(about, onclick) {
  return h('button', {class: 'small', onclick}, 'End…', h('span', {class: 'unseen'}, ` ${about}`));
}

const partyOf = uri => (uri ? bare(uri) : 'somebody');

async function endCall(ctx, one) {
  const answered = one.state === 'confirmed';
  const sure = await confirm({title: 'End this call?', yes: 'End it', text: answered
    ? 'The server cannot hang up for its phones, which may talk on. It forgets the call: who watches their lines is told that it is over, and its lamps go out.'
    : `It is cancelled as if ${partyOf(one.from)} had hung up, and ends when the phones of ${partyOf(one.to)} have answered that.`});
  if (sure) ctx.act(() => remove(pathTo('dialogs', one.id)), answered ? 'The call was forgotten.' : 'The call is cancelled.');
}

export function callsCard(ctx, page, ...more) {
  return card('Calls', table('Calls', [
    ['Who calls whom', one => h('span', {class: 'who'}, h('span', {class: 'name'}, partyOf(one.from)),
      h('span', {class: 'address'}, `calls ${partyOf(one.to)}`))],
    ['State', one => badge(...(CALL_STATES[one.state] ?? ['idle', one.state]))],
    ['Since', one => when(one.since)],
    ['', one => [one.call_id && h('a', {class: 'button small quiet', href: link('trace', {call_id: one.call_id})}, 'Trace',
      h('span', {class: 'unseen'}, ` of ${partyOf(one.from)} calling ${partyOf(one.to)}`)),
    ending(`${partyOf(one.from)} calling ${partyOf(one.to)}`, () => endCall(ctx, one))], 'actions'],
  ], page.items, one => one.id, 'Nobody calls anybody.'), more);
}

const HOW_ENDED = {
  server: {invite: 'It ends as if its caller had cancelled it.', other: 'It is answered 500 now; its sender may try again.'},
  client: {invite: 'It is cancelled.', other: 'It ends as if nobody had answered it; the subscription of a NOTIFY may end with it.'},
};

async function endRequest(ctx, one) {
  const sure = await confirm({title: `End this ${one.method}?`, yes: 'End it',
    text: HOW_ENDED[one.kind][one.method === 'INVITE' ? 'invite' : 'other']});
  if (sure) ctx.act(() => remove(pathTo('transactions', one.id)), `The end of the ${one.method} is ordered.`);
}

export function requestsCard(ctx, page, ...more) {
  const open = page.items.filter(one => !one.replied && !ANSWERED.includes(one.state));
  const way = one => `${one.kind === 'server' ? 'from' : 'to'} ${one.flow ?? 'somewhere'}`;
  return card('Requests without an answer', table('Requests without an answer', [
    ['Request', one => h('span', {class: 'who'}, h('span', {class: 'name'}, one.method), h('span', {class: 'address'}, way(one)))],
    ['State', one => h('span', {}, one.state)],
    ['For', one => (one.age_ms === null ? '–' : duration(one.age_ms / 1000))],
    ['Call-ID', one => one.call_id && h('a', {href: link('trace', {call_id: one.call_id}), class: 'code'}, one.call_id)],
    ['', one => ending(`the ${one.method} ${way(one)}`, () => endRequest(ctx, one)), 'actions'],
  ], open, one => one.id, 'No request is without an answer.'), more);
}

async function endPublication(ctx, user, one) {
  const sure = await confirm({title: 'End this publication?', yes: 'End it',
    text: `What it says of ${bare(user)} (${one.event}) goes, and watchers are told. Its device may publish anew.`});
  if (sure) ctx.act(() => remove(ofUser(user, 'publications', one.id)), 'The publication ended.');
}

export function publicationsCard(ctx, user, items) {
  return card('Publications', table('Publications', [
    ['About', one => h('span', {class: 'whole'}, one.event)],
    ['State', one => badge(...(LIVES[one.life] ?? ['idle', one.life]))],
    ['From', one => (one.flow ? h('code', {}, one.flow) : h('span', {class: 'faint'}, 'unknown'))],
    ['Changed', one => when(one.changed)],
    ['Until', one => when(one.closes ?? one.expires, 'for good')],
    ['', one => one.life !== 'set' && ending(`the publication of ${one.event}, ${one.id}`, () => endPublication(ctx, user, one)), 'actions'],
  ], items, one => one.id, 'Nothing is published.'));
}
