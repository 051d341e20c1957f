// The protocol's conformance suite: those of its scenarios that ask for nothing but tools.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TARGET, check, library } from './check.mjs';

library('@modelcontextprotocol/conformance');
// What scenarios would have servers ask of their clients, which nothing here does.
const ELSEWHERE = ['ServerRejectsUndeclaredCapability', 'MissingCapabilityHttp400'];
// Those that are run together.
const SUITES = {
  '2026-07-28': ['server-sse-multiple-streams'],
  '2025-11-25': ['server-initialize', 'server-session-lifecycle', 'ping'],
};
const IN_BOTH = ['tools-list', 'tools-call-simple-text', 'tools-call-error', 'dns-rebinding-protection'];

const run = async (...options) => {
  const script = ['node_modules/.bin/conformance', 'server', '--url', TARGET, ...options];
  const ended = promisify(execFile)(process.execPath, script).catch((error) => error);
  return (await ended).stdout;
};

for (const [revision, scenarios] of Object.entries(SUITES)) {
  const said = await run('--spec-version', revision);
  for (const scenario of [...IN_BOTH, ...scenarios]) {
    const line = said.split('\n').find((text) => text.slice(2).startsWith(`${scenario}: `));
    check(`${revision}: ${scenario}`, line?.startsWith('✓') || line || said.slice(-500), true);
  }
}
for (const scenario of ['http-header-validation', 'server-stateless']) {
  const said = await run('--spec-version', '2026-07-28', '--scenario', scenario);
  const failed = [...said.matchAll(/^ {2}- (\w+): /gm)].map(([, name]) => name);
  const found = /Passed: \d+\/\d+/.test(said) ? failed : [said.slice(-500)];
  check(`2026-07-28: ${scenario}`, found.filter((name) => !ELSEWHERE.includes(name)), []);
}
