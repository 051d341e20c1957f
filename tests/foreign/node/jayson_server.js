// jayson's servers: `jayson_server.js http|tcp|websocket` prints its address and serves until it is ended.
'use strict';

const jayson = require('jayson');
const { version } = require('jayson/package.json');

const told = new Set();
const functions = {
  add: (a, b, c = 10) => a + b + c,
  echo: (text) => text,
  remember: (text) => (told.add(text), null),
  remembers: (text) => told.has(text),
};

// Positional arguments come as an array, named ones as an object.
function method(name, parameters) {
  return (given, callback) => {
    const order = Array.isArray(given) ? given : parameters.map((parameter) => given[parameter]);
    callback(null, functions[name](...order));
  };
}

const server = new jayson.Server({
  add: method('add', ['a', 'b', 'c']),
  echo: method('echo', ['text']),
  remember: method('remember', ['text']),
  remembers: method('remembers', ['text']),
  fail: (given, callback) => {
    const message = Array.isArray(given) ? given[0] : given.message;
    callback({ code: 7, message, data: 'paper' });
  },
});

function listening(port) {
  console.log(`library\tjayson\t${version}`);
  console.log(`listening 127.0.0.1:${port}`);
}

if (process.argv[2] === 'websocket') {
  const websocket = server.websocket({ host: '127.0.0.1', port: 0 });
  websocket.on('listening', () => listening(websocket.address().port));
} else {
  const listener = server[process.argv[2]]();
  listener.listen(0, '127.0.0.1', () => listening(listener.address().port));
}
