// subscriptions.js: who watches whom, and the end of it.
import {call, list, pathTo, target} from './api.js';
import {form} from './dialogs.js';
import {h} from './dom.js';
import {eventField} from './packages.js';
import {say} from './stage.js';
import {link, userNames} from './users.js';
import {badge, bare, count, field, moreButton, nameInput, select, suggestions, table, when} from './widgets.js';

const PAGE = 100;
const STATES = [['', 'All'], ['active', 'Active'], ['pending', 'Pending'], ['waiting', 'Waiting']];
const REASONS = [['deactivated', 'It may come back at once', 'Phones subscribe again by themselves (deactivated).'],
  ['probation', 'It may come back later', 'After a while (probation).'],
  ['rejected', 'It is not to come back', 'While the rules let it, it still could (rejected).']];
const KINDS = {active: 'good', pending: 'warn', waiting: 'warn'};

function end(ctx, one) {
  const choice = h('fieldset', {}, h('legend', {}, 'What its device is told'), REASONS.map(([value, text, more], i) =>
    h('label', {class: 'choice'}, h('input', {type: 'radio', name: 'reason', value, checked: i === 0}),
      h('span', {}, text, h('span', {class: 'hint'}, ` ${more}`)))));
  form({
    title: 'End this subscription?', yes: 'End it',
    text: `${bare(one.watcher)} is told that it no longer watches ${bare(one.presentity)} (${one.event}).`,
    fields: [{control: choice}],
    async send({reason}) {
      await call('DELETE', target(pathTo('subscriptions', one.id), {reason}));
      say('The subscription ended.');
      await ctx.reload();
    },
  });
}

function filters(ctx) {
  const {params} = ctx;
  const name = (id, label) => field(label, nameInput({id, name: id, type: 'search', value: params.get(id) ?? '', list: 'known-users'}));
  return h('form', {class: 'toolbar', key: 'filters', onsubmit: event => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    location.hash = link('subscriptions', values);
  }}, name('watcher', 'Watcher'), name('presentity', 'Watched'),
  eventField(params.get('event') ?? '', [['', 'All']]),
  field('State', select({id: 'state', name: 'state', value: params.get('state') ?? ''}, STATES)),
  suggestions('known-users', ctx.state.known ?? []), h('button', {type: 'submit'}, 'Filter'));
}

function lastNotify(one) {
  const last = one.last_notify;
  if (!last) return h('span', {class: 'faint'}, 'none');
  const fine = last.answer === null || last.answer < 300;
  return h('span', {}, when(last.at), ' ', badge(last.answer === null ? 'warn' : fine ? 'good' : 'bad', last.answer ?? 'no answer yet'));
}

const columns = ctx => [
  ['Who watches whom', one => h('span', {class: 'who'}, h('span', {class: 'name'}, bare(one.watcher)),
    h('span', {class: 'address'}, `watches ${bare(one.presentity)}`))],
  ['Event', one => h('span', {class: 'whole'}, one.event)],
  ['State', one => badge(KINDS[one.state] ?? 'idle', one.state)],
  ['Until', one => when(one.expires)],
  ['Last NOTIFY', lastNotify],
  ['', one => [h('a', {class: 'button small quiet', href: link('explain', {watcher: bare(one.watcher), presentity: bare(one.presentity), event: one.event === 'presence' ? '' : one.event})},
    'Explain', h('span', {class: 'unseen'}, ` what ${bare(one.watcher)} sees of ${bare(one.presentity)}`)),
  h('button', {class: 'small', onclick: () => end(ctx, one)}, 'End…', h('span', {class: 'unseen'}, ` ${bare(one.watcher)} watching ${bare(one.presentity)}`))], 'actions'],
];

export default {
  title: 'Subscriptions',
  types: ['subscriptions'],
  every: 3000,
  start: () => ({most: PAGE}),
  async load(ctx) {
    ctx.state.known = await userNames();
    const {params} = ctx;
    const path = target('/api/v1/subscriptions', {limit: PAGE, event: params.get('event'),
      watcher: params.get('watcher'), presentity: params.get('presentity')});
    ctx.data = await list(path, ctx.state.most, ctx.signal);
  },
  head: filters,
  draw(ctx) {
    const state = ctx.params.get('state');
    const items = ctx.data.items.filter(one => !state || one.state === state);
    return [filters(ctx), table('Subscriptions', columns(ctx), items, one => one.id, 'Nobody watches anybody like that.'),
      h('div', {class: 'footer', key: 'footer'}, h('p', {class: 'faint', role: 'status'}, `${count(items.length, 'subscription')} shown`),
        ctx.data.more && moreButton(ctx, PAGE))];
  },
};
