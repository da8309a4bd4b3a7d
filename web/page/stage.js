// stage.js: the one view that is shown: loads what it wants, draws it, and draws it anew on news.
//
// A view is {title, types, every, silent, start(params), load(ctx), head(ctx), draw(ctx), onEvent(ctx, event)}:
// `load` fills ctx.data, `draw` gives what stands under the heading; `head` is that part of it by
// which the question can be mended, and stands beside a problem, too. `types` of events have it load
// again; `every` ms it does so where there are no events, or when some of it changes without any
// (`silent`).
import {h, update} from './dom.js';
import {absolve, blame} from './faults.js';
import {isLive, listenTo} from './live.js';
import {problemNote} from './widgets.js';

const SOON_MS = 120, SLOW_MS = 30000;

const root = document.getElementById('content');
const news = document.getElementById('news');
const trouble = document.getElementById('trouble');
let current = null, timers = {news: 0, trouble: 0};

function announce(where, name, text, stay_ms) {
  clearTimeout(timers[name]);
  where.replaceChildren();
  const close = h('button', {class: 'quiet small', 'aria-label': 'Dismiss',
    onclick: () => where.replaceChildren()}, '×');
  where.append(h('div', {class: 'toast'}, h('span', {}, text), close));
  timers[name] = setTimeout(() => where.replaceChildren(), stay_ms);
}

/** Tells of something done; read out by screen readers when they are free. */
export const say = text => announce(news, 'news', text, 8000);
/** Tells of something that went wrong; read out at once. */
const complain = text => announce(trouble, 'trouble', text, 20000);

function hush() {
  trouble.replaceChildren();
}

class Context {
  constructor(view, params) {
    Object.assign(this, {view, params, data: null, problem: null, loaded: false});
    this.state = view.start?.(params) ?? {};
    this.end = new AbortController();
    this.signal = this.end.signal;
    this.loading = null;
  }

  get over() {
    return this.signal.aborted;
  }

  /** Shows what there is now. */
  redraw() {
    if (this.over) return;
    const title = typeof this.view.title === 'function' ? this.view.title(this) : this.view.title;
    document.title = `${title} – Herald`;
    update(root, h('h1', {tabindex: '-1', id: 'title'}, title), this.body());
  }

  body() {
    const note = this.problem && problemNote(this.problem);
    if (this.problem && (!this.loaded || this.problem.status !== 0)) return [this.view.head?.(this), note];
    if (!this.loaded) return h('p', {class: 'loading', key: 'loading'}, 'Loading…');
    return [note, this.view.draw(this)];
  }

  async #loadNow() {
    try {
      await this.view.load?.(this);
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (error.name === 'AbortError' || this.over) return;
      if (error.status === undefined) throw error;
      this.problem = error;
    }
    this.redraw();
  }

  /** Loads, one at a time; who asks meanwhile has it done once more. */
  reload() {
    if (this.loading) {
      this.again = true;
      return this.loading;
    }
    this.loading = this.#loadNow().finally(() => {
      this.loading = null;
      if (!this.again || this.over) return undefined;
      this.again = false;
      return this.reload();
    });
    return this.loading;
  }

  /** Loads in a moment; many events make one. */
  soon() {
    this.wait ??= setTimeout(() => {
      this.wait = null;
      if (!this.over) this.reload();
    }, SOON_MS);
  }

  /** Does something and says so. False: it went wrong, which was told, at the fields of `form`
   *  when there is one. */
  async act(what, said, form) {
    hush();
    if (form) absolve(form);
    try {
      await what();
    } catch (error) {
      if (error.status === undefined) throw error;
      const rest = form?.isConnected ? blame(form, error) : [error.message];
      if (rest.length > 0) complain(rest.join(' '));
      if (error.status === 412) this.soon();
      return false;
    }
    if (said) say(said);
    await this.reload();
    return true;
  }
}

function onEvent(ctx, event) {
  if (event.type !== 'gap' && !ctx.view.types?.includes(event.type)) return;
  if (ctx.view.onEvent && event.type !== 'gap') ctx.view.onEvent(ctx, event);
  else ctx.soon();
}

/** A view with events is asked seldom while they come. */
function tick(ctx) {
  const covered = ctx.view.types && !ctx.view.silent && isLive();
  ctx.timer = setTimeout(async () => {
    if (!document.hidden) await ctx.reload();
    if (!ctx.over) tick(ctx);
  }, covered ? SLOW_MS : ctx.view.every ?? SLOW_MS);
}

export function leave() {
  if (!current) return;
  current.end.abort();
  current.unlisten();
  clearTimeout(current.timer);
  clearTimeout(current.wait);
  current = null;
}

/** Shows a view; `focus`: the heading gets the focus, as after a step to another page. */
export async function show(view, params, focus) {
  leave();
  hush();
  const ctx = current = new Context(view, params);
  root.replaceChildren();
  ctx.unlisten = listenTo(event => onEvent(ctx, event));
  ctx.redraw();
  if (focus) document.getElementById('title').focus();
  window.scrollTo(0, 0);
  await ctx.reload();
  if (!ctx.over && (view.every || view.types)) tick(ctx);
}

/** What is known became old: live turned to polling, or back. */
export function refresh() {
  if (!current) return;
  clearTimeout(current.timer);
  if (current.view.every || current.view.types) tick(current);
}
