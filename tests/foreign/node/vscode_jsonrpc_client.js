// vscode-jsonrpc, which editors speak to language servers with, over a socket.
'use strict';

const net = require('node:net');
const rpc = require('vscode-jsonrpc/node');
const {
  PORT, check, checkIntrospection, checkNotification, checkPositional, library,
} = require('./check.js');

const socket = net.connect(PORT, '127.0.0.1');
const connection = rpc.createMessageConnection(
  new rpc.SocketMessageReader(socket),
  new rpc.SocketMessageWriter(socket)
);
connection.listen();

const call = (name, parameters) => connection.sendRequest(name, ...parameters);
const notify = (name, parameters) => connection.sendNotification(name, ...parameters);

async function main() {
  library('vscode-jsonrpc');
  // One argument that is a text goes by position only where that is said.
  const byPosition = (name, parameters) =>
    parameters.length === 1
      ? connection.sendRequest(name, rpc.ParameterStructures.byPosition, parameters[0])
      : call(name, parameters);
  await checkPositional(byPosition, (error) => [error.code, error.data]);
  await check('by name', () => connection.sendRequest('add', { a: 1, b: 2, c: 3 }), 6);
  await checkNotification(notify, byPosition);
  await checkIntrospection(byPosition);
  connection.end();
}

main().then(() => process.exit());
