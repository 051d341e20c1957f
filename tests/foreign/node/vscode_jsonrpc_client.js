// vscode-jsonrpc, which editors speak to language servers with: `vscode_jsonrpc_client.js ADDRESS [PROGRAM]`,
// over a socket, or over the standard input and output of a program.
'use strict';

const { spawn } = require('node:child_process');
const net = require('node:net');
const rpc = require('vscode-jsonrpc/node');
const {
  PORT, check, checkIntrospection, checkNotification, checkPositional, library,
} = require('./check.js');

function connect() {
  if (process.argv[3]) {
    const { stdin, stdout } = spawn(process.argv[3], { stdio: ['pipe', 'pipe', 'inherit'] });
    return [new rpc.StreamMessageReader(stdout), new rpc.StreamMessageWriter(stdin)];
  }
  const socket = net.connect(PORT, '127.0.0.1');
  return [new rpc.SocketMessageReader(socket), new rpc.SocketMessageWriter(socket)];
}

const connection = rpc.createMessageConnection(...connect());
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
