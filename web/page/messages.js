// messages.js: what a user wrote and was written, what waits for a device, and a word as the user.
import {list, ofUser, orNothing, post, remove, target} from './api.js';
import {confirm} from './dialogs.js';
import {h} from './dom.js';
import {chooser, crossLinks, link, userNames, userPicker} from './users.js';
import {badge, bare, card, field, moreButton, nameInput, suggestions, table, when} from './widgets.js';

const PAGE = 50;
const KINDS = {delivered: 'good', accepted: 'good', displayed: 'good', stored: 'warn', waiting: 'warn',
  pending: 'warn', queued: 'warn', failed: 'bad', expired: 'bad'};

const state = one => badge(KINDS[one.state] ?? 'idle', one.state ?? 'unknown');

function body(one) {
  if (typeof one.text === 'string') return h('p', {class: 'text'}, one.text);
  return h('p', {class: 'faint'}, `${one.content_type ?? 'something else than text'}, ${one.size ?? '?'} bytes`);
}

function bubble(user, one) {
  const out = one.direction === 'out';
  const peer = bare(one.peer ?? (out ? one.to : one.from));
  return h('li', {class: out ? 'message out' : 'message in', key: one.id},
    h('p', {class: 'head'}, h('strong', {}, out ? `To ${peer}` : `From ${peer}`), ' ', when(one.time)),
    one.subject && h('p', {}, h('strong', {}, one.subject)), body(one), h('p', {class: 'foot'}, state(one)));
}

function sendForm(ctx, user) {
  return h('form', {class: 'card send', key: 'send', onsubmit: async event => {
    event.preventDefault();
    const form = event.target, values = new FormData(form);
    const message = {to: values.get('to').trim(), text: values.get('text')};
    const done = await ctx.act(() => post(ofUser(user, 'messages'), message), `The message to ${message.to} is on its way.`, form);
    if (done) form.querySelector('textarea').value = '';
  }}, h('h2', {}, `Write as ${bare(user)}`),
  field('To', nameInput({id: 'message-to', name: 'to', required: true, list: 'known-users', value: ctx.params.get('with') ?? ''})),
  field('Message', h('textarea', {id: 'message-text', name: 'text', required: true, rows: 3})),
  h('div', {class: 'buttons'}, h('button', {type: 'submit', class: 'main'}, 'Send')));
}

function searchForm(ctx, user) {
  return h('form', {class: 'toolbar', key: 'search', onsubmit: event => {
    event.preventDefault();
    const values = new FormData(event.target);
    location.hash = link('messages', {user, with: values.get('with').trim(), search: values.get('search').trim()});
  }}, field('With', nameInput({id: 'message-with', name: 'with', type: 'search', list: 'known-users', value: ctx.params.get('with') ?? ''})),
  field('Words', h('input', {id: 'message-search', name: 'search', type: 'search', value: ctx.params.get('search') ?? ''})),
  suggestions('known-users', ctx.state.known), h('button', {type: 'submit'}, 'Search'));
}

async function drop(ctx, user, one) {
  const sure = await confirm({title: 'Drop this message?', yes: 'Drop', text: 'No device of the user will get it any more.'});
  if (sure) ctx.act(() => remove(ofUser(user, 'messages', 'waiting', String(one.id))), 'The message was dropped.');
}

function waitingCard(ctx, user, waiting) {
  if (!waiting) return null;
  return card('Waiting for a device', table('Waiting messages', [
    ['From', one => h('strong', {}, bare(one.from ?? one.peer))], ['Since', one => when(one.time)], ['Message', body],
    ['', one => h('button', {class: 'small', onclick: () => drop(ctx, user, one)}, 'Drop…', h('span', {class: 'unseen'}, ` the message from ${bare(one.from ?? one.peer)}`)), 'actions'],
  ], waiting, one => one.id, 'No message waits.'));
}

function historyCard(ctx, user) {
  const {items, more} = ctx.data.history;
  return card('History', searchForm(ctx, user),
    items.length === 0 ? h('p', {class: 'empty'}, 'No messages like that are remembered.')
      : h('ol', {class: 'messages'}, items.map(one => bubble(user, one))),
    more && moreButton(ctx, PAGE, 'Show older ones'));
}

const picked = ctx => userPicker('messages', ctx.params.get('user'), ctx.state.known ?? []);

export default {
  title: ctx => (ctx.params.get('user') ? `Messages of ${bare(ctx.params.get('user'))}` : 'Messages'),
  types: ['messages'],
  every: 4000,
  start: () => ({most: PAGE}),
  async load(ctx) {
    ctx.state.known = await userNames();
    const user = ctx.params.get('user');
    if (!user) return;
    const path = target(ofUser(user, 'messages'), {limit: PAGE, with: ctx.params.get('with'), search: ctx.params.get('search')});
    const [history, waiting] = await Promise.all([list(path, ctx.state.most, ctx.signal),
      orNothing(list(ofUser(user, 'messages', 'waiting'), 1000, ctx.signal))]);
    ctx.data = {history, waiting: waiting?.items};
  },
  head: picked,
  draw(ctx) {
    const user = ctx.params.get('user');
    const picker = picked(ctx);
    if (!ctx.data) return [picker, chooser('messages', ctx.state.known, 'Whose messages are to be shown?')];
    return [picker, crossLinks(user, 'messages'), h('div', {class: 'columns', key: 'write'}, sendForm(ctx, user),
      waitingCard(ctx, user, ctx.data.waiting)), historyCard(ctx, user)];
  },
};
