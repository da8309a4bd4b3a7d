// page.mjs: runs the cases of the page: a server and a browser context of its own for each. What
// they ask of the world outside the browser goes to page.test, by lines.
import {createInterface} from 'node:readline';
import {chromium} from 'playwright-core';
import {cases} from './case.mjs';
import './signin.mjs';
import './people.mjs';
import './rosters.mjs';
import './dragging.mjs';
import './watching.mjs';
import './others.mjs';
import './serving.mjs';
import './exchange.mjs';
import './rough.mjs';
import './looks.mjs';

const input = createInterface({input: process.stdin})[Symbol.asyncIterator]();

async function ask(what, more = {}) {
  process.stdout.write(`@ ${JSON.stringify({what, ...more})}\n`);
  const {value} = await input.next();
  const answer = JSON.parse(value);
  if (answer.error) throw new Error(`${what}: ${answer.error}`);
  return answer;
}

/** What a browser complains of; that a fetch was answered 4xx is the page's own business. */
function watch(page, complaints) {
  page.on('pageerror', error => complaints.push(`uncaught: ${error.message}`));
  page.on('console', message => {
    const kind = message.type(), text = message.text();
    if ((kind === 'error' || kind === 'warning') && !text.startsWith('Failed to load resource')) complaints.push(`${kind}: ${text}`);
  });
}

async function runCase(browser, one) {
  const complaints = [];
  const place = await ask('start');
  const context = await browser.newContext({baseURL: place.url, viewport: {width: 1280, height: 860}, ...one.browser});
  context.setDefaultTimeout(30000);
  try {
    const page = await context.newPage();
    watch(page, complaints);
    await one.run({page, context, ask, ...place, complaints});
    if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
    await context.close();
    await ask('end');
  } catch (error) {
    const page = context.pages()[0];
    await page?.screenshot({path: `${process.env.HERALD_SCREENSHOTS}/failed-${one.name}.png`}).catch(() => {});
    error.complaints = complaints;
    throw error;
  } finally {
    await context.close().catch(() => {});
    one.log = (await ask('close')).log;
  }
}

/** The cases whose titles hold one of the words, all when there are none. A word that no title holds
 *  would run nothing, and nothing would fail. */
function chosen(words) {
  for (const word of words) {
    if (!cases.some(one => one.name.includes(word))) {
      console.error([`not ok no case has '${word}' in its title; there are`, ...cases.map(one => one.name)].join('\n'));
      process.exit(1);
    }
  }
  return cases.filter(one => words.length === 0 || words.some(word => one.name.includes(word)));
}

/** Of the browser's own window, which nobody sees: it would load pages of its own for its address bar,
 *  which take longer than ours. The last such switch counts, so what playwright switches off and a
 *  page can notice is here again. */
const WITHOUT = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'AvoidUnnecessaryBeforeUnloadCheckSync',
  'BoundaryEventDispatchTracksNodeRemoval', 'DestroyProfileOnBrowserClose', 'GlobalMediaControls', 'HttpsUpgrades', 'MediaRouter',
  'OptimizationHints', 'PaintHolding', 'RenderDocument', 'ThirdPartyStoragePartitioning', 'Translate'];

async function main() {
  const wanted = chosen(process.argv.slice(2).map(word => word.replaceAll(' ', '_')));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
      `--disable-features=${WITHOUT.join()}`],
  });
  let failed = 0;
  await ask('begin', wanted[0].server);
  for (const [i, one] of wanted.entries()) {
    const number = cases.indexOf(one) + 1, next = wanted[i + 1];
    try {
      if (next) await ask('begin', next.server); // it starts while this one runs
      await runCase(browser, one);
      console.log(`ok ${number} ${one.name}`);
    } catch (error) {
      failed++;
      const text = [error.stack, ...(error.complaints ?? []), ...(one.log ?? []).map(line => `log: ${line}`)].join('\n');
      console.log(`not ok ${number} ${one.name}\n${text.replace(/^/gm, '    ')}`);
    }
  }
  await browser.close();
  process.exit(failed > 0 ? 1 : 0);
}

main();
