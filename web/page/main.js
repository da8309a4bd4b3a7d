// main.js: who is signed in, which view is shown, and what stands around it.
import {Problem, call, token, whenRefused} from './api.js';
import {h, update} from './dom.js';
import {icon} from './icons.js';
import {connect, disconnect, whenState} from './live.js';
import {drawSignIn} from './signin.js';
import {leave, refresh, show} from './stage.js';
import {forgetUsers} from './users.js';
import {badge} from './widgets.js';
import dashboard from './dashboard.js';
import devices from './devices.js';
import explain from './explain.js';
import groups from './groups.js';
import messages from './messages.js';
import operations from './operations.js';
import people from './people.js';
import person from './person.js';
import roster from './roster.js';
import rules from './rules.js';
import subscriptions from './subscriptions.js';
import tokens from './tokens.js';
import trace from './trace.js';
import webhooks from './webhooks.js';

const views = {dashboard, people, person, roster, groups, rules, messages, subscriptions, devices, explain, trace,
  operations, webhooks, tokens};
const entries = [
  ['', [['dashboard', 'Dashboard']]],
  ['Who', [['people', 'People'], ['roster', 'Rosters'], ['groups', 'Shared groups'], ['rules', 'Rules'],
    ['messages', 'Messages']]],
  ['What happens', [['subscriptions', 'Subscriptions'], ['devices', 'Devices'], ['explain', 'Explain'], ['trace', 'Trace']]],
  ['This server', [['operations', 'Operations'], ['webhooks', 'Webhooks'], ['tokens', 'Tokens']]],
];
const states = {off: ['idle', ''], connecting: ['warn', 'Connecting'], live: ['good', 'Live'],
  polling: ['idle', 'Every few seconds']};

const top = document.getElementById('top');
const nav = document.getElementById('nav');
let signedIn = false, menuOpen = false, connection = 'off';

function place() {
  const [name, query] = location.hash.replace(/^#\//, '').split('?');
  return {name: Object.hasOwn(views, name) ? name : 'dashboard', params: new URLSearchParams(query)};
}

function toggleMenu(open) {
  menuOpen = open;
  drawFrame();
}

function drawTop() {
  const [kind, text] = states[connection];
  update(top, h('a', {class: 'brand', href: '#/dashboard'}, 'Herald'),
    signedIn && text && h('span', {class: 'connection', title: 'How this page learns of changes'}, badge(kind, text)),
    signedIn && h('button', {class: 'quiet signout', onclick: () => signOut()}, icon('leave'), 'Sign out'),
    signedIn && h('button', {class: 'quiet menu', 'aria-expanded': String(menuOpen), 'aria-controls': 'nav',
      onclick: () => toggleMenu(!menuOpen)}, icon('menu'), 'Menu'));
}

function drawFrame() {
  drawTop();
  const here = place().name === 'person' ? 'people' : place().name;
  nav.hidden = !signedIn;
  nav.classList.toggle('open', menuOpen);
  update(nav, h('div', {class: 'lists'}, entries.map(([title, views], i) => [
    title && h('p', {class: 'part', id: `part-${i}`}, title),
    h('ul', {'aria-labelledby': title ? `part-${i}` : null}, views.map(([name, text]) => h('li', {}, h('a',
      {href: `#/${name}`, onclick: () => toggleMenu(false), 'aria-current': name === here ? 'page' : null}, icon(name), text))))])));
}

function showPlace(focus) {
  const {name, params} = place();
  menuOpen = false;
  drawFrame();
  show(views[name], params, focus);
}

function enter() {
  signedIn = true;
  connect();
  showPlace(true);
}

function signOut(problem) {
  token.forget();
  forgetUsers();
  signedIn = menuOpen = false;
  disconnect();
  leave();
  document.querySelectorAll('dialog').forEach(dialog => dialog.close());
  drawFrame();
  drawSignIn({problem, enter: tryToken});
}

/** A token is right when it is known, whatever it may: 403 is as good as 200 here. */
async function tryToken(text) {
  try {
    await call('GET', '/api/v1/status', {secret: text});
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 403) throw error;
  }
  token.set(text);
  enter();
}

window.addEventListener('hashchange', () => {
  if (signedIn && location.hash.startsWith('#/')) showPlace(true);
});
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  document.getElementById('content').focus();
});
/** Who goes on with the content is not to be under the menu. */
function goOn(to) {
  if (menuOpen && to && !nav.contains(to) && !top.contains(to)) toggleMenu(false);
}

nav.addEventListener('focusout', event => goOn(event.relatedTarget));
document.addEventListener('pointerdown', event => goOn(event.target));
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || !menuOpen) return;
  toggleMenu(false);
  document.querySelector('button.menu').focus();
});
whenRefused(problem => signedIn && signOut(problem));
whenState(state => {
  connection = state;
  drawTop();
  refresh();
});

drawFrame();
if (token.get()) enter();
else drawSignIn({enter: tryToken});
