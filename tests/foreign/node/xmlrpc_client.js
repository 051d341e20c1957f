// The package xmlrpc.
'use strict';

const xmlrpc = require('xmlrpc');
const { PORT, check, checkIntrospection, checkPositional, library } = require('./check.js');

const client = xmlrpc.createClient({ host: '127.0.0.1', port: PORT, path: '/' });

function call(name, parameters) {
  return new Promise((resolve, reject) => {
    client.methodCall(name, parameters, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

async function batch() {
  const [first, second, third] = await call('system.multicall', [
    [
      { methodName: 'add', params: [1, 2] },
      { methodName: 'multiply', params: [1, 2] },
      { methodName: 'echo', params: ['three'] },
    ],
  ]);
  return [first[0], second.faultCode, third[0]];
}

async function main() {
  library('xmlrpc');
  await checkPositional(call, (error) => [error.faultCode, error.faultString]);
  await check('batch', batch, [13, -32601, 'three']);
  await checkIntrospection(call);
}

main().then(() => process.exit());
