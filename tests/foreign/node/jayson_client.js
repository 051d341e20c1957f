// jayson's clients: `jayson_client.js ADDRESS http|tcp|websocket`.
'use strict';

const http = require('node:http');
const jayson = require('jayson');
const {
  ADDRESS, PORT, check, checkIntrospection, checkNotification, checkPositional, library,
} = require('./check.js');

const clients = {
  http: () => {
    const agent = new http.Agent({ keepAlive: true });
    return jayson.Client.http({ host: '127.0.0.1', port: PORT, agent });
  },
  tcp: () => jayson.Client.tcp({ host: '127.0.0.1', port: PORT }),
  websocket: () => jayson.Client.websocket({ url: `ws://${ADDRESS}`, timeout: 10000 }),
};
const client = clients[process.argv[3]]();

// Sends a call, or a notification where the id is null; gives the reply.
function send(name, parameters, id) {
  return new Promise((resolve, reject) => {
    client.request(name, parameters, id, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

async function call(name, parameters) {
  const reply = await send(name, parameters);
  if (reply.error) {
    throw Object.assign(new Error(reply.error.message), { error: reply.error });
  }
  return reply.result;
}

async function batch() {
  const calls = [
    client.request('add', [1, 2]),
    client.request('echo', ['nobody'], null),
    client.request('multiply', [1, 2]),
    client.request('echo', { text: 'three' }),
  ];
  const replies = await new Promise((resolve, reject) => {
    client.request(calls, (error, all) => (error ? reject(error) : resolve(all)));
  });
  const of = (index) => replies.find((reply) => reply.id === calls[index].id);
  return [replies.length, of(0).result, of(2).error.code, of(3).result];
}

async function main() {
  library('jayson');
  if (client.ws) await new Promise((resolve) => client.ws.on('open', resolve));
  await checkPositional(call, (error) => [error.error.code, error.error.data]);
  await check('by name', () => call('add', { a: 1, b: 2, c: 3 }), 6);
  await checkNotification((name, parameters) => send(name, parameters, null), call);
  await check('batch', batch, [3, 13, -32601, 'three']);
  await checkIntrospection(call);
  if (client.ws) client.ws.close();
}

main().then(() => process.exit());
