// dialogs.js: questions that stand before everything else. The browser's own <dialog> keeps the
// focus inside, closes on Escape and gives the focus back.
import {h} from './dom.js';
import {absolve, blame} from './faults.js';
import {field} from './widgets.js';

let numbers = 0;

function open(title, content, buttons) {
  const id = `dialog-${++numbers}`;
  const dialog = h('dialog', {'aria-labelledby': id}, h('form', {method: 'dialog'},
    h('h2', {id}, title), content, h('div', {class: 'buttons'}, buttons)));
  dialog.addEventListener('close', () => {
    dialog.remove(); // whoever had the focus has it again, and may have moved on: this comes later
    if (document.activeElement === document.body) document.getElementById('title')?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** True when the person goes on. */
export function confirm({title, text, yes, danger = true}) {
  return new Promise(resolve => {
    let answer = false;
    const no = h('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel');
    const go = h('button', {type: 'submit', class: danger ? 'danger' : 'main',
      onclick: () => { answer = true; }}, yes);
    const dialog = open(title, h('p', {}, text), [no, go]);
    dialog.addEventListener('close', () => resolve(answer));
    (danger ? no : go).focus();
  });
}

/** Shows a form until `send(values)` goes well or it is cancelled. Fields are {name, label, hint,
 *  control}; what the server finds wrong is told at them. */
export function form({title, text, fields, yes, send}) {
  const problem = h('p', {class: 'problem', role: 'alert'});
  const cancel = h('button', {type: 'button', onclick: () => dialog.close()}, 'Cancel');
  const go = h('button', {type: 'submit', class: 'main'}, yes);
  const controls = fields.map(({name, control}) => {
    if (name) control.setAttribute('name', name);
    return control;
  });
  const dialog = open(title, [text && h('p', {}, text),
    fields.map(one => (one.label ? field(one.label, one.control, one.hint) : one.control)),
    problem], [cancel, go]);
  dialog.querySelector('form').addEventListener('submit', async event => {
    event.preventDefault();
    go.disabled = true;
    problem.replaceChildren();
    absolve(event.target);
    try {
      await send(Object.fromEntries(new FormData(event.target)));
      dialog.close();
    } catch (error) {
      if (error.status === undefined) throw error;
      problem.append(blame(event.target, error).join(' '));
    } finally {
      go.disabled = false;
    }
  });
  (controls[0]?.querySelector?.('input') ?? controls[0])?.focus();
}

/** Shows a secret that cannot be had again. */
export function reveal({title, text, secret}) {
  const output = h('input', {readonly: true, value: secret, class: 'secret', 'aria-label': title,
    onfocus: event => event.target.select()});
  const said = h('span', {role: 'status'});
  const copy = h('button', {type: 'button', class: 'main', onclick: async () => {
    output.select();
    try {
      await navigator.clipboard.writeText(secret);
      said.textContent = 'Copied.';
    } catch { // no clipboard over plain HTTP beyond this host
      said.textContent = 'Selected: copy it with Ctrl-C.';
    }
  }}, 'Copy');
  const dialog = open(title, [h('p', {}, text), output, said],
    [copy, h('button', {type: 'submit'}, 'Done')]);
  dialog.addEventListener('close', () => { output.value = ''; });
  output.focus();
}
