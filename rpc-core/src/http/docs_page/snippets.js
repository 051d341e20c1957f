// The same call as programs and commands, to be copied.

import { hasToken } from './call.js';
import { params } from './functions.js';
import { Num, write } from './json.js';
import { isPythonAttribute, isRustName, javaScriptText, python, rust, rustString, shell } from './languages.js';

// Each has a name and `write({ fn, values, address })`; one with `needs` is shown where the server has that capability.
export const LANGUAGES = [
  { name: 'curl', write: curl },
  { name: 'Python', write: urllib },
  { name: 'Python, XML-RPC', write: xmlrpc, needs: 'xmlrpc' },
  { name: 'JavaScript', write: fetched },
  { name: 'Rust', write: rustCall },
];

function message({ fn, values }) {
  const given = params(fn, values);
  return { jsonrpc: '2.0', id: new Num('1'), method: fn.name, ...(given === undefined ? {} : { params: given }) };
}

function curl(call) {
  const token = hasToken() ? ' \\\n  -H "Authorization: Bearer $TOKEN"' : '';
  return `curl ${shell(call.address)} -H 'Content-Type: application/json'${token} \\\n  -d ${shell(write(message(call)))}\n`;
}

function urllib(call) {
  const token = hasToken() ? ', "Authorization": f"Bearer {token}"' : '';
  return `import json
import urllib.request

call = ${python(message(call))}
headers = {"Content-Type": "application/json"${token}}
request = urllib.request.Request(${python(call.address)}, json.dumps(call).encode(), headers)
with urllib.request.urlopen(request) as response:
    print(json.load(response))
`;
}

// The arguments by position, or the name of one that has none: one that comes after another which is left out, and
// whose value is not known here.
function positions({ fn, values }) {
  const positional = [];
  let gap = [];
  for (const [index, { kind, name, schema }] of fn.parameters.entries()) {
    const value = values[index];
    if (kind === 'kwargs') {
      if (value !== undefined) return { stuck: name };
    } else if (value === undefined) {
      gap.push(kind === 'optional' ? null : schema?.default);
    } else if (gap.includes(undefined)) {
      return { stuck: name };
    } else {
      positional.push(...gap, ...(kind === 'args' ? value : [value]));
      gap = [];
    }
  }
  return { positional };
}

const has = (value, test) => test(value) || (typeof value === 'object' && value !== null && !(value instanceof Num) && Object.values(value).some((one) => has(one, test)));

function xmlrpc(call) {
  const { positional, stuck } = positions(call);
  if (stuck !== undefined) {
    return `# XML-RPC gives arguments by position alone, and ${python(stuck)} has none here:\n# give the ones before it too, or take another protocol.\n`;
  }
  const isLarge = (value) => value instanceof Num && /^-?[0-9]+$/.test(value.text) && BigInt.asIntN(32, BigInt(value.text)) !== BigInt(value.text);
  if (has(positional, isLarge)) {
    return '# Whole numbers of xmlrpc.client have 32 bits, and there is a larger one here:\n# take another protocol.\n';
  }
  const options = [has(positional, (value) => value === null) && 'allow_none=True', hasToken() && 'headers=[("Authorization", f"Bearer {token}")]'];
  const more = options.filter(Boolean).map((option) => `, ${option}`).join('');
  const { name } = call.fn;
  const isAttribute = isPythonAttribute(name) && name !== 'close';
  const called = isAttribute ? `server.${name}` : `getattr(server, ${python(name)})`;
  return `from xmlrpc.client import ServerProxy

with ServerProxy(${python(call.address)}${more}) as server:
    print(${called}(${positional.map(python).join(', ')}))
`;
}

function fetched(call) {
  const token = hasToken() ? ', Authorization: `Bearer ${token}`' : '';
  return `const response = await fetch(${JSON.stringify(call.address)}, {
  method: "POST",
  headers: { "Content-Type": "application/json"${token} },
  body: ${javaScriptText(message(call))},
});
const reply = await response.json();
console.log(reply.result ?? reply.error);
`;
}

function rustCall({ fn, values, address }) {
  const named = [];
  const positional = [];
  let isPositional = true;
  fn.parameters.forEach(({ kind, name }, index) => {
    const value = values[index];
    if (kind === 'args' && isPositional) positional.push(...(value ?? []));
    else if (kind === 'kwargs') named.push(...Object.entries(value ?? {}));
    else if (value === undefined || kind === 'default' || kind === 'optional') {
      isPositional &&= name === '' && value !== undefined;
      if (value !== undefined) (isPositional ? positional : named).push(isPositional ? value : [name, value]);
    } else if (isPositional) positional.push(value);
    else named.push([name, value]);
  });
  const args = `args![${positional.map(rust).join(', ')}]`;
  const simple = named.every(([name]) => isRustName(name));
  const members = named.map(([name, value]) => `${name}: ${rust(value)}`).join(', ');
  const kwargs = simple ? `kwargs! {${members && ` ${members} `}}` : rust(Object.assign(Object.create(null), Object.fromEntries(named)));
  const { protocol, host, pathname } = new URL(address);
  const isPlain = protocol === 'http:' && pathname === '/';
  // The native dialect needs no feature; what goes by HTTP, as a token does, needs one.
  const to = rustString(isPlain && !hasToken() ? host : address);
  const connect = hasToken()
    ? `RpcClient::builder().header("Authorization", format!("Bearer {token}")).connect(${to})?`
    : `RpcClient::connect(${to})?`;
  const uses = `${args}${kwargs}`.includes('json!(') ? 'Value, json' : 'Value';
  return `use rpc_core::{RpcClient, Stub, args${simple ? ', kwargs' : ''}};
use serde_json::${uses.includes(',') ? `{${uses}}` : uses};

let client = ${connect};
let result: Value = client.call(${rustString(fn.name)}, ${args}, ${kwargs})?;
println!("{result}");
`;
}
