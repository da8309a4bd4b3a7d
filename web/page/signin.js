// signin.js: a token is pasted; what to do when there is none, or it is wrong.
import {h, update} from './dom.js';
import {field, note} from './widgets.js';

const root = document.getElementById('content');

const advice = {
  401: 'Check that all of it was pasted: a token begins with hld_ and has no spaces. It may also have expired or been revoked.',
  429: 'Too many wrong tokens came from this address. Wait a minute, then try again.',
  0: 'Check that Herald runs, then try again.',
};

function troubleNote(problem) {
  if (!problem) return null;
  const title = problem.status === 401 ? 'That token does not open this server' : 'Signing in did not work';
  return h('div', {role: 'alert', id: 'why'}, note('bad', title, problem.message,
    advice[problem.status] && h('p', {}, advice[problem.status])));
}

function help() {
  return h('details', {class: 'help'}, h('summary', {}, 'Where do I get a token?'),
    h('p', {}, 'Herald prints the first one when it starts for the first time. Anybody with the server’s command line makes another:'),
    h('pre', {tabindex: '0', role: 'region', 'aria-label': 'Command'}, 'herald token add "my browser" "*"'),
    h('p', {}, 'Instead of ', h('code', {}, '*'), ' (everything) name what it is to be good for, such as ',
      h('code', {}, 'people:write live:read'), '. A token opens what its scopes say and no more.'));
}

export function drawSignIn({problem, enter}) {
  document.title = 'Sign in – Herald';
  const input = h('input', {id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false',
    autocapitalize: 'off', required: true, 'aria-invalid': problem?.status === 401 ? 'true' : null});
  if (problem) input.setAttribute('aria-errormessage', 'why');
  const button = h('button', {type: 'submit', class: 'main'}, 'Sign in');
  const form = h('form', {class: 'card signin', onsubmit: async event => {
    event.preventDefault();
    const text = input.value.trim();
    if (!/^[\x21-\x7e]+$/.test(text)) {
      drawSignIn({problem: {status: 401, message: 'A token has no spaces and only plain letters, digits and signs.'}, enter});
      return;
    }
    button.disabled = true;
    try {
      await enter(text);
    } catch (error) {
      if (error.status === undefined) throw error;
      drawSignIn({problem: error, enter});
    }
  }}, h('h1', {id: 'title', tabindex: '-1'}, 'Sign in'),
  h('p', {class: 'faint'}, 'Presence and messages over SIP: who is there, who may see it, and why.'), troubleNote(problem),
  field('Token', input, 'Kept in this tab only, and forgotten when you close it.'), button, help());
  root.replaceChildren();
  update(root, form);
  input.focus();
}
