// The package xmlrpc's server: prints its address and serves until it is ended.
'use strict';

const xmlrpc = require('xmlrpc');
const { version } = require('xmlrpc/package.json');

const told = new Set();
const functions = {
  add: (a, b, c = 10) => a + b + c,
  echo: (text) => text,
  remember: (text) => (told.add(text), ''),
  remembers: (text) => told.has(text),
};

const server = xmlrpc.createServer({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`library\txmlrpc\t${version}`);
  console.log(`listening 127.0.0.1:${server.httpServer.address().port}`);
});
for (const [name, implementation] of Object.entries(functions)) {
  server.on(name, (error, parameters, callback) => callback(null, implementation(...parameters)));
}
server.on('fail', (error, [message], callback) => callback({ faultCode: 7, faultString: message }));
