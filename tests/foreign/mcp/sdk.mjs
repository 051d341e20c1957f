// @modelcontextprotocol/sdk: a client of tools at a URL, or of a program that it starts.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { TARGET, checkClient, library } from './check.mjs';

library('@modelcontextprotocol/sdk');
const client = new Client({ name: 'checks', version: '1' });
await client.connect(
  TARGET.startsWith('http')
    ? new StreamableHTTPClientTransport(new URL(TARGET))
    : new StdioClientTransport({ command: TARGET, stderr: 'ignore' })
);
await checkClient(client);
await client.close();
