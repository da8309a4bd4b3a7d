// widgets.js: what several views show: states, times, tables, fields, notes.
import {h, svg} from './dom.js';

export const bare = uri => String(uri ?? '').replace(/^sips?:/, '');
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name within a sentence: one that is written from the right does not turn what stands beside it. */
export const inWords = name => (FROM_THE_RIGHT.test(name) ? `\u2068${name}\u2069` : name);

export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

const dayFormat = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'short'});
const clockFormat = new Intl.DateTimeFormat(undefined, {timeStyle: 'medium'});

/** A moment: the clock when it is today's, with the whole of it as title. */
export function when(text, otherwise = '–') {
  if (!text) return h('span', {class: 'faint'}, otherwise);
  const date = new Date(text);
  const today = date.toDateString() === new Date().toDateString();
  return h('time', {datetime: text, title: dayFormat.format(date)},
    today ? clockFormat.format(date) : dayFormat.format(date));
}

export function duration(seconds) {
  const units = [[86400, 'day'], [3600, 'hour'], [60, 'minute']];
  for (const [size, name] of units) {
    if (seconds >= size) return count(Math.floor(seconds / size), name);
  }
  return count(Math.max(0, Math.floor(seconds)), 'second');
}

const KINDS = {good: 'Good', warn: 'Attention', bad: 'Bad', idle: 'Idle'};

/** A state as a shape and a word: no colour alone. */
export function badge(kind, text) {
  const shapes = {good: svg('circle', {cx: 6, cy: 6, r: 4.5, class: 'fill'}),
    warn: svg('path', {d: 'M6 1.2 11.2 10.8H.8z', class: 'fill'}),
    bad: svg('path', {d: 'M2 2l8 8M10 2l-8 8', class: 'line'}),
    idle: svg('circle', {cx: 6, cy: 6, r: 4, class: 'line'})};
  return h('span', {class: `badge ${KINDS[kind] ? kind : 'idle'}`},
    svg('svg', {viewBox: '0 0 12 12', 'aria-hidden': 'true'}, shapes[kind] ?? shapes.idle), text);
}

/** Presence in words: "Available, meeting – In room 4". */
export function presence(state) {
  if (!state) return badge('idle', '…');
  const open = state.basic === 'open';
  const words = [open ? 'Available' : 'Offline', ...(state.activities ?? [])].join(', ');
  const notes = [...(state.notes ?? []), ...(state.tuples ?? []).map(tuple => tuple.note)];
  const note = notes.find(text => text);
  const busy = open && (state.activities ?? []).length > 0;
  return h('span', {class: 'presence'}, badge(busy ? 'warn' : open ? 'good' : 'idle', words),
    note && h('span', {class: 'note'}, note));
}

export function handling(word) {
  const words = {allow: ['good', 'Allowed'], confirm: ['warn', 'Has to wait'],
    block: ['bad', 'Blocked'], 'polite-block': ['idle', 'Blocked politely']};
  return badge(...(words[word] ?? ['idle', word]));
}

/** A table that becomes cards where it is narrow. Columns are [name, cell(row), class]. */
export function table(caption, columns, rows, key, empty) {
  if (rows.length === 0) return h('p', {class: 'empty'}, empty);
  const head = columns.map(([name]) => h('th', {role: 'columnheader', scope: 'col'},
    name || h('span', {class: 'unseen'}, 'Actions')));
  const body = rows.map(row => h('tr', {role: 'row', key: key(row)}, columns.map(
    ([name, cell, kind], i) => h(i === 0 ? 'th' : 'td', {role: i === 0 ? 'rowheader' : 'cell',
      scope: i === 0 ? 'row' : null, 'data-label': name, class: kind}, cell(row)))));
  return h('table', {role: 'table', class: 'cards'}, h('caption', {class: 'unseen'}, caption),
    h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, head)),
    h('tbody', {role: 'rowgroup'}, body));
}

let numbers = 0;

/** A labelled input; `control` is an element, `hint` says what may be written there. What is wrong
 *  with it is shown between them (faults.js). */
export function field(label, control, hint) {
  const id = control.id || `field-${++numbers}`;
  control.id = id;
  control.setAttribute('aria-describedby', hint ? `${id}-problem ${id}-hint` : `${id}-problem`);
  return h('div', {class: 'field'}, h('label', {for: id}, label), control,
    h('p', {class: 'problem', id: `${id}-problem`, role: 'alert', 'data-own': true}),
    hint && h('p', {class: 'hint', id: `${id}-hint`}, hint));
}

/** A field's control for an address or a name of the server's, which no browser is to correct. */
export function nameInput(props) {
  return h('input', {autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', ...props});
}

/** A field's control for a list, an item a line. */
export function lines(items, hint) {
  return {control: h('textarea', {rows: 4, value: items.join('\n'), autocapitalize: 'off', spellcheck: 'false'}), hint};
}

/** What is in it; blank lines go, so that a line's number is the item's. */
export function tidy(control) {
  const items = control.value.split('\n').map(line => line.trim()).filter(Boolean);
  control.value = items.join('\n');
  return items;
}

export function select(props, options) {
  return h('select', props, options.map(([value, text]) => h('option', {value}, text)));
}

/** A list of names to choose from while one writes. */
export function suggestions(id, users) {
  return h('datalist', {id}, users.map(user => h('option', {value: user})));
}

export function card(title, ...children) {
  const id = `card-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return h('section', {class: 'card', 'aria-labelledby': id, key: id},
    h('h2', {id}, title), children);
}

/** Has a view load `by` more. */
export function moreButton(ctx, by, text = 'Show more') {
  return h('button', {onclick: () => {
    ctx.state.most += by;
    ctx.reload();
  }}, text);
}

/** What stands in place of a view that cannot be shown, and the way out. */
export function problemNote(problem) {
  if (problem.absent) {
    return note('idle', 'This server does not have it',
      'The part of the API that this view shows is not in this version of Herald. Everything else works as usual.');
  }
  const scope = problem.scope;
  const title = problem.status === 403 ? 'This token may not do that'
    : problem.status === 404 ? 'Not found'
      : problem.status === 0 ? 'No connection' : 'That did not work';
  return note(problem.status === 0 ? 'warn' : 'bad', title, problem.message,
    scope && [h('p', {}, 'Sign in with a token that has this scope. Who has the server’s command line makes one:'), h('pre', {}, `herald token add NAME ${scope}`)]);
}

export function note(kind, title, text, ...more) {
  return h('div', {class: `panel ${kind}`, key: `note-${title}`},
    h('h2', {}, badge(kind, title)), text && h('p', {}, text), more);
}
