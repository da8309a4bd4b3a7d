// faults.js: what the server found wrong with a form, shown at the fields that it is about.
//
// A problem (RFC 9457) names a field by its JSON pointer, or by the part of the path. A control is
// found by its name, or by data-field when the server calls it otherwise.
import {h} from './dom.js';

function controlOf(form, name) {
  return [...form.elements].find(one => (one.dataset.field ?? one.name) === name);
}

/** Takes away what was shown before. */
export function absolve(form) {
  for (const control of form.querySelectorAll('[aria-invalid]')) control.removeAttribute('aria-invalid');
  for (const place of form.querySelectorAll('.field > .problem')) place.replaceChildren();
}

/** Shows each fault at its field, the first of which gets the focus; gives the words that no field
 *  is for. The lines of a textarea are an array's items. */
export function blame(form, problem) {
  absolve(form);
  const rest = [];
  let first = null;
  for (const {field, detail} of problem.errors ?? [{field: problem.field, detail: problem.message}]) {
    const [name, index] = String(field ?? '').replace(/^\//, '').split('/');
    const control = name && controlOf(form, name);
    const place = control && form.querySelector(`#${CSS.escape(control.id)}-problem`);
    if (!place) {
      rest.push(detail);
      continue;
    }
    const line = control.tagName === 'TEXTAREA' && index ? `Line ${Number(index) + 1}: ` : '';
    place.append(h('span', {}, line + detail));
    control.setAttribute('aria-invalid', 'true');
    first ??= control;
  }
  first?.focus();
  return rest;
}
