// trace.js: SIP messages of a call or a user, from the server's bounded memory, as a ladder.
import {get, list, pathTo, target} from './api.js';
import {h} from './dom.js';
import {ladder} from './ladder.js';
import {link, userNames} from './users.js';
import {badge, count, field, nameInput, note, suggestions, table, when} from './widgets.js';

const MOST = 200;

function question(ctx) {
  const {params} = ctx;
  return h('form', {class: 'toolbar', key: 'question', onsubmit: event => {
    event.preventDefault();
    const values = new FormData(event.target);
    location.hash = link('trace', {user: values.get('user').trim(), call_id: values.get('call_id').trim()});
  }}, field('User', nameInput({id: 'trace-user', name: 'user', type: 'search', value: params.get('user') ?? '', list: 'known-users'})),
  field('Call-ID', nameInput({id: 'trace-call', name: 'call_id', type: 'search', value: params.get('call_id') ?? ''})),
  suggestions('known-users', ctx.state.known ?? []), h('button', {type: 'submit', class: 'main'}, 'Show'));
}

async function open(ctx, one) {
  const path = pathTo('trace', one.id);
  await ctx.act(async () => { ctx.state.open = await get(path, ctx.signal); });
  document.getElementById('trace-message')?.focus();
}

function message(one) {
  if (!one) return null;
  return h('section', {class: 'card', 'aria-labelledby': 'trace-title', key: 'message'},
    h('h2', {id: 'trace-title'}, one.status ? `${one.status} ${one.reason ?? ''}` : one.method),
    h('pre', {id: 'trace-message', tabindex: '0'}, one.message ?? 'The message itself is not kept.'));
}

const columns = ctx => [
  ['Time', one => when(one.time)],
  ['Message', one => h('button', {class: 'link', onclick: () => open(ctx, one)}, one.status ? `${one.status} ${one.reason ?? ''}` : one.method,
    one.event && ` (${one.event})`)],
  ['Way', one => badge('idle', `${one.direction === 'in' ? 'from' : 'to'} ${one.remote} by ${one.transport}`)],
  ['Call-ID', one => h('a', {href: link('trace', {call_id: one.call_id}), class: 'code'}, one.call_id)],
];

export default {
  title: 'Trace',
  every: 4000,
  start: () => ({open: null}),
  async load(ctx) {
    ctx.state.known = await userNames();
    const path = target('/api/v1/trace', {limit: MOST, user: ctx.params.get('user'), call_id: ctx.params.get('call_id')});
    const page = await list(path, MOST, ctx.signal);
    page.items.sort((a, b) => a.time.localeCompare(b.time) || String(a.id).localeCompare(String(b.id), 'en', {numeric: true}));
    ctx.data = page;
  },
  head: question,
  draw(ctx) {
    const {items, more} = ctx.data;
    const all = !ctx.params.get('call_id') && !ctx.params.get('user');
    if (items.length === 0) {
      return [question(ctx), note('idle', 'Nothing is remembered', all ? 'No SIP message has come or gone yet.'
        : 'The server remembers the last messages only. Let the device do it again, and look here at once.')];
    }
    return [question(ctx), h('p', {class: 'faint', key: 'count', role: 'status'}, `${count(items.length, 'message')}${more ? ', there are more: name a user or a Call-ID' : ''}`),
      ladder(items, one => open(ctx, one)), message(ctx.state.open), table('Messages', columns(ctx), items, one => one.id, '')];
  },
};
