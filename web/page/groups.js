// groups.js: shared groups: whom the operator puts into rosters besides what users put there.
import {Problem, getTagged, list, pathTo, put, remove} from './api.js';
import {confirm, form} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './stage.js';
import {count, lines, nameInput, table, tidy} from './widgets.js';

const SHOWN = 4;

const pathOf = name => pathTo('groups', name);

async function edit(ctx, name) {
  let known = {value: {title: '', members: [], watchers: []}, etag: null};
  if (name && !await ctx.act(async () => { known = await getTagged(pathOf(name), ctx.signal); })) return;
  const members = lines(known.value.members, 'One a line: alice@example.org, or @example.org for everybody of the domain');
  const watchers = lines(known.value.watchers, 'One a line, likewise; empty: the members themselves');
  form({
    title: name ? `Change ${known.value.title || name}` : 'Add a shared group', yes: name ? 'Save' : 'Add',
    fields: [
      !name && {name: 'name', label: 'Short name', hint: 'Stays as it is: staff, floor-2',
        control: nameInput({required: true, 'data-field': 'name'})},
      {name: 'title', label: 'Title', hint: 'As people read it in their rosters', control: h('input', {value: known.value.title, autocomplete: 'off'})},
      {name: 'members', label: 'Who is in it', ...members},
      {name: 'watchers', label: 'Who sees it in the roster', ...watchers},
    ].filter(Boolean),
    async send(values) {
      const key = name ?? values.name.trim(), title = values.title.trim();
      if (!name && ctx.data.items.some(one => one.name === key)) {
        throw new Problem(409, {field: 'name', detail: `There is a group ${key} already; change that one.`});
      }
      const body = {members: tidy(members.control), watchers: tidy(watchers.control)};
      if (title) body.title = title;
      await put(pathOf(key), body, known.etag);
      say(`The group ${title || key} was ${name ? 'changed' : 'added'}.`);
      await ctx.reload();
    },
  });
}

async function erase(ctx, one) {
  const title = one.title || one.name;
  const sure = await confirm({title: `Remove ${title}?`, yes: 'Remove', text: 'It leaves all rosters at once. Accounts and what people put into their own rosters stay.'});
  if (sure) ctx.act(() => remove(pathOf(one.name)), `The group ${title} was removed.`);
}

function some(items, none) {
  if (items.length === 0) return h('span', {class: 'faint'}, none);
  const words = items.slice(0, SHOWN).map(one => (one.startsWith('@') ? `everybody of ${one.slice(1)}` : one)).join(', ');
  return h('span', {}, h('bdi', {}, words), items.length > SHOWN && ` and ${items.length - SHOWN} more`);
}

const columns = ctx => [
  ['Group', one => h('span', {class: 'who'}, h('span', {class: 'name'}, one.title || one.name),
    one.title && one.title !== one.name && h('span', {class: 'address'}, one.name))],
  ['In it', one => some(one.members, 'nobody')],
  ['In the roster of', one => some(one.watchers, 'its members')],
  ['', one => {
    const about = h('span', {class: 'unseen'}, ` ${one.title || one.name}`);
    return [h('button', {class: 'small quiet', onclick: () => edit(ctx, one.name)}, 'Change…', about),
      h('button', {class: 'small quiet', onclick: () => erase(ctx, one)}, 'Remove…', about.cloneNode(true))];
  }, 'actions'],
];

export default {
  title: 'Shared groups',
  every: 15000,
  async load(ctx) {
    ctx.data = await list('/api/v1/groups?limit=1000', 10000, ctx.signal);
  },
  draw: ctx => [
    h('div', {class: 'toolbar', key: 'tools'}, h('p', {class: 'faint'}, 'Everybody of a domain, a department: they stand in rosters without being put there by anybody.'),
      h('button', {class: 'main last', onclick: () => edit(ctx, null)}, icon('plus'), 'Add a shared group')),
    table('Shared groups', columns(ctx), ctx.data.items, one => one.name, 'There are no shared groups.'),
    ctx.data.items.length > 0 && h('p', {class: 'faint', key: 'count'}, `${count(ctx.data.items.length, 'group')} in all`)],
};
