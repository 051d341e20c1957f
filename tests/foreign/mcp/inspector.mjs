// The inspector's command line: looks at tools at a URL, or of a program that it starts.
import { execFileSync } from 'node:child_process';
import { TARGET, check, library } from './check.mjs';

library('@modelcontextprotocol/inspector');
const target = TARGET.startsWith('http') ? [TARGET, '--transport', 'http'] : [TARGET];
const inspect = (...options) => {
  const script = ['node_modules/.bin/mcp-inspector', '--cli', ...target, '--method', ...options];
  return JSON.parse(execFileSync(process.execPath, script, { stdio: ['ignore', 'pipe', 'ignore'] }));
};
const { tools } = inspect('tools/list');
check('list', tools.find((tool) => tool.name === 'shelf_find').title, 'Finds books by a word');
const lent = inspect('tools/call', '--tool-name', 'shelf_lend', '--tool-arg', 'title=Emma');
check('object', lent.structuredContent, { title: 'Emma', pages: 474 });
