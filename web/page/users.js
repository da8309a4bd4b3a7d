// users.js: the names of the accounts, for pickers; asked once, and again when they change.
import {list} from './api.js';
import {h} from './dom.js';
import {icon} from './icons.js';
import {bare, field, nameInput, suggestions} from './widgets.js';

let names = null;

export function forgetUsers() {
  names = null;
}

/** Names of the first thousand; none when the token may not see them. */
export async function userNames() {
  names ??= list('/api/v1/users?limit=1000', 1000).then(page => page.items.map(one => one.user))
    .catch(() => {
      names = null;
      return [];
    });
  return names;
}

/** The hash that shows a view with these parameters. */
export function link(view, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return `#/${view}${query.size > 0 ? `?${query}` : ''}`;
}

export function go(view, parameters) {
  location.hash = link(view, parameters);
}

/** A form that asks for a user and shows `view` for whoever it is. */
export function userPicker(view, user, known) {
  const input = nameInput({name: 'user', id: 'picked-user', value: user ?? '', list: 'known-users', placeholder: 'alice@example.org',
    required: true});
  return h('form', {class: 'toolbar picker', key: 'picker', onsubmit: event => {
    event.preventDefault();
    go(view, {user: new FormData(event.target).get('user').trim()});
  }}, field('User', input), suggestions('known-users', known),
  h('button', {type: 'submit'}, 'Show'));
}

const PLACES = [['person', 'Account'], ['roster', 'Roster'], ['rules', 'Rules'], ['messages', 'Messages']];

/** The views of a user, and which of them is shown. */
export function crossLinks(user, here) {
  return h('nav', {class: 'cross', 'aria-label': `All of ${bare(user)}`, key: 'cross'},
    PLACES.map(([view, text]) => h('a', {href: link(view, {user}), 'aria-current': view === here ? 'page' : null},
      icon(view === 'person' ? 'people' : view), text)));
}

const CHOICES = 60;

/** What stands where nobody is chosen yet: the people there are, to be clicked. */
export function chooser(view, known, text) {
  if (known.length === 0) return h('p', {class: 'empty', key: 'nobody'}, 'Name the user above.');
  return h('section', {class: 'card', 'aria-label': text, key: 'choose'}, h('p', {class: 'faint'}, text),
    h('ul', {class: 'choices'}, known.slice(0, CHOICES).map(user =>
      h('li', {}, h('a', {class: 'button', href: link(view, {user})}, h('bdi', {}, user))))),
    known.length > CHOICES && h('p', {class: 'faint'}, 'and more: name them above.'));
}
