// live.js: news from the server: one stream of events (SSE), or asking again and again.
//
//     OFF -> CONNECTING -> LIVE -> (it breaks) CONNECTING ...
//                       -> POLLING  when the server has no events, or the token may not have them
//
// EventSource cannot send the token, so the stream is read by fetch and cut up here.
import {call} from './api.js';

const TYPES = 'presence,messages,registrations,subscriptions';
const PAUSE_MS = [500, 1000, 2000, 5000, 10000];

const listeners = new Set();
let state = 'off', controller = null, last = null, failures = 0, onState = () => {};

export const isLive = () => state === 'live';

/** Tells of changes between 'off', 'connecting', 'live' and 'polling'. */
export function whenState(then) {
  onState = then;
}

function enter(next) {
  if (state === next) return;
  state = next;
  onState(state);
}

/** Calls `then` with each event; gives the function that ends it. */
export function listenTo(then) {
  listeners.add(then);
  return () => listeners.delete(then);
}

function tell(event) {
  if (event.id) last = event.id;
  let data = {};
  try {
    data = JSON.parse(event.data || '{}');
  } catch {
    return; // nothing that this page knows
  }
  for (const then of [...listeners]) then({...data, type: event.type || data.type});
}

function takeLine(event, line) {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'id') event.id = value;
  else if (name === 'event') event.type = value;
  else if (name === 'data') event.data = event.data ? `${event.data}\n${value}` : value;
}

async function readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', event = {};
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (line !== '') {
        takeLine(event, line);
      } else {
        if (event.data !== undefined) tell(event);
        event = {};
      }
    }
  }
}

async function run(signal) {
  while (!signal.aborted) {
    try {
      const response = await call('GET', `/api/v1/events?types=${TYPES}`,
        {signal, accept: 'text/event-stream', resume: last});
      failures = 0;
      enter('live');
      tell({type: 'gap', data: '{}'}); // whatever happened before: views read anew
      await readEvents(response);
    } catch (error) {
      if (signal.aborted) return;
      if (error.absent || error.status === 403 || error.status === 401) {
        enter('polling');
        return;
      }
    }
    if (signal.aborted) return;
    enter('connecting');
    const pause = PAUSE_MS[Math.min(failures++, PAUSE_MS.length - 1)];
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}

export function connect() {
  disconnect();
  controller = new AbortController();
  enter('connecting');
  run(controller.signal);
}

export function disconnect() {
  controller?.abort();
  controller = null;
  last = null;
  enter('off');
}
