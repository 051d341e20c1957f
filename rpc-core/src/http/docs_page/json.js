// JSON that keeps every number as it is written: `9007199254740993` and `1.0` stay what they are.

export class Num {
  constructor(text) {
    this.text = text;
  }

  // Whether JavaScript's own numbers have it, and write it in the same way.
  get isExact() {
    return String(Number(this.text)) === this.text;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = { t: ['true', true], f: ['false', false], n: ['null', null] };
const WIDTH = 72;

export function isNumber(text) {
  NUMBER.lastIndex = 0;
  return NUMBER.exec(text)?.[0] === text && text !== '';
}

// A value, whose objects have no prototype: a member may have any name.
export function parse(text) {
  const reader = new Reader(text);
  const value = reader.value();
  reader.space();
  if (reader.at < text.length) throw reader.error('the end');
  return value;
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  error(expected) {
    const line = this.text.slice(0, this.at).split('\n').length;
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end';
    return new SyntaxError(`JSON has ${expected} here, not ${found} (line ${line}, character ${this.at + 1})`);
  }

  space() {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }

  takes(character) {
    this.space();
    const is = this.text[this.at] === character;
    if (is) this.at += 1;
    return is;
  }

  needs(character) {
    if (!this.takes(character)) throw this.error(`\`${character}\``);
  }

  value() {
    this.space();
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    const word = WORDS[first];
    if (word && this.text.startsWith(word[0], this.at)) {
      this.at += word[0].length;
      return word[1];
    }
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text);
    if (!number) throw this.error('a value');
    this.at = NUMBER.lastIndex;
    return new Num(number[0]);
  }

  string() {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    const quoted = this.text.slice(this.at, end + 1);
    let value;
    try {
      value = JSON.parse(quoted);
    } catch {
      throw this.error('a string');
    }
    this.at = end + 1;
    return value;
  }

  array() {
    const array = [];
    this.needs('[');
    if (this.takes(']')) return array;
    do array.push(this.value());
    while (this.takes(','));
    this.needs(']');
    return array;
  }

  object() {
    const object = Object.create(null);
    this.needs('{');
    if (this.takes('}')) return object;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw this.error('a name in quotes');
      const name = this.string();
      this.needs(':');
      object[name] = this.value();
    } while (this.takes(','));
    this.needs('}');
    return object;
  }
}

// The text of a value: in one line, or with an indent over several where one would be long.
export function write(value, indent = '', before = '') {
  if (value instanceof Num) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const isArray = Array.isArray(value);
  const inner = before + indent;
  const items = isArray
    ? value.map((item) => write(item, indent, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${indent && ' '}${write(item, indent, inner)}`);
  const [open, close] = isArray ? '[]' : '{}';
  const line = open + items.join(indent ? ', ' : ',') + close;
  if (!indent || items.length === 0 || (line.length + before.length <= WIDTH && !line.includes('\n'))) return line;
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${before}${close}`;
}

export function equal(a, b) {
  return write(a) === write(b);
}

export function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Num);
}
