// domains.js: the domains that are served; those that are not of the configuration are made here.
import {Problem, getTagged, pathTo, put, remove} from './api.js';
import {confirm, form} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {say} from './stage.js';
import {badge, card, lines, nameInput, table, tidy} from './widgets.js';

const pathOf = name => pathTo('domains', name);

async function edit(ctx, name) {
  let known = {value: {aliases: []}, etag: null};
  if (name && !await ctx.act(async () => { known = await getTagged(pathOf(name), ctx.signal); })) return;
  const aliases = lines(known.value.aliases, 'One a line; may be empty');
  form({
    title: name ? `Change ${name}` : 'Add a domain', yes: name ? 'Save' : 'Add',
    text: 'It is served at once: people can be added to it, and their devices register. DNS has to lead here.',
    fields: [
      !name && {name: 'domain', label: 'Domain', control: nameInput({required: true, placeholder: 'example.net'})},
      {name: 'aliases', label: 'Other names of it', ...aliases},
    ].filter(Boolean),
    async send(values) {
      const key = name ?? values.domain.trim();
      if (!name && ctx.data.domains.items.some(one => one.domain === key.toLowerCase())) {
        throw new Problem(409, {field: 'domain', detail: `${key} is served already.`});
      }
      await put(pathOf(key), {aliases: tidy(aliases.control)}, known.etag);
      say(`The domain ${key} was ${name ? 'changed' : 'added'}.`);
      await ctx.reload();
    },
  });
}

async function erase(ctx, name) {
  const sure = await confirm({title: `Remove ${name}?`, yes: 'Remove',
    text: 'It is served no more. This can be done only when nobody has an account in it.'});
  if (sure) ctx.act(() => remove(pathOf(name)), `The domain ${name} was removed.`);
}

const columns = ctx => [
  ['Domain', one => h('span', {class: 'name'}, one.domain)],
  ['From', one => (one.source === 'api' ? badge('good', 'Made here') : badge('idle', 'The configuration'))],
  ['', one => one.source === 'api' && [
    h('button', {class: 'small quiet', onclick: () => edit(ctx, one.domain)}, 'Change…', h('span', {class: 'unseen'}, ` ${one.domain}`)),
    h('button', {class: 'small quiet', onclick: () => erase(ctx, one.domain)}, 'Remove…', h('span', {class: 'unseen'}, ` ${one.domain}`))], 'actions'],
];

export function domainsCard(ctx, items) {
  return card('Domains', table('Domains', columns(ctx), items, one => one.domain, 'None.'),
    h('div', {class: 'buttons'}, h('button', {onclick: () => edit(ctx, null)}, icon('plus'), 'Add a domain')));
}
