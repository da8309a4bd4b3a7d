// people.js: who has an account, and how available they are just now.
import {get, list, ofUser, post, target} from './api.js';
import {form} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './stage.js';
import {forgetUsers, go, link} from './users.js';
import {badge, count, field, moreButton, nameInput, presence, table} from './widgets.js';

const PAGE = 50, AT_ONCE = 6;

/** Asks for the presence of each, a few at a time. */
async function loadPresence(ctx, users) {
  const left = [...users];
  const worker = async () => {
    for (let user = left.shift(); user && !ctx.over; user = left.shift()) {
      try {
        ctx.state.presence.set(user, await get(ofUser(user, 'presence'), ctx.signal));
      } catch (error) {
        if (error.status === undefined && error.name !== 'AbortError') throw error;
        if (error.status === 403) ctx.state.blind = true;
      }
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
}

function addPerson(ctx) {
  form({
    title: 'Add a person', yes: 'Add',
    fields: [
      {name: 'user', label: 'Address', hint: 'alice@example.org, or alice for the first domain',
        control: nameInput({required: true})},
      {name: 'display_name', label: 'Name', hint: 'As others see it; may be empty', control: h('input', {autocomplete: 'off'})},
      {name: 'password', label: 'Password', hint: 'For the person’s devices. Only hashes of it are kept; without one no device can register.',
        control: h('input', {type: 'password', autocomplete: 'new-password'})},
    ],
    async send(values) {
      const body = {user: values.user.trim(), display_name: values.display_name.trim()};
      if (values.password) body.password = values.password;
      const made = await post('/api/v1/users', body);
      forgetUsers();
      say(`${made.user} was added.`);
      await ctx.reload();
    },
  });
}

function toolbar(ctx) {
  const input = nameInput({id: 'find-person', type: 'search', value: ctx.state.filter,
    oninput: event => {
      ctx.state.filter = event.target.value;
      ctx.redraw();
      ctx.soon();
    }});
  return h('div', {class: 'toolbar', key: 'toolbar'}, field('Find', input),
    h('button', {class: 'main last', onclick: () => addPerson(ctx)}, icon('plus'), 'Add a person'));
}

const columns = ctx => [
  ['Person', person => h('a', {href: link('person', {user: person.user}), class: 'who'},
    h('span', {class: 'name'}, person.display_name || person.user),
    person.display_name && h('span', {class: 'address'}, person.user))],
  ['Presence', person => (ctx.state.blind ? h('span', {class: 'faint'}, 'Needs the scope presence:read')
    : presence(ctx.state.presence.get(person.user)))],
  ['Account', person => (person.disabled ? badge('bad', 'Disabled')
    : person.has_password ? badge('good', 'In use') : badge('idle', 'No password'))],
  ['', person => [
    h('a', {class: 'button small quiet', href: link('roster', {user: person.user})}, 'Roster', h('span', {class: 'unseen'}, ` of ${person.user}`)),
    h('a', {class: 'button small quiet', href: link('rules', {user: person.user})}, 'Rules', h('span', {class: 'unseen'}, ` of ${person.user}`))], 'actions'],
];

/** All who are found among those that were asked for; of them, a page or more is shown. */
function found(ctx) {
  const words = ctx.state.filter.trim().toLowerCase();
  return ctx.data.items.filter(person =>
    `${person.user} ${person.display_name}`.toLowerCase().includes(words));
}

const shown = ctx => found(ctx).slice(0, ctx.state.most);

function footer(ctx) {
  const wanted = ctx.state.filter.trim();
  return h('div', {class: 'footer', key: 'footer'},
    h('p', {class: 'faint', role: 'status'}, `${count(shown(ctx).length, 'person', 'people')} shown`),
    (ctx.data.more || found(ctx).length > ctx.state.most) && moreButton(ctx, PAGE),
    ctx.data.more && wanted && h('button', {onclick: () => go('person', {user: wanted})}, `Open ${wanted}`));
}

export default {
  title: 'People',
  types: ['presence', 'registrations'],
  every: 4000,
  start: () => ({filter: '', most: PAGE, presence: new Map(), blind: false}),
  async load(ctx) {
    const {filter, most} = ctx.state;
    ctx.data = await list(target('/api/v1/users', {limit: PAGE, search: filter.trim()}), most, ctx.signal);
    ctx.loaded = true;
    ctx.redraw();
    await loadPresence(ctx, shown(ctx).map(person => person.user));
  },
  async onEvent(ctx, event) {
    const known = ctx.data?.items.some(person => person.user === event.user);
    if (!event.user || !known) return;
    await loadPresence(ctx, [event.user]);
    ctx.redraw();
  },
  draw: ctx => [toolbar(ctx), table('People', columns(ctx), shown(ctx), person => person.user,
    ctx.data.items.length === 0 ? 'There are no accounts yet. Add the first one.' : 'Nobody of that name.'), footer(ctx)],
};
