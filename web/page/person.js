// person.js: one account: name, password, use, presence and devices.
import {get, list, ofUser, orNothing, patch, put, remove} from './api.js';
import {aliasesCard} from './aliases.js';
import {confirm, form} from './dialogs.js';
import {registrations} from './devices.js';
import {h} from './dom.js';
import {say} from './stage.js';
import {publicationsCard} from './underway.js';
import {crossLinks, forgetUsers, go, link} from './users.js';
import {badge, card, count, field, presence, select, when} from './widgets.js';

const ACTIVITIES = [['', 'None'], ['away', 'Away'], ['busy', 'Busy'], ['meeting', 'In a meeting'],
  ['on-the-phone', 'On the phone'], ['vacation', 'On vacation'], ['travel', 'Travelling']];

function changePassword(user) {
  form({
    title: `New password for ${user}`, yes: 'Set the password',
    text: 'Devices that know the old one cannot register any more.',
    fields: [{name: 'password', label: 'Password', control: h('input', {type: 'password', required: true, autocomplete: 'new-password'})}],
    async send({password}) {
      await patch(ofUser(user), {password});
      say(`${user} has a new password.`);
    },
  });
}

async function toggle(ctx, account) {
  const sure = account.disabled || await confirm({title: `Disable ${account.user}?`, yes: 'Disable',
    text: 'Its devices can do nothing until it is enabled again. Nothing of it is lost.'});
  if (!sure) return;
  ctx.act(() => patch(ofUser(account.user), {disabled: !account.disabled}),
    `${account.user} is ${account.disabled ? 'enabled' : 'disabled'}.`);
}

async function erase(ctx, user) {
  const sure = await confirm({title: `Delete ${user}?`, yes: 'Delete',
    text: 'The account goes with all that is its own: roster, rules, messages, registrations. This cannot be undone.'});
  if (!sure) return;
  const done = await ctx.act(async () => {
    await remove(ofUser(user));
    forgetUsers();
    go('people');
  });
  if (done) say(`${user} was deleted.`);
}

function accountCard(ctx, account) {
  const name = h('input', {name: 'display_name', id: 'display-name', value: account.display_name, autocomplete: 'off'});
  return card('Account',
    h('form', {class: 'row', onsubmit: event => {
      event.preventDefault();
      const display_name = new FormData(event.target).get('display_name').trim();
      ctx.act(() => patch(ofUser(account.user), {display_name}), 'The name was changed.', event.target);
    }}, field('Name', name), h('button', {type: 'submit'}, 'Save')),
    h('dl', {class: 'facts'},
      h('dt', {}, 'Use'), h('dd', {}, account.disabled ? badge('bad', 'Disabled') : badge('good', 'Enabled')),
      h('dt', {}, 'Password'), h('dd', {}, account.has_password ? badge('good', 'Set') : badge('idle', 'None: no device can register'))),
    h('div', {class: 'buttons'},
      h('button', {onclick: () => changePassword(account.user)}, 'Set a password…'),
      h('button', {onclick: () => toggle(ctx, account)}, account.disabled ? 'Enable' : 'Disable…'),
      h('button', {class: 'danger', onclick: () => erase(ctx, account.user)}, 'Delete…')));
}

function putState(ctx, event, user) {
  event.preventDefault();
  const values = new FormData(event.target);
  const body = {basic: values.get('basic')};
  if (values.get('activity')) body.activities = [values.get('activity')];
  if (values.get('note').trim()) body.note = values.get('note').trim();
  ctx.act(() => put(ofUser(user, 'presence'), body), 'The state is put in.', event.target);
}

function presenceCard(ctx, user, state) {
  if (!state) return card('Presence', h('p', {class: 'empty'}, 'This token may not see it (presence:read).'));
  return card('Presence',
    h('p', {class: 'large'}, presence(state)),
    h('p', {class: 'faint'}, state.changed && ['Since ', when(state.changed), ', '], state.publications > 0 ? `from ${count(state.publications, 'publication')}` : 'Nothing is published.'),
    h('details', {}, h('summary', {}, 'Put a state in'),
      h('p', {class: 'hint'}, 'It counts while no device publishes anything better.'),
      h('form', {onsubmit: event => putState(ctx, event, user)},
        field('State', select({name: 'basic', id: 'basic'}, [['open', 'Available'], ['closed', 'Offline']])),
        field('Activity', select({name: 'activity', id: 'activity'}, ACTIVITIES)),
        field('Note', h('input', {name: 'note', id: 'note', maxlength: 200})),
        h('div', {class: 'buttons'}, h('button', {type: 'submit'}, 'Put in'),
          state.set && h('button', {type: 'button', onclick: () =>
            ctx.act(() => remove(ofUser(user, 'presence')), 'The state is taken out.')}, 'Take out')))));
}

function devicesCard(ctx, devices) {
  return card('Devices', devices ? registrations(ctx, devices, false)
    : h('p', {class: 'empty'}, 'This token may not see them (live:read).'));
}

export default {
  title: ctx => ctx.data?.account.display_name || ctx.params.get('user') || 'Person',
  types: ['presence', 'registrations'],
  every: 3000,
  async load(ctx) {
    const user = ctx.params.get('user') ?? '';
    const [account, state, devices, aliases, published] = await Promise.all([
      get(ofUser(user), ctx.signal),
      orNothing(get(ofUser(user, 'presence'), ctx.signal)),
      orNothing(list(ofUser(user, 'registrations'), 1000, ctx.signal)),
      orNothing(get(ofUser(user, 'aliases'), ctx.signal)),
      orNothing(list(ofUser(user, 'publications'), 1000, ctx.signal))]);
    ctx.data = {account, state, devices: devices?.items, aliases: aliases?.items, published: published?.items};
  },
  onEvent(ctx, event) {
    if (!event.user || event.user === ctx.data?.account.user) ctx.soon();
  },
  draw(ctx) {
    const {account, state, devices, aliases, published} = ctx.data;
    return [
      h('p', {class: 'under', key: 'address'}, h('a', {href: link('people')}, 'People'), ' / ', account.user),
      crossLinks(account.user, 'person'),
      h('div', {class: 'columns', key: 'cards'}, accountCard(ctx, account), presenceCard(ctx, account.user, state)),
      aliases && aliasesCard(ctx, account.user, aliases),
      devicesCard(ctx, devices),
      published && publicationsCard(ctx, account.user, published),
    ];
  },
};
