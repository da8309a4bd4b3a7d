// explain.js: why a watcher sees what it sees, as a way of boxes from the one to the other.
import {get, target} from './api.js';
import {h} from './dom.js';
import {eventField} from './packages.js';
import {link, userNames} from './users.js';
import {badge, bare, field, handling, nameInput, presence, suggestions, when} from './widgets.js';

const GOOD = ['sees', 'registered', 'told'];
const WAITS = ['pending', 'waiting', 'queued', 'being_judged', 'asked_later', 'last_seen', 'presentity_not_registered', 'nothing_published'];

const words = text => String(text ?? '').replaceAll('_', ' ');

const BY = {owner: 'It is the user itself', rules: 'The user’s rules', domain_default: 'The domain’s default',
  roster: 'The roster: it is a buddy', event: 'The event is for the owner alone',
  broken_rules: 'The rules cannot be read', rules_unknown: 'The rules are not known yet'};

function step(name, kind, state, ...content) {
  return h('li', {class: `step ${kind}`, key: name},
    h('h2', {}, name), state && h('p', {}, state instanceof Node ? state : badge(kind, state)), content);
}

function watcherStep(said) {
  return step('Watcher', 'idle', bare(said.watcher), h('p', {class: 'faint'}, `asks for ${said.event}`));
}

function ruleStep(decision) {
  const kinds = {allow: 'good', confirm: 'warn', block: 'bad', 'polite-block': 'warn'};
  const by = BY[decision.by] ?? words(decision.by);
  return step('Rule', kinds[decision.handling], handling(decision.handling), h('p', {}, by),
    decision.rules.length > 0 && h('ul', {class: 'plain'}, decision.rules.map(rule =>
      h('li', {}, h('code', {}, rule.id), ` says ${rule.handling}`))),
    decision.until && h('p', {class: 'faint'}, 'Until ', when(decision.until)));
}

function filterStep(filtered) {
  const cut = filtered.by_rights || filtered.filter || filtered.politely_blocked;
  const state = filtered.politely_blocked ? 'Shown offline, politely' : cut ? 'A part is left out' : 'Nothing is left out';
  return step('Filter', cut ? 'warn' : 'good', state,
    filtered.hidden.length > 0 && h('p', {}, 'Hidden: ', filtered.hidden.map(words).join(', ')),
    filtered.filter && h('details', {}, h('summary', {}, 'The device’s own filter'), h('pre', {tabindex: '0'}, filtered.filter)));
}

const SHOWN = {publications: 'What devices publish', set: 'What was put in', registration: 'A device is registered',
  last_seen: 'What was last seen', nothing: 'Nothing is published'};
const WON = {life: 'the first is alive', priority: 'the first has the higher priority', newer: 'the first is newer'};
const LIVES = {live: 'published', set: 'put in', last_seen: 'last seen'};

function publication(one, i) {
  return h('li', {class: i === 0 ? 'first' : ''}, presence(one),
    h('p', {class: 'faint'}, `${i === 0 ? 'Counts first, ' : ''}${LIVES[one.life] ?? words(one.life)} at `, when(one.changed),
      one.believed ? '' : ', but not believed without a registration'));
}

/** Of all but presence the server knows something by itself: calls, devices, who watches. */
function compositionStep({event, composition}) {
  const {publications, shown_from: from, first_by: by} = composition;
  if (from === 'nothing' && event !== 'presence') return step('Composed publications', 'good', 'What the server knows itself');
  return step('Composed publications', from === 'nothing' ? 'warn' : 'good', SHOWN[from] ?? words(from),
    WON[by] && h('p', {class: 'faint'}, `${publications.length} publications: ${WON[by]}.`),
    publications.length > 0 && h('ol', {class: 'plain stack'}, publications.map(publication)));
}

function subscriptionStep(said) {
  const best = said.subscriptions.find(one => one.state === 'active') ?? said.subscriptions[0];
  if (!best) {
    return step('Subscription', 'bad', 'There is none', said.ended && h('p', {}, `The last one ended (${words(said.ended.reason)}) at `, when(said.ended.at)));
  }
  return step('Subscription', best.state === 'active' ? 'good' : 'warn', words(best.state),
    h('p', {class: 'faint'}, 'Since ', when(best.since), ', until ', when(best.expires)),
    said.subscriptions.length > 1 && h('p', {class: 'faint'}, `One of ${said.subscriptions.length}.`),
    h('p', {}, h('a', {href: link('subscriptions', {watcher: bare(said.watcher), presentity: bare(said.presentity)})}, 'Show it')));
}

function notifyStep(said) {
  const best = said.subscriptions.find(one => one.state === 'active') ?? said.subscriptions[0];
  const last = best?.last_notify;
  if (!last) return step('Last NOTIFY', best ? 'warn' : 'idle', 'None was sent');
  const fine = last.answer !== null && last.answer < 300;
  const answer = last.answer === null ? 'Not answered yet' : `Answered ${last.answer} by the ${last.answered_by}`;
  return step('Last NOTIFY', fine ? 'good' : last.answer === null ? 'warn' : 'bad', answer,
    h('p', {class: 'faint'}, 'At ', when(last.at)), last.flow && h('p', {}, h('code', {}, last.flow)),
    best.owed !== 'nothing' && h('p', {}, badge('warn', `More is to be told: ${words(best.owed)}`)));
}

/** The sentence with its times as a person of this place reads them. */
function readable(sentence) {
  return sentence.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, i) => (i % 2 ? when(part) : part));
}

function verdict(said) {
  const kind = GOOD.includes(said.case) ? 'good' : WAITS.includes(said.case) ? 'warn' : 'bad';
  return h('div', {class: `panel sentence ${kind}`, role: 'status', key: 'sentence'},
    h('p', {class: 'large'}, readable(said.sentence)), h('p', {}, badge(kind, words(said.case))));
}

function picture(said) {
  if (!said.decision) return null;
  return h('ol', {class: 'way', key: 'way', 'aria-label': `The way of the presence of ${said.presentity} to ${said.watcher}`},
    watcherStep(said), ruleStep(said.decision), filterStep(said.filtered),
    compositionStep(said), subscriptionStep(said), notifyStep(said));
}

function question(ctx) {
  const {params} = ctx;
  const name = (id, label) => field(label, nameInput({id, name: id, required: true, value: params.get(id) ?? '', list: 'known-users'}));
  return h('form', {class: 'toolbar', key: 'question', onsubmit: event => {
    event.preventDefault();
    const values = new FormData(event.target);
    location.hash = link('explain', {watcher: values.get('watcher').trim(),
      presentity: values.get('presentity').trim(), event: values.get('event')});
  }}, name('watcher', 'Why can this watcher'), name('presentity', 'see this user'),
  eventField(params.get('event') ?? 'presence'),
  suggestions('known-users', ctx.state.known ?? []), h('button', {type: 'submit', class: 'main'}, 'Explain'));
}

function seen(said) {
  if (!said.shown?.body) return null;
  return h('details', {key: 'document'}, h('summary', {}, 'The document that the watcher is shown'),
    h('pre', {tabindex: '0', role: 'region', 'aria-label': 'Document'}, said.shown.body));
}

export default {
  title: 'Explain',
  types: ['presence', 'subscriptions', 'registrations'],
  every: 3000,
  async load(ctx) {
    ctx.state.known = await userNames();
    const [watcher, presentity] = [ctx.params.get('watcher'), ctx.params.get('presentity')];
    if (!watcher || !presentity) return;
    ctx.data = await get(target('/api/v1/explain', {watcher, presentity, event: ctx.params.get('event')}), ctx.signal);
  },
  head: question,
  draw: ctx => [question(ctx), ctx.data ? [verdict(ctx.data), picture(ctx.data), seen(ctx.data)]
    : h('p', {class: 'empty'}, 'Name two people: Herald tells in one sentence what the first sees of the second, and what each step on the way says.')],
};
