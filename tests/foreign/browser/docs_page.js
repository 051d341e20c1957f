// A browser uses the page that shows a server's functions: `docs_page.js HOST:PORT[/PREFIX] SECTION` prints a line for each check.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { check, library } = require('../node/check.js');

const [address, section] = process.argv.slice(2);
const PAGE = `http://${address}/docs`;
const ORIGIN = new URL(PAGE).origin;
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// What nobody who serves functions wants to see: dialogs, errors, what the policy forbids, requests to others.
const unwanted = [];

async function opened(browser, options = {}, hash = '') {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('dialog', (dialog) => {
    unwanted.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) unwanted.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => unwanted.push(`error: ${error.stack}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${ORIGIN}/`) && request.url() !== 'data:,') unwanted.push(`request: ${request.url()}`);
  });
  context.on('page', (other) => unwanted.push(`window: ${other.url()}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(PAGE + hash);
  await page.waitForFunction(() => !/^$|Loading/.test(document.querySelector('#found').textContent));
  return page;
}

// Shows a function anew, by the address as a link would.
async function show(page, name) {
  await page.evaluate(() => (location.hash = ''));
  await page.locator('article').waitFor({ state: 'detached' });
  await page.evaluate((name) => (location.hash = encodeURIComponent(name)), name);
  await page.locator('article h1', { hasText: name }).waitFor();
}

const form = (page) => page.locator('main form');
const exactly = (name) => new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}( |$)`);
// The field of a name, within a group or the whole form.
const field = (within, name) => within.getByLabel(exactly(name)).and(within.locator('input:not([type=checkbox]), textarea, select'));
const group = (within, name) => within.getByRole('group', { name, exact: true });
const answer = (page) => page.getByRole('region', { name: 'Answer' });

// Calls what is shown, and returns how that is said to have ended, and the result.
async function submit(page, how = () => page.getByRole('button', { name: /^Call / }).click()) {
  await page.evaluate(() => (document.querySelector('.said').textContent = ''));
  await how();
  await page.waitForFunction(() => !/^$|Calling/.test(document.querySelector('.said').textContent));
  const said = (await page.locator('.said').textContent()).replace(/,? after .*/, '');
  if (said !== 'Result') return said;
  return (await page.getByRole('region', { name: 'Result', exact: true }).textContent()).replace(/\s+/g, ' ');
}

async function call(page, name, fill) {
  await show(page, name);
  await fill(form(page));
  return submit(page);
}

const SECTIONS = {
  async call(browser) {
    const page = await opened(browser);
    await check('the title', () => page.title(), 'Shapes');
    const text = async () => call(page, 'text', (in_) => field(in_, 'text').fill('Grüß Gott'));
    await check('a call', text, '"Grüß Gott"');
  },

  async reading(browser) {
    const page = await opened(browser);
    const links = () => page.locator('#list a').allTextContents();
    const found = () => page.locator('#found').textContent();
    await check('a heading', () => page.locator('h1').textContent(), 'Shapes1.4.0');
    await check('what it is about', () => page.locator('.doc em').textContent(), 'every');
    await check('what a group is about', () => page.locator('#list .about').allTextContents(), ['What is *within*.']);
    await check('groups', () => page.locator('#list h2').allTextContents(), ['functions', 'inner']);
    const all = (await links()).length;
    await check('how many', found, `${all} functions`);
    await page.getByLabel('Search').fill('how urgent');
    await check('nothing is found', links, []);
    await page.getByLabel('Search').fill('RETURNS count');
    await check('a search in the documentation', links, ['count']);
    await check('how many are found', found, `1 of ${all} functions`);
    await page.getByLabel('Search').fill('');
    await check('deprecated', () => page.locator('#list a.old').allTextContents(), ['nothing, deprecated']);
    await show(page, 'nothing');
    await check('deprecated, said', () => page.locator('h1 .badge').textContent(), 'deprecated');
    await check('deprecated, in its own words', () => page.locator('p.old').textContent(), 'Deprecated: there is *something*');
    await show(page, 'text');
    await check('what else is known', () => page.locator('h1 .badge').allTextContents(), ['idempotent', 'read-only']);
    await check('the signature', () => page.getByRole('region', { name: 'Signature' }).textContent(), 'text(text: String) -> String');
    await check('the documentation', () => page.locator('.doc').first().locator('em, li, pre').allTextContents(),
      ['as it is', 'one item', 'another', 'assert_eq!(text("x"), "x");']);
    const link = () => page.locator('.doc a').evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.rel]));
    await check('links', link, [['https://example.org/wire', 'noopener noreferrer'], ['mailto:a@example.org', 'noopener noreferrer']]);
    await check('the documentation of a parameter', () => page.locator('.hint strong').textContent(), 'text');
    await page.getByRole('button', { name: /^Example/ }).click();
    await check('an example', () => submit(page), '"Grüß Gott"');
    await show(page, 'task');
    await check('the documentation of a member', () => page.locator('.hint em').textContent(), 'done');
    await show(page, 'refuses');
    await check('errors', () => page.locator('main li').allTextContents(), ['1 Refused']);
    await show(page, 'defaults');
    await check('what may be left out', () => page.locator('.may').allTextContents(), ['default 10', 'optional']);
    await page.goto(`${PAGE}#nobody`);
    await check('a name that is not served', () => page.locator('main .error').textContent(), 'No function nobody is served here.');
    await page.getByLabel('Colours').selectOption('dark');
    const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await check('dark', dark, 'rgb(21, 24, 29)');
    await page.reload();
    await check('dark, the next time', dark, 'rgb(21, 24, 29)');
    await page.getByLabel('Colours').selectOption('light');
    await check('light', dark, 'rgb(255, 255, 255)');
  },

  async forms(browser) {
    const page = await opened(browser);
    const each = async (name, what, fill, expected) => check(what, () => call(page, name, fill), expected);
    const text = 'a "b" \\ \n<i>\t\u0000世界🦀';
    await each('text', 'a text', (in_) => field(in_, 'text').fill(text), JSON.stringify(text).replace(/\s+/g, ' '));
    await each('count', 'a whole number beyond 2^53', (in_) => field(in_, 'n').fill('18446744073709551615'), '18446744073709551615');
    await each('count', 'a whole number out of range', (in_) => field(in_, 'n').fill('18446744073709551616'),
      'Not called: n: it is 18446744073709551615 at most');
    await each('count', 'no number', (in_) => field(in_, 'n').fill('1.5'), 'Not called: n: this is no whole number');
    await check('the focus is where something is wrong', () => page.evaluate(() => document.activeElement.getAttribute('aria-invalid')), 'true');
    await each('ratio', 'a number', (in_) => field(in_, 'x').fill('-2.5e-3'), '-0.0025');
    await each('flag', 'a boolean', (in_) => field(in_, 'on').selectOption('true'), '[true, null]');
    await each('flag', 'an optional boolean', (in_) => field(in_, 'maybe').selectOption('true'), '[false, true]');
    await show(page, 'flag');
    const maybe = () => field(form(page), 'maybe').evaluate((select) => [...select.options].map((option) => option.text));
    await check('what may be left out is empty at first', maybe, ['', 'false', 'true']);
    await each('flag', 'what is chosen and taken back', async (in_) => {
      await field(in_, 'maybe').selectOption('true');
      await field(in_, 'maybe').selectOption('');
    }, '[false, null]');
    await each('flag', 'what is given by its box', (in_) => in_.getByLabel('give maybe').check(), '[false, false]');
    await show(page, 'task');
    await check('members in their order', () => form(page).locator('.object').first().locator(':scope > .row > .head .name').allTextContents(),
      ['title', 'done', 'level', 'parent', 'tags']);
    await each('level', 'a value among some', (in_) => field(in_, 'level').selectOption('high'), '"high"');
    await each('point', 'a tuple', async (in_) => {
      await field(in_, 'point 1').fill('1.5');
      await field(in_, 'point 2').fill('x');
    }, '[1.5, "x"]');
    await each('task', 'an object within an object, an array', async (in_) => {
      await field(in_, 'title').fill('outer');
      await field(in_, 'done').selectOption('true');
      await in_.getByLabel('give tags').check();
      for (const tag of ['one', 'two', 'three']) {
        await in_.getByRole('button', { name: 'Add an item to tags' }).click();
        await page.keyboard.type(tag);
      }
      await in_.getByRole('button', { name: 'Remove an item of tags' }).nth(1).click();
      await in_.getByLabel('give parent').check();
      await group(in_, 'parent').getByLabel(/^title/).fill('inner');
      await field(group(in_, 'parent'), 'level').selectOption('high');
    }, '{ "title": "outer", "done": true, "level": "low", "tags": ["one", "three"], "parent": {"title": "inner", "done": false, "level": "high", "tags": []} }');
    await each('shape', 'an alternative', (in_) => field(in_, 'radius').fill('2'), '{"kind": "circle", "radius": 2.0}');
    await each('shape', 'another alternative', async (in_) => {
      await in_.getByLabel('shape: which').selectOption('square');
      await field(in_, 'side').fill('3');
    }, '{"kind": "square", "side": 3.0}');
    await each('shape', 'one without more', (in_) => in_.getByLabel('shape: which').selectOption('nothing'), '{"kind": "nothing"}');
    await each('expression', 'what holds itself', async (in_) => {
      await in_.getByLabel('expression: which').selectOption('Sum');
      for (let more = 2; more > 0; more -= 1) {
        await in_.getByRole('button', { name: /^Fill in/ }).first().click();
        await page.locator(':focus').selectOption('Number');
        await page.keyboard.press('Tab');
        await page.keyboard.type(String(more));
      }
    }, '{"Sum": [{"Number": 2}, {"Number": 1}]}');
    await each('expression', 'what holds itself, not filled in', (in_) => in_.getByLabel('expression: which').selectOption('Sum'), 'Not called: expression, Sum, Sum 1: this is to be filled in');
    await each('counts', 'a map', async (in_) => {
      for (const [name, value] of [['__proto__', '9007199254740993'], ['b', '2']]) {
        await in_.getByRole('button', { name: 'Add a member to counts' }).click();
        await page.keyboard.type(name);
        await page.keyboard.press('Tab');
        await page.keyboard.type(value);
      }
    }, '{"__proto__": 9007199254740993, "b": 2}');
    await each('any', 'JSON', (in_) => field(in_, 'value').fill('{"a": [1.0, 12345678901234567890, null]}'), '{"a": [1.0, 12345678901234567890, null]}');
    await each('any', 'no JSON', (in_) => field(in_, 'value').fill('{"a": }'), 'Not called: value: JSON has a value here, not "}" (line 1, character 7)');
    await each('bytes', 'bytes', (in_) => field(in_, 'bytes').fill('AAEC'), '3');
    await each('defaults', 'what is left out', (in_) => field(in_, 'a').fill('1'), '[1, 10, null]');
    await each('defaults', 'what is given by typing', async (in_) => {
      await field(in_, 'a').fill('1');
      await field(in_, 'c').fill('c');
    }, '[1, 10, "c"]');
    await each('defaults', 'what is left out again', async (in_) => {
      await field(in_, 'a').fill('1');
      await field(in_, 'b').fill('2');
      await in_.getByLabel('give b').uncheck();
    }, '[1, 10, null]');
    await each('gathered', 'any number of arguments', async (in_) => {
      for (const number of ['1', '2.5']) {
        await in_.getByRole('button', { name: 'Add an item to numbers' }).click();
        await page.keyboard.type(number);
      }
      await in_.getByRole('button', { name: 'Add a member to flags' }).click();
      await page.keyboard.type('loud');
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
    }, '[[1.0, 2.5], {"loud": true}]');
    await each('gathered', 'none of them', async () => {}, '[[], {}]');
    await each('inner.closure', 'parameters without names', (in_) => field(in_, 'argument 1').fill('255'), '[255, null]');
    await each('nothing', 'no arguments', async () => {}, 'null');
    await each('defaults', 'as JSON', async (in_) => {
      await field(in_, 'a').fill('7');
      await in_.getByRole('button', { name: 'As JSON' }).click();
      const area = in_.getByLabel(/^Arguments as JSON/);
      await area.fill((await area.inputValue()).replace('7', '8, "c": "x"'));
    }, '[8, 10, "x"]');
    await page.getByRole('button', { name: 'As JSON' }).click();
    await check('back from JSON', () => submit(page), '[8, 10, "x"]');
  },

  async errors(browser) {
    const page = await opened(browser);
    const texts = () => answer(page).locator('> .error').allTextContents();
    const refuses = () => call(page, 'refuses', (in_) => field(in_, 'n').fill('3'));
    await check('an error of the function', refuses, 'Error 1');
    await check('its sentence', texts, ['more than 3 is refused']);
    await check('its data', () => page.getByRole('region', { name: 'Data of the error' }).textContent(), '{"limit": 3}');
    await check('a panic', () => call(page, 'panics', async () => {}), 'Error -32603');
    await page.getByRole('button', { name: 'Call' }).waitFor();
    const wrong = () => call(page, 'defaults', async (in_) => {
      await in_.getByRole('button', { name: 'As JSON' }).click();
      await in_.getByLabel(/^Arguments as JSON/).fill('{"a": "x"}');
    });
    await check('wrong arguments', wrong, 'Error -32602');
    await check('what was wrong', async () => (await texts())[1].startsWith('argument `a` of `defaults` must be i64'), true);
    await answer(page).getByText('Messages').click();
    const sent = () => page.getByRole('region', { name: 'Message sent' }).textContent();
    await check('the message sent', async () => JSON.parse(await sent()).params, { a: 'x' });
    const received = () => page.getByRole('region', { name: 'Message received' }).textContent();
    await check('the message received', async () => JSON.parse(await received()).error.code, -32602);
    await check('an answer is announced', () => page.locator('.said').getAttribute('role'), 'status');
    await page.route(`${ORIGIN}/**`, (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
    await check('no answer', () => call(page, 'nothing', async () => {}), 'Error');
    await check('no answer, in words', async () => (await texts())[0].startsWith('no answer came: '), true);
    await page.unroute(`${ORIGIN}/**`);
    await page.route(`${ORIGIN}/**`, (route) =>
      route.request().method() === 'POST' ? route.fulfill({ status: 502, body: '<b>Bad gateway</b>' }) : route.continue());
    await check('an answer of somebody else', () => call(page, 'token', async () => {}), 'Error');
    await check('its text', texts, ['the answer is no JSON (HTTP 502 Bad Gateway): <b>Bad gateway</b>']);
    // The browser itself says of both that they failed.
    unwanted.splice(0, Infinity, ...unwanted.filter((one) => !one.includes('Failed to load resource')));
  },

  async snippets(browser) {
    const page = await opened(browser);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'snippets-'));
    const run = {
      curl: (text) => execFileSync('bash', ['-c', text.replace(/^curl /, "curl -s --noproxy '*' ")], { encoding: 'utf8' }),
      Python: (text) => execFileSync('python3', ['-B', '-c', `${text.replace('print(json.load(response))', 'print(json.dumps(json.load(response)))')}`], { encoding: 'utf8' }),
      'Python, XML-RPC': (text) => execFileSync('python3', ['-B', '-c', `import json\n${text.replace('print(', 'print(json.dumps(').replace(/\)\n$/, '))\n')}`], { encoding: 'utf8' }),
      JavaScript: (text) => {
        const file = path.join(folder, 'snippet.mjs');
        fs.writeFileSync(file, text.replace('console.log(reply.result ?? reply.error)', 'console.log(JSON.stringify(reply))'));
        return execFileSync('node', [file], { encoding: 'utf8' });
      },
    };
    const shown = async (language) => {
      await page.getByRole('tab', { name: language, exact: true }).click();
      return page.getByRole('tabpanel').textContent();
    };
    const text = '\'"`$(id) ${x} \\ \\n #{1} %s \n\t</script> 世界🦀 {{x}} !!';
    await show(page, 'several');
    await field(form(page), 'text').fill(text);
    for (const number of ['-1', '2147483647']) {
      await page.getByRole('button', { name: 'Add an item to numbers' }).click();
      await page.keyboard.type(number);
    }
    await field(form(page), 'maybe').selectOption('true');
    const expected = [text, [-1, 2147483647], true];
    const result = (reply) => (reply !== null && typeof reply === 'object' && 'result' in reply ? reply.result : reply);
    for (const language of Object.keys(run)) {
      await check(language, async () => result(JSON.parse(run[language](await shown(language)))), expected);
    }
    // Beyond what JavaScript's numbers hold, the text itself is sent.
    await show(page, 'counts');
    await page.getByRole('button', { name: 'Add a member to counts' }).click();
    await page.keyboard.type('__proto__');
    await page.keyboard.press('Tab');
    await page.keyboard.type('18446744073709551615');
    for (const language of ['curl', 'JavaScript', 'Python']) {
      const sent = async () => shown(language);
      await check(`${language}, a large number`, async () => {
        const reply = run[language]((await sent()).replace('JSON.stringify(reply)', 'reply'));
        return language === 'JavaScript' ? Object.hasOwn(JSON.parse(reply).result, '__proto__') : reply.includes('18446744073709551615');
      }, true);
    }
    await check('XML-RPC has no such number', async () => (await shown('Python, XML-RPC')).startsWith('# Whole numbers of xmlrpc.client have 32 bits'), true);
    await show(page, 'defaults');
    await field(form(page), 'a').fill('1');
    await field(form(page), 'c').fill('"c"\n\u202e');
    const host = new URL(PAGE).host;
    const rust = `use rpc_core::{RpcClient, Stub, args, kwargs};
use serde_json::Value;

let client = RpcClient::connect("${host}")?;
let result: Value = client.call("defaults", args![1], kwargs! { c: "\\"c\\"\\n\\u{202e}" })?;
println!("{result}");
`;
    await check('Rust', () => shown('Rust'), rust);
    await show(page, '"><script>alert(13)</script>');
    await check('a name is escaped in Rust', async () => (await shown('Rust')).includes('client.call("\\"><script>alert(13)</script>", args![""], kwargs! {})'), true);
    await check('a name is escaped in Python', async () => (await shown('Python, XML-RPC')).includes('getattr(server, "\\"><script>alert(13)</script>")("")'), true);
    await check('a name is escaped in a shell', async () => result(JSON.parse(run.curl(await shown('curl')))), '');
    fs.rmSync(folder, { recursive: true });
  },

  async hostile(browser) {
    const page = await opened(browser);
    const names = await page.locator('#list a').allTextContents();
    await check('names are text', async () => names.filter((name) => /^(<img|">|javascript:|__proto__)/.test(name)).length, 4);
    const inside = () => page.locator('main img, main svg, main script, main style, main iframe, main [onerror], main [onload], main [style]').count();
    for (const name of [...names.filter((one) => /^(<img|">|javascript:|__proto__)/.test(one)), 'hostile']) {
      await show(page, name);
      await check(`${name}: nothing but text`, inside, 0);
      await check(`${name}: the title`, () => page.title(), `${name} – Shapes`);
      await page.locator('main form textarea').first().fill('<img src=x onerror=alert(1)>');
      await check(`${name}: a result is text`, () => submit(page), '"<img src=x onerror=alert(1)>"');
      await check(`${name}: nothing but text still`, inside, 0);
    }
    const targets = () => page.locator('main a[href]').evaluateAll((all) => all.map((a) => a.protocol));
    await check('links lead to the web', async () => (await targets()).every((one) => ['https:', 'http:'].includes(one)), true);
    await check('markup is shown', async () => (await page.locator('.doc').first().textContent()).startsWith('<script>alert(1)</script> <img src='), true);
    await page.goto(`${PAGE}#<img src=x onerror=alert(1)>${'%'}`);
    await check('an address is text', inside, 0);
  },

  async keyboard(browser) {
    const page = await opened(browser);
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
    await page.keyboard.press('/');
    await check('a key leads to the search', focused, 'search');
    await page.keyboard.type('defaults');
    await page.keyboard.press('ArrowDown');
    await check('an arrow leads into the list', focused, 'defaults');
    await page.keyboard.press('Enter');
    await page.locator('article h1', { hasText: 'defaults' }).waitFor();
    await check('the focus is where one has gone', focused, 'defaults');
    const fieldFocused = () => page.evaluate(() => document.activeElement.labels?.[0]?.querySelector('.name')?.textContent);
    for (let presses = 0; presses < 10 && (await fieldFocused()) !== 'a'; presses += 1) await page.keyboard.press('Tab');
    await page.keyboard.type('5');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.type('6');
    await check('what was typed is called', () => submit(page, () => page.keyboard.press('Control+Enter')), '[5, 6, null]');
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement.getAttribute('role'))) === 'tab') break;
    }
    await page.keyboard.press('ArrowRight');
    await check('arrows choose a language', focused, 'Python');
    await page.keyboard.press('End');
    await check('the last language', focused, 'Rust');
    const ring = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    await check('the focus is seen', ring, 'solid');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await check('a search is given up', () => page.getByLabel('Search').inputValue(), '');
    await page.getByLabel('Search').press('Shift+Tab');
    await page.goto(PAGE);
    await page.locator('#list a').first().waitFor();
    await page.keyboard.press('Tab');
    await check('the first stop skips what is before the function', focused, 'Skip to the function');
  },

  async access(browser) {
    for (const [scheme, width] of [['light', 1200], ['dark', 1200], ['dark', 320]]) {
      const page = await opened(browser, { colorScheme: scheme, viewport: { width, height: 700 } });
      const height = () => page.locator('header').evaluate((header) => header.offsetHeight);
      if (width === 320) await check('the header is low on a phone', async () => (await height()) < 100, true);
      const all = (await page.locator('#list a').allTextContents()).map((name) => name.replace(/, deprecated$/, ''));
      const names = ['', ...(width === 320 ? all : ['text', 'task', 'expression', 'refuses', 'hostile'])];
      const axe = async () => {
        await page.evaluate(AXE);
        const { violations } = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES);
        return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html.slice(0, 200)}`);
      };
      const wider = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const found = [];
      for (const name of names) {
        if (name) await show(page, name);
        // Everything that can be opened is.
        await page.evaluate(() => {
          const all = (selector) => [...document.querySelectorAll(`main ${selector}`)];
          for (const box of all('form input[type=checkbox]')) box.click();
          for (const button of all('form .value button')) button.click();
        });
        if (name) await submit(page);
        await page.evaluate(() => document.querySelectorAll('main details').forEach((one) => (one.open = true)));
        const problems = width > 320 || ['', 'task'].includes(name) ? await axe() : [];
        found.push(...problems.map((problem) => `${name}: ${problem}`));
        if ((await wider()) > 0) found.push(`${name}: wider than the window by ${await wider()}`);
      }
      await check(`${scheme}, ${width} wide`, async () => found, []);
      await page.context().close();
    }
  },

  async empty(browser) {
    const page = await opened(browser);
    await check('no function', () => page.locator('main p').first().textContent(), 'No function is served here.');
    await check('how many', () => page.locator('#found').textContent(), '0 functions');
  },

  async refused(browser) {
    const page = await opened(browser);
    const alert = page.getByRole('alert');
    await check('a refusal', () => alert.locator('p').textContent(), 'The server does not say what it serves: a token is needed (code -31999)');
    await check('what to do', async () => (await alert.locator('li').first().textContent()).includes('token'), true);
    await page.getByLabel('Bearer token').fill('secret');
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.locator('#list a', { hasText: 'token' }).waitFor();
    await check('the token is sent', () => call(page, 'token', async () => {}), '"Bearer secret"');
    await check('no snippet has it', async () => {
      const texts = [];
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        texts.push(await page.getByRole('tabpanel').textContent());
      }
      return texts.every((text) => !text.includes('secret') && /token/i.test(text));
    }, true);
    await check('nothing is kept', () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])), '[{},{},""]');
    await page.reload();
    await alert.waitFor();
    await check('the next page has none', () => page.getByLabel('Bearer token').inputValue(), '');
  },
};

async function main() {
  library('playwright-core');
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    await SECTIONS[section](browser);
    await check('nothing that nobody wants', async () => unwanted, []);
  } finally {
    await browser.close();
  }
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error);
    process.exit(1);
  }
);
