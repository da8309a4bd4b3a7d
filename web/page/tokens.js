// tokens.js: who may call the API: make (shown once), and revoke.
import {Problem, get, pathTo, post, remove} from './api.js';
import {confirm, form, reveal} from './dialogs.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {badge, field, select, table, when} from './widgets.js';

const AREAS = [['people', 'Accounts, passwords, settings'], ['rosters', 'Rosters and groups'], ['rules', 'Who may see whom'],
  ['live', 'Registrations, subscriptions, explain'], ['presence', 'Presence and message counts'], ['messages', 'Messages'],
  ['events', 'The stream of events'], ['operations', 'Figures, trace, configuration'], ['tokens', 'Tokens']];
const LIVES = [['86400', 'A day'], ['2592000', '30 days'], ['31536000', 'A year'], ['', 'For good']];

function scopeBoxes() {
  const all = h('input', {type: 'checkbox', name: 'all', value: '*', onchange: event => {
    boxes.querySelectorAll('select').forEach(one => { one.disabled = event.target.checked; });
  }});
  const boxes = h('fieldset', {}, h('legend', {}, 'What it is good for'),
    h('label', {class: 'choice'}, all, 'Everything'),
    h('div', {class: 'scopes-wanted'}, AREAS.map(([area, text]) => field(text,
      select({id: `scope-${area}`, 'data-area': area}, [['', 'Nothing'], ['read', 'Look'], ['write', 'Look and change']])))));
  return boxes;
}

function chosen(boxes) {
  if (boxes.querySelector('[name=all]').checked) return ['*'];
  return [...boxes.querySelectorAll('select')].filter(one => one.value)
    .map(one => `${one.dataset.area}:${one.value}`);
}

function make(ctx) {
  const boxes = scopeBoxes();
  form({
    title: 'Make a token', yes: 'Make',
    fields: [{name: 'name', label: 'Name', hint: 'What it is for: “door sensor”, “Ana’s laptop”',
      control: h('input', {required: true, maxlength: 100, autocomplete: 'off'})},
    {control: boxes}, {name: 'lives', label: 'Lasts', control: select({value: '2592000'}, LIVES)}],
    async send({name, lives}) {
      const body = {name: name.trim(), scopes: chosen(boxes)};
      if (body.scopes.length === 0) throw new Problem(422, {detail: 'Choose what it is good for: everything, or at least one of these.'});
      if (lives) body.expires_in_s = Number(lives);
      const made = await post('/api/v1/tokens', body);
      await ctx.reload();
      setTimeout(() => reveal({title: `The token “${made.name}”`, secret: made.token,
        text: 'It is shown this once: the server keeps only its digest. Copy it to where it is used.'}));
    },
  });
}

async function revoke(ctx, one) {
  const sure = await confirm({title: `Revoke “${one.name}”?`, yes: 'Revoke',
    text: 'Whatever uses it is refused from now on; this page too, if it is the one that you signed in with.'});
  if (sure) ctx.act(() => remove(pathTo('tokens', one.id)), `“${one.name}” was revoked.`);
}

const columns = ctx => [
  ['Name', one => h('strong', {}, one.name)],
  ['Good for', one => h('span', {class: 'scopes'}, one.scopes.map(scope => h('code', {}, scope === '*' ? 'everything' : scope)))],
  ['Made', one => when(one.made)],
  ['Used', one => when(one.used && one.used < one.made ? one.made : one.used, 'never')], // told to the hour
  ['Expires', one => (one.expires && new Date(one.expires) < new Date() ? badge('bad', 'Expired') : when(one.expires, 'never'))],
  ['', one => h('button', {class: 'small', onclick: () => revoke(ctx, one)}, 'Revoke…', h('span', {class: 'unseen'}, ` ${one.name}`)), 'actions'],
];

export default {
  title: 'Tokens',
  every: 15000,
  async load(ctx) {
    ctx.data = await get('/api/v1/tokens', ctx.signal);
  },
  draw: ctx => [
    h('div', {class: 'toolbar', key: 'tools'}, h('button', {class: 'main', onclick: () => make(ctx)}, icon('plus'), 'Make a token'),
      h('p', {class: 'faint'}, 'A token opens the API, this page and heraldctl, as far as its scopes go.')),
    table('Tokens', columns(ctx), ctx.data.items, one => one.id, 'There are no tokens.')],
};
