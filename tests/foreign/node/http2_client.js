// Node's own HTTP/2 client, which sends many requests at once over one connection.
'use strict';

const http2 = require('node:http2');
const {
  ADDRESS, check, checkIntrospection, checkNotification, checkPositional, ownLibrary,
} = require('./check.js');

const session = http2.connect(`http://${ADDRESS}`);
let next = 1;

// Posts a message; the text that comes back.
function post(message) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', 'content-type': 'application/json' });
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => (text += chunk));
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
    stream.end(JSON.stringify(message));
  });
}

const request = (method, params) => ({ jsonrpc: '2.0', id: next++, method, params });

async function call(method, params) {
  const { result, error } = JSON.parse(await post(request(method, params)));
  if (error) throw Object.assign(new Error(error.message), { error });
  return result;
}

async function notify(method, params) {
  const text = await post({ jsonrpc: '2.0', method, params });
  if (text) throw new Error(`a reply to a notification: ${text}`);
}

async function batch() {
  const calls = [request('add', [1, 2]), request('multiply', [1, 2]), request('echo', ['three'])];
  const replies = JSON.parse(await post(calls));
  const of = (index) => replies.find((reply) => reply.id === calls[index].id);
  return [of(0).result, of(1).error.code, of(2).result];
}

async function main() {
  ownLibrary('http2');
  await checkPositional(call, ({ error }) => [error.code, error.data]);
  await check('by name', () => call('add', { a: 1, b: 2, c: 3 }), 6);
  await checkNotification(notify, call);
  await check('batch', batch, [13, -32601, 'three']);
  await checkIntrospection(call);
  session.close();
}

main().then(() => process.exit());
