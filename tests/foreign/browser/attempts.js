// A browser opens a page, which tries to call a server:
// `attempts.js PAGE SERVER [NAME=ADDRESS] [ATTEMPT...]` prints a line for opening the page, and one for each attempt.
// NAME=ADDRESS has the browser resolve a name so; COOKIE=NAME=VALUE in the environment gives it a cookie of the server's.
'use strict';

const path = require('node:path');
const { chromium } = require('playwright-core');

const [page, server, mapped, ...chosen] = process.argv.slice(2);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function main() {
  if (mapped) FLAGS.push(`--host-resolver-rules=MAP ${mapped.replace('=', ' ')}`);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: FLAGS,
  });
  try {
    const tab = await browser.newPage();
    if (process.env.COOKIE) {
      const [name, value] = process.env.COOKIE.split('=');
      await tab.context().addCookies([{ name, value, url: server }]);
    }
    const opened = await tab.goto(page);
    const preflights = [];
    const devtools = await tab.context().newCDPSession(tab);
    await devtools.send('Network.enable');
    devtools.on('Network.requestWillBeSent', ({ request }) => {
      if (request.method === 'OPTIONS') preflights.push(request.url);
    });
    await tab.addScriptTag({ path: path.join(__dirname, 'page.js') });
    const names = chosen.length ? chosen : await tab.evaluate(() => Object.keys(ATTEMPTS));
    console.log(JSON.stringify({ attempt: 'page', found: String(opened.status()) }));
    for (const name of names) {
      const seen = preflights.length;
      const found = await tab.evaluate(([name, url]) => ATTEMPTS[name](url), [name, server]);
      const preflight = preflights.length > seen ? ' after a preflight' : '';
      console.log(JSON.stringify({ attempt: name, found: found + preflight }));
    }
    // A beacon has no end that a page can wait for.
    await tab.waitForTimeout(500);
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
