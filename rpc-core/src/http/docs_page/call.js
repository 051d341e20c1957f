// Calls: each is a POST in JSON-RPC 2.0 to the address of this page itself.

import { isObject, parse, write } from './json.js';

let token = '';
let last = 0;

// Whom calls are made for; it is kept nowhere else.
export function setToken(text) {
  token = text.trim();
}

export function hasToken() {
  return token !== '';
}

// The address of this page, which takes calls too: so a call goes the way that the page has come, whatever is in front
// of the server.
function ownAddress() {
  const address = new URL(location.href);
  address.search = '';
  address.hash = '';
  return address.href;
}

// The address to show: the folder of the page, for where it is served there is a server.
export function address() {
  return new URL('.', ownAddress().replace(/\/docs\/$/, '/docs')).href;
}

// Makes a call. What comes back has `result` or `error`, and how it went: `request` and `response` as texts, `status`,
// `ms`.
export async function call(method, params, signal) {
  last += 1;
  const message = { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }), id: last };
  // The id is no number of ours to keep exactly.
  const request = write(message);
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const begun = performance.now();
  const going = { request, response: '', status: '', ms: 0 };
  try {
    const options = { method: 'POST', headers, body: request, cache: 'no-store', redirect: 'error', signal };
    const response = await fetch(ownAddress(), options);
    going.status = `${response.status} ${response.statusText}`.trim();
    going.response = await response.text();
    going.ms = performance.now() - begun;
  } catch (error) {
    going.ms = performance.now() - begun;
    const message = signal?.aborted
      ? 'cancelled; whether the function has run is not known'
      : `no answer came: ${error.message}. Is the server still there?`;
    return { ...going, error: { message } };
  }
  let reply;
  try {
    reply = parse(going.response);
  } catch (error) {
    const said = going.response.trim() || 'nothing';
    return { ...going, error: { message: `the answer is no JSON (HTTP ${going.status}): ${said.slice(0, 500)}` } };
  }
  if (isObject(reply) && 'error' in reply) {
    const { code, message, data } = isObject(reply.error) ? reply.error : { message: write(reply.error) };
    return { ...going, error: { code: code?.text, message: String(message), data } };
  }
  if (isObject(reply) && 'result' in reply) return { ...going, result: reply.result };
  return { ...going, error: { message: 'the answer has neither a result nor an error' } };
}

// The same; an error is thrown.
export async function ask(method, params) {
  const reply = await call(method, params);
  if (reply.error) throw Object.assign(new Error(reply.error.message), reply.error);
  return reply.result;
}
