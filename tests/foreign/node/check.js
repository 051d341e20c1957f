// What every script here is made of: checks, each of which prints a line of JSON.
'use strict';

const { isDeepStrictEqual } = require('node:util');

const ADDRESS = process.argv[2];
const PORT = Number(ADDRESS.split(':').pop());
const TEXT = 'Grüß Gott, 世界 🦀 <&> " \' \\ /';
const LARGE = '0123456789'.repeat(10000);

function print(line) {
  console.log(JSON.stringify(line));
}

// Says which library the checks are about.
function library(name) {
  const { version } = JSON.parse(
    require('node:fs').readFileSync(`${process.env.NODE_PATH}/${name}/package.json`, 'utf8')
  );
  print({ library: name, version });
}

// Says that the checks are about a module of Node's own.
function ownLibrary(name) {
  print({ library: `\`node:${name}\``, version: '' });
}

// Makes a call, whose result must be as expected.
async function check(name, call, expected) {
  let found;
  let ok = false;
  try {
    found = await call();
    ok = isDeepStrictEqual(found, expected);
  } catch (error) {
    found = String(error.stack || error);
  }
  print({ check: name, ok, detail: String(JSON.stringify(found)).slice(0, 500) });
}

// Makes a call that must fail; the code, and what is said of it.
async function refused(fault, call) {
  let result;
  try {
    result = await call();
  } catch (error) {
    return fault(error);
  }
  return [`no refusal but ${JSON.stringify(result)}`];
}

// The checks of a library whose calls are `call(name, [arguments])`.
async function checkPositional(call, fault) {
  await check('by position', () => call('add', [1, 2]), 13);
  const unknown = () => refused(fault, () => call('ad', [1, 2]));
  await check('unknown method', async () => (await unknown())[0], -32601);
  const wrong = () => refused(fault, () => call('add', [1, 'x']));
  await check('wrong arguments', async () => (await wrong())[0], -32602);
  const namesParameter = async () => {
    const [, said] = await wrong();
    return (said.includes('`b`') && said.includes('i64')) || said;
  };
  await check('details', namesParameter, true);
  await check('unicode', () => call('echo', [TEXT]), TEXT);
  await check('100 kB', async () => (await call('echo', [LARGE])) === LARGE, true);
  const numbers = [...Array(20).keys()];
  const many = () => Promise.all(numbers.map((number) => call('add', [number, number])));
  await check('20 calls', many, numbers.map((number) => number * 2 + 10));
}

// The check of a library that can call without waiting for a reply.
async function checkNotification(notify, call) {
  const text = `${process.argv} of process ${process.pid}`;
  const told = async () => {
    await notify('remember', [text]);
    const end = Date.now() + 10000;
    while (!(await call('remembers', [text])) && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return call('remembers', [text]);
  };
  await check('notification', told, true);
}

// The check of what a server says of itself.
async function checkIntrospection(call) {
  const names = async () => {
    const listed = await call('system.listMethods', []);
    return ['add', 'echo', 'system.listMethods'].every((name) => listed.includes(name));
  };
  await check('introspection', names, true);
}

module.exports = {
  ADDRESS, PORT, check, checkIntrospection, checkNotification, checkPositional, library, ownLibrary,
};
