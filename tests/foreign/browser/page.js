// Runs in a page: the ways in which a page can try to have a server on this machine run a call.
'use strict';

const CALL = '{"jsonrpc":"2.0","method":"count_up","id":1}';
const NATIVE = '{"method_name":"count_up"}';
const XML = '<?xml version="1.0"?><methodCall><methodName>count_up</methodName></methodCall>';

// What a fetch brought: the status and the body, `opaque`, or why it failed.
async function fetched(url, options) {
  try {
    const response = await fetch(url, { method: 'POST', ...options });
    return response.type === 'opaque' ? 'opaque' : `${response.status} ${await response.text()}`;
  } catch (error) {
    return String(error);
  }
}

// Posts a form into a frame that nobody sees.
function form(url, enctype, name, value) {
  return new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = `frame${Math.random()}`;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: url, enctype, target: frame.name });
    const field = document.createElement('input');
    Object.assign(field, { type: 'hidden', name, value });
    form.append(field);
    document.body.append(form);
    frame.onload = () => resolve('loaded');
    setTimeout(() => resolve('not loaded'), 2000);
    form.submit();
  });
}

// Gets what a page may get from anywhere.
function element(name, url) {
  return new Promise((resolve) => {
    const element = document.createElement(name);
    element.onload = () => resolve('loaded');
    element.onerror = () => resolve('failed');
    setTimeout(() => resolve('neither'), 2000);
    element.src = url;
    document.body.append(element);
  });
}

// Opens a WebSocket, sends a call, and waits for an answer.
function webSocket(url, call = CALL) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.onopen = () => socket.send(call);
    socket.onmessage = (message) => {
      resolve(message.data);
      socket.close();
    };
    socket.onerror = () => resolve('failed');
    setTimeout(() => resolve('nothing'), 2000);
  });
}

function beacon(url, body) {
  return String(navigator.sendBeacon(url, body));
}

const JSON_TYPE = { headers: { 'Content-Type': 'application/json' } };
const XML_TYPE = { headers: { 'Content-Type': 'text/xml' } };
const blob = (text, type) => new Blob([text], { type });

// Every attempt, by name.
const ATTEMPTS = {
  'fetch of a string': (url) => fetched(url, { body: CALL }),
  'fetch of a string, native': (url) => fetched(url, { body: NATIVE }),
  'fetch of a string, no-cors': (url) => fetched(url, { body: CALL, mode: 'no-cors' }),
  'fetch of a blob without type, no-cors': (url) =>
    fetched(url, { body: blob(CALL, ''), mode: 'no-cors' }),
  'fetch of bytes, no-cors': (url) =>
    fetched(url, { body: new TextEncoder().encode(CALL), mode: 'no-cors' }),
  'fetch of a blob of JSON, no-cors': (url) =>
    fetched(url, { body: blob(CALL, 'application/json'), mode: 'no-cors' }),
  'fetch of JSON': (url) => fetched(url, { body: CALL, ...JSON_TYPE }),
  'fetch of JSON with cookies': (url) =>
    fetched(url, { body: CALL, credentials: 'include', ...JSON_TYPE }),
  'fetch of a string with cookies, no-cors': (url) =>
    fetched(url, { body: CALL, credentials: 'include', mode: 'no-cors' }),
  'fetch of JSON with a token': (url) =>
    fetched(url, { body: CALL, headers: { ...JSON_TYPE.headers, Authorization: 'Bearer s3cret' } }),
  'fetch of JSON with a header': (url) =>
    fetched(url, { body: CALL, headers: { ...JSON_TYPE.headers, 'X-Team': 'a' } }),
  'fetch of XML': (url) => fetched(url, { body: XML, ...XML_TYPE }),
  'fetch of XML as text, no-cors': (url) => fetched(url, { body: XML, mode: 'no-cors' }),
  'fetch that outlives the page': (url) =>
    fetched(url, { body: CALL, mode: 'no-cors', keepalive: true }),
  'sendBeacon of a string': (url) => beacon(url, CALL),
  'sendBeacon of a blob without type': (url) => beacon(url, blob(CALL, '')),
  'sendBeacon of JSON': (url) => beacon(url, blob(CALL, 'application/json')),
  'form of text': (url) =>
    form(url, 'text/plain', '{"jsonrpc":"2.0","method":"count_up","id":1,"x":"', '"}'),
  'form of text over several lines': (url) => form(url, 'text/plain', `\r\n${NATIVE}\r\n`, ''),
  'form as usual': (url) => form(url, 'application/x-www-form-urlencoded', CALL, ''),
  'form in parts': (url) => form(url, 'multipart/form-data', CALL, CALL),
  img: (url) => element('img', `${url}?${encodeURIComponent(CALL)}`),
  script: (url) => element('script', `${url}?${encodeURIComponent(CALL)}`),
  WebSocket: (url) => webSocket(url),
  'WebSocket, native': (url) => webSocket(url, NATIVE),
};
