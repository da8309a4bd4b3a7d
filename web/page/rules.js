// rules.js: who may see a user, who waits for a word, and the word.
import {get, list, ofUser, put, remove, target} from './api.js';
import {h} from './dom.js';
import {chooser, crossLinks, link, userNames, userPicker} from './users.js';
import {badge, bare, card, field, handling, nameInput, select, table, when} from './widgets.js';

const WORDS = [['allow', 'Allow'], ['confirm', 'Has to wait'], ['block', 'Block'],
  ['polite-block', 'Block politely (always offline)']];
const SAID = {allow: 'may see', block: 'is blocked by', confirm: 'has to wait for',
  'polite-block': 'is blocked politely by'};

const isWaiting = one => one.state === 'pending' || one.state === 'waiting';

function decide(ctx, user, watcher, word, form) {
  const who = bare(watcher);
  return ctx.act(() => put(ofUser(user, 'rules', who), {handling: word}), `${who} ${SAID[word]} ${bare(user)}.`, form);
}

/** One line a watcher and user, though it may wait with several devices. */
function distinct(items) {
  const seen = new Map();
  for (const one of items) {
    const key = `${bare(one.presentity)} ${bare(one.watcher)}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}

function decisionButtons(ctx, one) {
  const about = h('span', {class: 'unseen'}, ` ${bare(one.watcher)}`);
  const button = (word, text, kind) => h('button', {class: `small ${kind}`,
    onclick: () => decide(ctx, one.presentity, one.watcher, word)}, text, about.cloneNode(true));
  return [button('allow', 'Approve', 'main'), button('block', 'Block', 'danger'),
    button('polite-block', 'Block politely', 'quiet')];
}

function waitingCard(ctx, items, ofAll) {
  return card('Waiting watchers', table('Watchers that wait', [
    ['Watcher', one => h('strong', {}, bare(one.watcher))],
    ofAll && ['Wants to see', one => h('a', {href: link('rules', {user: one.presentity})}, bare(one.presentity))],
    ['Since', one => when(one.waits_since ?? one.since)],
    ['', one => decisionButtons(ctx, one), 'actions'],
  ].filter(Boolean), distinct(items.filter(isWaiting)), one => `${one.presentity} ${one.watcher}`,
  'Nobody waits to be let in.'));
}

function addForm(ctx, user) {
  return h('form', {class: 'toolbar', onsubmit: async event => {
    event.preventDefault();
    const form = event.target, values = new FormData(form);
    if (await decide(ctx, user, values.get('who').trim(), values.get('handling'), form)) form.reset();
  }}, field('Watcher', nameInput({name: 'who', id: 'rule-who', required: true, list: 'known-users', placeholder: 'bob@example.org'})),
  field('What it may', select({name: 'handling', id: 'rule-word'}, WORDS)),
  h('button', {type: 'submit'}, 'Add'));
}

function rulesCard(ctx, user, rules) {
  return card('Rules', !rules.readable && h('p', {}, badge('bad', 'The stored document cannot be read; nobody is let in by it.')),
    table('Rules by watcher', [
      ['Watcher', rule => h('strong', {}, bare(rule.who))],
      ['Now', rule => handling(rule.handling)],
      ['Change', rule => select({value: rule.handling, 'aria-label': `What ${bare(rule.who)} may`,
        onchange: event => decide(ctx, user, rule.who, event.target.value)}, WORDS)],
      ['', rule => h('button', {class: 'small', onclick: () => ctx.act(
        () => remove(ofUser(user, 'rules', bare(rule.who))), `There is no rule for ${bare(rule.who)} any more.`)},
      'Remove', h('span', {class: 'unseen'}, ` the rule for ${bare(rule.who)}`)), 'actions'],
    ], rules.items, rule => rule.who, 'No rule names anybody; the domain’s default counts for all.'),
    addForm(ctx, user));
}

function watchersCard(items) {
  return card('Watching now', table('Watchers', [
    ['Watcher', one => h('a', {href: link('explain', {watcher: bare(one.watcher), presentity: bare(one.presentity)})}, bare(one.watcher))],
    ['Event', one => one.event],
    ['Sees', one => ({everything: badge('good', 'Everything'), part: badge('warn', 'A part'),
      offline: badge('idle', 'Offline, politely'), nothing: badge('idle', 'Nothing')}[one.sees] ?? one.sees)],
    ['Since', one => when(one.since)],
  ], items.filter(one => one.state === 'active'), one => one.id, 'Nobody watches just now.'));
}

async function loadAll(ctx) {
  const path = target('/api/v1/subscriptions', {event: 'presence', limit: 1000});
  ctx.data = {watchers: (await list(path, 5000, ctx.signal)).items};
}

async function loadUser(ctx, user) {
  const [rules, watchers] = await Promise.all([get(ofUser(user, 'rules'), ctx.signal),
    list(`${ofUser(user, 'watchers')}?limit=1000`, 2000, ctx.signal)]);
  ctx.data = {rules, watchers: watchers.items};
}

const picked = ctx => userPicker('rules', ctx.params.get('user'), ctx.state.known ?? []);

export default {
  title: ctx => (ctx.params.get('user') ? `Who may see ${bare(ctx.params.get('user'))}` : 'Rules'),
  types: ['subscriptions'],
  every: 2500,
  async load(ctx) {
    ctx.state.known = await userNames();
    const user = ctx.params.get('user');
    await (user ? loadUser(ctx, user) : loadAll(ctx));
  },
  head: picked,
  draw(ctx) {
    const user = ctx.params.get('user'), {rules, watchers} = ctx.data;
    const picker = picked(ctx);
    if (!user) return [picker, waitingCard(ctx, watchers, true), chooser('rules', ctx.state.known, 'Whose rules are to be shown?')];
    return [picker, crossLinks(user, 'rules'), waitingCard(ctx, watchers, false),
      rulesCard(ctx, user, rules), watchersCard(watchers)];
  },
};
