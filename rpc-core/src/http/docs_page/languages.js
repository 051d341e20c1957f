// Values and texts as the languages of the snippets write them.

import { Num, isObject, write } from './json.js';

const isWhole = ({ text }) => /^-?[0-9]+$/.test(text);

// A word in a command of a POSIX shell.
export function shell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const PYTHON_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const PYTHON_WORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(' ')
);

// Whether a name is an attribute that Python can write after a dot.
export function isPythonAttribute(name) {
  return name.split('.').every((part) => PYTHON_NAME.test(part) && !PYTHON_WORDS.has(part));
}

// A value in Python. Strings of JSON are strings of Python.
export function python(value) {
  if (value instanceof Num) return value.text.replace(/^-0$/, '-0.0');
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${python(member)}`).join(', ')}}`;
}

// Whether JavaScript's own values have it, and a literal means it.
function isPlain(value) {
  if (value instanceof Num) return value.isExact;
  if (Array.isArray(value)) return value.every(isPlain);
  return !isObject(value) || Object.entries(value).every(([name, member]) => name !== '__proto__' && isPlain(member));
}

// A value in JavaScript, as an expression whose value is its JSON text.
export function javaScriptText(value) {
  return isPlain(value) ? `JSON.stringify(${javaScript(value)})` : JSON.stringify(write(value));
}

function javaScript(value) {
  if (Array.isArray(value)) return `[${value.map(javaScript).join(', ')}]`;
  if (!isObject(value)) return write(value);
  const name = (text) => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : JSON.stringify(text));
  const members = Object.entries(value).map(([key, member]) => `${name(key)}: ${javaScript(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

const RUST_WORDS = new Set(
  'abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self Self static struct super trait true try type typeof union unsafe unsized use virtual where while yield'.split(' ')
);

export function isRustName(name) {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== '_' && !RUST_WORDS.has(name);
}

// A string in Rust. What could not be seen, or would turn the text around, is escaped.
export function rustString(text) {
  const escaped = text.replace(/["\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu, (one) => {
    const simple = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[one];
    const point = one.codePointAt(0);
    return simple ?? `\\u{${(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point).toString(16)}}`;
  });
  return `"${escaped}"`;
}

function rustNumber(number) {
  if (!isWhole(number)) return number.text;
  const value = BigInt(number.text);
  const fits = (bits) => value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n);
  const digits = number.text.replace(/^-0$/, '0');
  if (fits(32n)) return digits;
  if (fits(64n)) return `${digits}_i64`;
  return value >= 0n && value < 1n << 64n ? `${digits}_u64` : `${digits}_i128`;
}

// A value in Rust, for an argument of a call by name.
export function rust(value) {
  return value !== null && typeof value !== 'object' ? rustInner(value) : value instanceof Num ? rustNumber(value) : `json!(${rustInner(value)})`;
}

function rustInner(value) {
  if (value instanceof Num) return rustNumber(value);
  if (typeof value === 'string') return rustString(value);
  if (Array.isArray(value)) return `[${value.map(rustInner).join(', ')}]`;
  if (!isObject(value)) return String(value);
  return `{${Object.entries(value).map(([name, member]) => `${rustString(name)}: ${rustInner(member)}`).join(', ')}}`;
}
