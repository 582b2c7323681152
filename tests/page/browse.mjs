// Drives the page in Chromium. Usage: node browse.mjs URL ADMIN_TOKEN VIEWER_TOKEN ACCESS_KEY SCREENSHOTS MODULES
// The walk of a person, with and without JavaScript; then every screen in both themes and two widths: a picture,
// a check by axe-core, the size, and whether the policy of the page was kept.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';

const [url, admin, viewer, accessKey, pictures, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const puppeteer = require('puppeteer-core');
const axe = require.resolve('axe-core');
const { readFileSync } = await import('node:fs');
const axeSource = readFileSync(axe, 'utf8');

mkdirSync(pictures, { recursive: true });
const failures = [];
const check = (holds, what) => {
  if (!holds) failures.push(what);
};
const browser = await puppeteer.launch({
  executablePath: process.env.PORTOLAN_TEST_CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server'],
  headless: true,
});

// A page whose violations of the policy and errors are failures.
async function open(context, script = true) {
  const page = await context.newPage();
  await page.setJavaScriptEnabled(script);
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' && /Content Security|Refused/.test(text)) failures.push(`policy: ${text}`);
  });
  page.on('pageerror', (error) => failures.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !to.startsWith('data:')) failures.push(`another host: ${to}`);
  });
  return page;
}

async function click(page, selector) {
  await page.waitForSelector(selector);
  await Promise.all([page.waitForNavigation(), page.$eval(selector, (it) => it.click())]);
}

// Presses a button by its words; a picture of keys and pointers is the browser's affair.
async function press(page, words, within = 'body') {
  const button = await page.evaluateHandle(
    (words, within) =>
      [...document.querySelectorAll(`${within} a, ${within} button`)].find((it) => it.textContent.trim().startsWith(words)),
    words,
    within,
  );
  if (!button.asElement()) {
    failures.push(`no ${words} on ${page.url()}`);
    return;
  }
  await Promise.all([page.waitForNavigation(), button.asElement().click()]);
}

const text = (page) => page.$eval('main', (it) => it.innerText);

async function logIn(page, token, to = '/') {
  await page.goto(url + to);
  check(page.url().includes('/login'), `no login before ${to}`);
  await page.type('input[name=token]', token);
  await press(page, 'Log in', 'form');
  check(page.url() === url + to, `the login led to ${page.url()}, not to ${to}`);
}

async function walk(script) {
  const context = await browser.createBrowserContext();
  const page = await open(context, script);
  const name = script ? 'with-script' : 'without-script';
  await page.goto(`${url}/findings?severity=high`);
  check((await text(page)).includes('Log in'), 'a stranger sees findings');
  await logIn(page, admin);
  await page.goto(`${url}/credentials/new`);
  await page.type('main input[name=name]', name);
  await page.type('input[name=access_key]', accessKey);
  await page.type('input[name=access_secret]', 'any-secret-will-do');
  await press(page, 'Check and store', 'main');
  check(page.url().includes('/registrations/new'), `credentials were not stored: ${await text(page)}`);
  await page.type('main input[name=name]', name);
  await page.type('input[name=regions]', script ? 'us-east-1' : 'eu-west-1');
  await press(page, 'Register and scan', 'main');
  check((await text(page)).includes(name), 'the registration is not listed');
  const began = Date.now();
  for (;;) {
    // The page may load itself again meanwhile.
    const row = await page
      .$$eval('#registrations tbody tr', (rows, name) => rows.find((it) => it.innerText.includes(name))?.innerText, name)
      .catch(() => '');
    if (/Complete|Incomplete|Failed/.test(row || '')) {
      check(!row.includes('Failed'), `the scan failed: ${row}`);
      break;
    }
    if (Date.now() - began > 90_000) {
      failures.push(`the scan does not end: ${row}`);
      break;
    }
    // With script the page follows by itself.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (!script) await page.reload();
  }
  // The small world is in us-east-1, which the walk with script has registered.
  await page.goto(`${url}/?name=with-script&region=us-east-1`);
  check((await page.$$('table.live tbody tr')).length > 0, 'nothing is shown by name and Region');
  await click(page, '.nav a:nth-of-type(2)');
  const severity = '.facets a[href*="severity="]';
  await click(page, severity);
  check(page.url().includes('severity='), 'a facet does not filter');
  await click(page, 'table.list .row-link');
  const finding = page.url();
  await page.type('textarea[name=reason]', 'known and accepted');
  await page.$eval('input[name=until]', (it) => it.setAttribute('value', new Date(Date.now() + 864e5 * 3).toISOString().slice(0, 10)));
  await press(page, 'Mute until then', 'main');
  check((await text(page)).includes('counted as muted'), `not muted: ${finding}`);
  await page.goto(`${url}/findings?muted=true`);
  check((await page.$$('table.list tbody tr')).length >= 1, 'the muted finding is not listed as muted');
  await page.goto(finding);
  await press(page, 'Unmute', 'main');
  check(!(await text(page)).includes('counted as muted'), 'unmuting does not act at once');
  await page.goto(`${url}/`);
  await page.$eval('.top .menu', (it) => { it.open = true; });
  await press(page, 'Log out', '.top');
  await page.goto(`${url}/scans`);
  check(page.url().includes('/login'), 'the session goes on after the logout');
  await context.close();
}

async function screens() {
  const context = await browser.createBrowserContext();
  const page = await open(context);
  await logIn(page, admin);
  const link = async (from, selector) => {
    await page.goto(url + from);
    return page.$eval(selector, (it) => it.getAttribute('href')).catch(() => null);
  };
  const list = {
    live: '/',
    'live-none': '/?name=no-such-name',
    findings: '/findings?result=FAIL&muted=false',
    'findings-filtered': '/findings?result=FAIL&muted=false&severity=critical,high&sort=since',
    'findings-unknown': '/findings?result=NOT_EVALUATED',
    'findings-none': '/findings?result=FAIL&region=nowhere-1',
    finding: await link('/findings?result=FAIL&severity=high&object=EcsService', '.list .row-link'),
    'finding-unknown': await link('/findings?result=NOT_EVALUATED', '.list .row-link'),
    workload: await link('/', '.live .row-link'),
    scans: '/scans',
    scan: await link('/scans', '#scans .row-link'),
    events: '/events',
    controls: '/controls',
    control: '/controls/TD.4',
    register: '/registrations/new',
    credential: '/credentials/new',
    mutes: '/mutes',
    tokens: '/tokens',
    audit: '/audit',
    missing: '/no-such-page',
  };
  const figures = [];
  for (const [name, path] of Object.entries(list)) {
    if (!path) {
      failures.push(`no address for ${name}`);
      continue;
    }
    for (const theme of ['light', 'dark']) {
      for (const width of [1440, 360]) {
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
        const answer = await page.goto(url + path);
        const body = await answer.buffer();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(wide <= 0, `${name} at ${width} px is ${wide} px too wide`);
        await page.evaluate(axeSource);
        const found = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
        for (const it of found.violations) {
          const where = it.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ');
          const line = `${it.impact} ${it.id} on ${name} (${theme}, ${width} px): ${where}`;
          if (['serious', 'critical'].includes(it.impact)) failures.push(line);
          else console.log(line);
        }
        if (theme === 'light' && width === 1440) {
          figures.push(`${body.length} bytes ${name}`);
          check(body.length < 150_000, `${name} has ${body.length} bytes`);
        }
        await page.screenshot({ path: `${pictures}/${name}-${width}-${theme}.png`, fullPage: true });
      }
    }
  }
  console.log(figures.join('\n'));
  await context.close();
}

// What a viewer may not, the page does not offer.
async function offers() {
  const context = await browser.createBrowserContext();
  const page = await open(context);
  await logIn(page, viewer, '/scans');
  for (const path of ['/scans', '/mutes', '/']) {
    await page.goto(url + path);
    const posts = await page.$$eval('main form[method=post]', (forms) => forms.map((it) => it.getAttribute('action')));
    check(posts.length === 0, `${path} offers ${posts} to a viewer`);
  }
  await context.close();
}

try {
  if (process.env.PORTOLAN_TEST_SCREENS !== 'only') {
    await walk(true);
    await walk(false);
    await offers();
  }
  await screens();
} catch (error) {
  failures.push(String(error.stack));
}
await browser.close();
for (const failure of failures) console.error(failure);
process.exit(failures.length ? 1 : 0);
