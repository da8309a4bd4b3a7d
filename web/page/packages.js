// packages.js: the event packages that the server knows, to choose one of them.
import {field, select} from './widgets.js';

const PACKAGES = [['presence'], ['dialog', 'calls'], ['message-summary', 'waiting messages'], ['reg', 'devices'], ['conference']];
const EVENTS = PACKAGES.flatMap(([event, about]) => [[event, about ? `${event} – ${about}` : event],
  [`${event}.winfo`, `${event}.winfo – its watchers`]]);

/** A field for an event; `first` are choices before those of the packages. What an address names
 *  beside them, as the watchers of watchers, can be shown, too. */
export function eventField(event, first = []) {
  const choices = [...first, ...EVENTS];
  if (!choices.some(([value]) => value === event)) choices.push([event, event]);
  return field('Event', select({id: 'event', name: 'event', value: event}, choices));
}
