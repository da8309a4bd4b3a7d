// webhooks.js: whom events are posted to, and how that goes.
import {get, patch, pathTo, post, remove} from './api.js';
import {confirm, form, reveal} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {userNames} from './users.js';
import {badge, count, nameInput, suggestions, table, when} from './widgets.js';

const TYPES = [['presence', 'Presence'], ['messages', 'Messages'], ['registrations', 'Registrations'], ['subscriptions', 'Subscriptions']];

const pathOf = one => pathTo('webhooks', one.id);

function typeBoxes() {
  return h('fieldset', {}, h('legend', {}, 'Which events'), TYPES.map(([value, text]) => h('label', {class: 'choice'},
    h('input', {type: 'checkbox', name: 'types', value, checked: true}), text)));
}

function add(ctx) {
  const boxes = typeBoxes();
  form({
    title: 'Add a webhook', yes: 'Add',
    text: 'Each event is posted there as JSON, in order, and tried again for a day.',
    fields: [
      {name: 'url', label: 'Address', hint: 'https://HOST/PATH',
        control: nameInput({type: 'url', required: true, placeholder: 'https://example.org/herald'})},
      {control: boxes},
      {name: 'user', label: 'Of this user alone', hint: 'Empty: of everybody', control: nameInput({list: 'known-users'})},
    ],
    async send({url, user}) {
      const types = [...boxes.querySelectorAll(':checked')].map(box => box.value);
      const made = await post('/api/v1/webhooks', {url: url.trim(), types, ...(user.trim() ? {user: user.trim()} : {})});
      await ctx.reload();
      setTimeout(() => reveal({title: 'The secret of the webhook', secret: made.secret,
        text: 'It is shown this once. Whoever receives the events checks the field Herald-Signature with it.'}));
    },
  });
}

async function erase(ctx, one) {
  const sure = await confirm({title: 'Remove this webhook?', yes: 'Remove',
    text: `Nothing is posted to ${one.url} any more, and ${count(one.pending, 'event')} that ${one.pending === 1 ? 'waits' : 'wait'} for it ${one.pending === 1 ? 'is' : 'are'} forgotten.`});
  if (sure) ctx.act(() => remove(pathOf(one)), 'The webhook was removed.');
}

function toggle(ctx, one) {
  ctx.act(() => patch(pathOf(one), {active: !one.active}), `The webhook is ${one.active ? 'off' : 'on'} now.`);
}

function delivery(one) {
  const last = one.last_delivery;
  if (!last) return h('span', {class: 'faint'}, 'none since the start');
  return h('span', {}, when(last.time), ' ', badge(last.error ? 'bad' : 'good', last.status ?? last.error),
    last.attempts > 1 && h('span', {class: 'faint'}, ` try ${last.attempts}`));
}

function waiting(one) {
  return h('span', {}, one.pending, one.lost > 0 && [' ', badge('bad', `${one.lost} lost`)]);
}

const columns = ctx => [
  ['Address', one => h('span', {class: 'who'}, h('span', {class: 'name'}, one.url),
    h('span', {class: 'address'}, `${one.types.length === TYPES.length ? 'all events' : one.types.join(', ')}${one.user ? ` of ${one.user}` : ''}`))],
  ['State', one => (one.barred ? [badge('bad', 'Barred'), ' ', one.barred] : one.active ? badge('good', 'On') : badge('idle', 'Off'))],
  ['Last post', delivery],
  ['Waiting', waiting],
  ['', one => {
    const about = h('span', {class: 'unseen'}, ` ${one.url}`);
    return [h('button', {class: 'small quiet', onclick: () => toggle(ctx, one)}, one.active ? 'Switch off' : 'Switch on', about),
      h('button', {class: 'small quiet', onclick: () => erase(ctx, one)}, 'Remove…', about.cloneNode(true))];
  }, 'actions'],
];

export default {
  title: 'Webhooks',
  every: 3000,
  async load(ctx) {
    ctx.state.known = await userNames();
    ctx.data = await get('/api/v1/webhooks', ctx.signal);
  },
  draw: ctx => [
    h('div', {class: 'toolbar', key: 'tools'}, h('p', {class: 'faint'}, 'Programs elsewhere hear of what happens here.'),
      h('button', {class: 'main last', onclick: () => add(ctx)}, icon('plus'), 'Add a webhook'), suggestions('known-users', ctx.state.known)),
    table('Webhooks', columns(ctx), ctx.data.items, one => one.id, 'Events are posted to nobody.')],
};
