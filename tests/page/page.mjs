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

async function main() {
  const wanted = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
  let failed = 0;
  const chosen = cases.filter(one => wanted.length === 0 || wanted.some(word => one.name.includes(word)));
  if (chosen.length > 0) await ask('begin', chosen[0].server);
  for (const [i, one] of chosen.entries()) {
    const number = cases.indexOf(one) + 1, next = chosen[i + 1];
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
