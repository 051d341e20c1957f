// Checks of a client of tools, each of which prints a line of JSON.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

export const TARGET = process.argv[2];

export function print(line) {
  console.log(JSON.stringify(line));
}

// Says which library the checks are about.
export function library(name) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  print({ library: name, version });
}

export function check(name, found, expected) {
  const ok = isDeepStrictEqual(found, expected);
  print({ check: name, ok, detail: String(JSON.stringify(found)).slice(0, 500) });
}

// The checks of a client that is connected.
export async function checkClient(client) {
  const { tools } = await client.listTools();
  const find = tools.find((tool) => tool.name === 'shelf_find');
  check('list', [find.title, find.annotations.readOnlyHint], ['Finds books by a word', true]);
  check('schemas', find.inputSchema.properties.limit.default, 2);
  const call = (name, args = {}) => client.callTool({ name, arguments: args });
  const found = await call('shelf_find', { word: 'emma' });
  const book = { title: 'Emma', pages: 474 };
  check('structured', found.structuredContent, { result: [book] });
  const lent = await call('shelf_lend', { title: 'Emma' });
  check('object', [lent.structuredContent, lent.isError], [book, false]);
  const said = ({ content, isError }) => [content[0].text, isError];
  const lost = 'there is no book called "Ulysses"; ask `shelf_find` for those there are';
  check('failure', said(await call('shelf_lend', { title: 'Ulysses' })), [lost, true]);
  const wrong = '`shelf.lend` has no parameter `titel`; did you mean `title`?';
  check('wrong arguments', said(await call('shelf_lend', { titel: 'Emma' })), [wrong, true]);
  const [panic, isError] = said(await call('shelf_burn'));
  check('panic', [panic.includes('secret'), isError], [false, true]);
  const unknown = await call('shelf_fin').catch((error) => [error.code, error.message]);
  check('unknown tool', [unknown[0], unknown[1].includes('did you mean `shelf_find`?')], [-32602, true]);
  const lists = [...Array(20).keys()].map((n) => call('shelf_count', { titles: Array(n).fill('x') }));
  const counts = (await Promise.all(lists)).map((result) => result.structuredContent.result);
  check('20 calls', counts, [...Array(20).keys()]);
}
