// @modelcontextprotocol/client: a client of tools at a URL, or of a program that it starts; of one era, or of both.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { TARGET, checkClient, library } from './check.mjs';

library('@modelcontextprotocol/client');
const options = process.argv[3] === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {};
const client = new Client({ name: 'checks', version: '1' }, options);
await client.connect(
  TARGET.startsWith('http')
    ? new StreamableHTTPClientTransport(new URL(TARGET))
    : new StdioClientTransport({ command: TARGET, stderr: 'ignore' })
);
await checkClient(client);
await client.close();
