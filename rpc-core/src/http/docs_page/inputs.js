// Fields of one input: texts, numbers, choices among values, JSON. Each has `element`, `get(lenient)` and `set(value)`:
// `get` throws `Unfilled` for what cannot be sent or, where it is lenient, gives something of the kind.

import { el } from './dom.js';
import { Num, equal, isNumber, parse, write } from './json.js';

export class Unfilled extends Error {
  constructor(message, input) {
    super(message);
    this.input = input;
    // The names of the fields that it is in.
    this.path = [];
  }
}

// An input whose text is read by `read`, which throws what is wrong with it, and shown by `show`.
function written(context, { tag = 'input', attributes = {}, read, show, sample }) {
  const error = el('p', { class: 'wrong', id: `${context.id}-wrong` });
  const described = [context.hint, error.id].filter(Boolean).join(' ');
  const input = el(tag, { id: context.id, 'aria-describedby': described, autocomplete: 'off', spellcheck: 'false', ...attributes });
  const say = (message) => {
    error.textContent = message;
    if (message) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  input.addEventListener('input', () => say(''));
  return {
    element: el('div', { class: 'input' }, input, error),
    input,
    get(lenient) {
      try {
        const value = read(input.value);
        if (!lenient) say('');
        return value;
      } catch (wrong) {
        if (lenient) return sample;
        say(wrong.message);
        throw new Unfilled(wrong.message, input);
      }
    },
    set(value) {
      input.value = value === undefined ? '' : show(value);
      say('');
    },
  };
}

const shown = (value) => (typeof value === 'string' ? value : write(value));

export function textField(context, schema) {
  const isLong = !schema.format && !schema.contentEncoding && !schema.pattern;
  const attributes = isLong ? { rows: 1 } : { type: 'text' };
  const examples = { 'date-time': '2026-07-28T12:00:00Z', date: '2026-07-28', time: '12:00:00Z', uri: 'https://…', ipv4: '127.0.0.1', ipv6: '::1' };
  if (schema.contentEncoding === 'base64' || schema.format === 'byte') attributes.placeholder = 'base64';
  else if (Object.hasOwn(examples, schema.format ?? '')) attributes.placeholder = examples[schema.format];
  return written(context, { tag: isLong ? 'textarea' : 'input', attributes, read: (text) => text, show: shown, sample: '' });
}

export function numberField(context, schema) {
  const isWhole = schema.type === 'integer';
  const bound = (name) => (schema[name] instanceof Num ? schema[name] : undefined);
  const [least, most] = [bound('minimum'), bound('maximum')];
  const read = (text) => {
    const plain = text.trim().replace(/^\+/, '');
    if (plain === '') throw new Error(isWhole ? 'a whole number is needed' : 'a number is needed');
    if (isWhole ? !/^-?(0|[1-9][0-9]*)$/.test(plain) : !isNumber(plain)) {
      throw new Error(isWhole ? 'this is no whole number' : 'this is no number as JSON has them, such as 1.5 or -2e3');
    }
    const number = new Num(plain);
    if (least && compare(number, least) < 0) throw new Error(`it is ${least.text} at least`);
    if (most && compare(number, most) > 0) throw new Error(`it is ${most.text} at most`);
    return number;
  };
  const attributes = { type: 'text', inputmode: isWhole && least && compare(least, new Num('0')) >= 0 ? 'numeric' : 'text' };
  return written(context, { attributes, read, show: shown, sample: least && compare(least, new Num('0')) > 0 ? least : new Num('0') });
}

// Whole numbers are compared as they are, however large.
function compare(a, b) {
  const isWhole = [a, b].every(({ text }) => /^-?[0-9]+$/.test(text));
  const [left, right] = isWhole ? [BigInt(a.text), BigInt(b.text)] : [Number(a.text), Number(b.text)];
  return left < right ? -1 : Number(left > right);
}

export function jsonField(context) {
  const read = (text) => {
    if (text.trim() === '') throw new Error('JSON is needed, such as {"a": [1, true, "text"]}');
    return parse(text);
  };
  const attributes = { rows: 2, class: 'json', placeholder: 'JSON' };
  return written(context, { tag: 'textarea', attributes, read, show: (value) => write(value, '  '), sample: null });
}

// One of some values. One that is optional has an empty choice before them: none, as `isEmpty` says.
export function valueField(context, values) {
  const empty = context.optional ? 1 : 0;
  const options = values.map((value, index) => el('option', { value: index }, typeof value === 'string' ? value : write(value)));
  if (empty) options.unshift(el('option', { value: '' }));
  const input = el('select', { id: context.id, 'aria-describedby': context.hint }, options);
  return {
    element: el('div', { class: 'input' }, input),
    input,
    isEmpty: () => input.selectedIndex < empty,
    get: () => values[input.selectedIndex - empty],
    set(value) {
      const index = value === undefined && empty ? -1 : values.findIndex((one) => equal(one, value ?? null));
      input.selectedIndex = index < 0 ? 0 : index + empty;
    },
    // Something is chosen, or nothing is.
    choose(on) {
      if (on !== this.isEmpty()) return;
      input.selectedIndex = on ? empty : 0;
    },
  };
}

// The one value that there is.
export function constant(value) {
  return { element: el('span', { class: 'constant' }, write(value)), get: () => value, set() {} };
}
