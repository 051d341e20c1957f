// The form of a function: a field for each parameter, made from its schema, and fields within fields.

import { el, hidden, unique } from './dom.js';
import { constant, jsonField, numberField, textField, Unfilled, valueField } from './inputs.js';
import { isObject, write } from './json.js';
import { markdown } from './markdown.js';
import { alternatives, fits, isNull, optionName, resolve, typeName, withoutNull } from './schema.js';

// What of a schema decides about its field.
function kindOf(schema) {
  if ('const' in schema) return 'constant';
  if (Array.isArray(schema.enum)) return schema.enum.length === 1 ? 'constant' : 'values';
  const options = alternatives(schema);
  if (options.length > 0) return isObject(schema.properties) && !Array.isArray(schema.type) ? 'flattened' : 'choice';
  switch (schema.type) {
    case 'null':
      return 'constant';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return Array.isArray(schema.prefixItems ?? schema.items) ? 'tuple' : 'array';
    default:
      if (isObject(schema.properties)) return 'object';
      return schema.type === 'object' && isObject(schema.additionalProperties) ? 'map' : 'json';
  }
}

const COMPOSITE = ['choice', 'flattened', 'tuple', 'array', 'object', 'map'];

// The field of a value. `seen` are the references that it stands in: what holds itself is filled in on request.
function field(schema, context) {
  const { schema: found, path } = resolve(schema, context.seen);
  const kind = kindOf(found);
  if (COMPOSITE.includes(kind) && new Set(path).size < path.length) return onRequest(schema, context);
  const within = { ...context, seen: path };
  switch (kind) {
    case 'constant':
      return constant('const' in found ? found.const : (found.enum?.[0] ?? null));
    case 'values':
      return valueField(within, found.enum);
    case 'boolean':
      return valueField(within, [false, true]);
    case 'text':
      return textField(within, found);
    case 'number':
      return numberField(within, found);
    case 'choice':
      return choice(alternatives(found), { ...within, optional: false });
    case 'flattened': {
      const { oneOf, anyOf, ...rest } = found;
      return both(object(rest, within), choice(oneOf ?? anyOf, { ...within, id: unique() }));
    }
    case 'tuple':
      return tuple(found.prefixItems ?? found.items, within);
    case 'array':
      return array(found, within);
    case 'object':
      return object(found, within);
    case 'map':
      return map(found.additionalProperties, within);
    default:
      return jsonField(within);
  }
}

function onRequest(schema, context) {
  const place = el('div', { class: 'input' });
  let filled;
  const fill = () => {
    filled = field(schema, { ...context, seen: [] });
    place.replaceChildren(filled.element);
  };
  const button = el('button', { type: 'button', id: context.id }, 'Fill in', hidden(` ${context.name}`));
  button.addEventListener('click', () => {
    fill();
    place.querySelector('input, select, textarea, button')?.focus();
  });
  place.append(button);
  return {
    element: place,
    get(lenient) {
      if (!filled && !lenient) throw new Unfilled('this is to be filled in', button);
      return filled ? filled.get(lenient) : null;
    },
    set(value) {
      if (value === undefined) return;
      if (!filled) fill();
      filled.set(value);
    },
  };
}

function choice(options, context) {
  const names = options.map(optionName);
  const select = el('select', { id: context.id, 'aria-label': `${context.name}: which`, 'aria-describedby': context.hint }, names.map((name) => el('option', {}, name)));
  const place = el('div', { class: 'chosen' });
  // What may be nothing is nothing at first.
  const first = Math.max(options.findIndex((option) => isNull(resolve(option).schema)), 0);
  let chosen;
  const choose = (index) => {
    select.selectedIndex = index;
    const isConstant = kindOf(resolve(options[index]).schema) === 'constant';
    const name = `${context.name}, ${names[index]}`;
    const id = unique();
    chosen = field(options[index], { name, id, seen: context.seen });
    const label = chosen.input && el('label', { for: id, class: 'hidden' }, name);
    place.replaceChildren(...(isConstant ? [] : [label, chosen.element].filter(Boolean)));
  };
  select.addEventListener('change', () => choose(select.selectedIndex));
  choose(first);
  return {
    element: el('div', { class: 'input choice' }, select, place),
    get: (lenient) => chosen.get(lenient),
    set(value) {
      if (value === undefined) return choose(first);
      const index = options.findIndex((option) => fits(value, option));
      choose(Math.max(index, 0));
      return chosen.set(value);
    },
  };
}

// Two fields of one object.
function both(first, second) {
  return {
    element: el('div', {}, first.element, second.element),
    get: (lenient) => Object.assign(Object.create(null), first.get(lenient), second.get(lenient)),
    set(value) {
      first.set(value);
      second.set(value);
    },
  };
}

// Members in the order in which the type has them, as far as the schema tells. Where it has them by their names, it still has
// those that are required in their order, and they come first.
function ordered(properties, required) {
  const members = Object.entries(properties);
  const names = members.map(([name]) => name);
  if (names.some((name, index) => index > 0 && names[index - 1] > name)) return members;
  const place = ([name]) => (required.includes(name) ? required.indexOf(name) : required.length);
  return members.sort((one, other) => place(one) - place(other));
}

function object(schema, context) {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows = ordered(schema.properties ?? {}, required).map(([name, member]) => {
    const isNeeded = required.includes(name);
    const preset = isObject(member) && 'default' in member ? write(member.default) : undefined;
    return [name, row({ name, schema: isNeeded ? member : withoutNull(member), optional: !isNeeded, preset, seen: context.seen })];
  });
  const more = isObject(schema.additionalProperties) && map(schema.additionalProperties, { ...context, id: unique() });
  const nothing = rows.length === 0 && !more && el('span', { class: 'constant' }, '{}');
  return {
    element: el('div', { class: 'object' }, rows.map(([, one]) => one.element), more && more.element, nothing),
    get(lenient) {
      const value = Object.create(null);
      for (const [name, one] of rows) {
        const member = one.get(lenient);
        if (member !== undefined) value[name] = member;
      }
      return more ? Object.assign(Object.create(null), more.get(lenient), value) : value;
    },
    set(value) {
      const given = isObject(value) ? value : {};
      for (const [name, one] of rows) one.set(Object.hasOwn(given, name) ? given[name] : undefined);
      const known = rows.map(([name]) => name);
      if (more) more.set(Object.fromEntries(Object.entries(given).filter(([name]) => !known.includes(name))));
    },
  };
}

function tuple(schemas, context) {
  const rows = schemas.map((schema, index) => row({ name: `${context.name} ${index + 1}`, schema, seen: context.seen }));
  return {
    element: el('div', { class: 'object' }, rows.map((one) => one.element)),
    get: (lenient) => rows.map((one) => one.get(lenient)),
    set: (value) => rows.forEach((one, index) => one.set(Array.isArray(value) ? value[index] : undefined)),
  };
}

// Any number of entries, each made by `make(index)` as { element, get, set }.
function entries(context, what, make) {
  const items = el('div', { class: 'items' });
  const add = el('button', { type: 'button', id: context.id }, `Add ${what}`, hidden(` to ${context.name}`));
  let made = [];
  const append = () => {
    const one = make(made.length);
    const remove = el('button', { type: 'button', class: 'remove' }, 'Remove', hidden(` ${what} of ${context.name}`));
    const entry = { ...one, element: el('div', { class: 'item' }, one.element, remove) };
    remove.addEventListener('click', () => {
      made = made.filter((other) => other !== entry);
      entry.element.remove();
      add.focus();
      items.dispatchEvent(new Event('input', { bubbles: true }));
    });
    made.push(entry);
    items.append(entry.element);
    return entry;
  };
  add.addEventListener('click', () => {
    append().element.querySelector('input, select, textarea, button')?.focus();
    items.dispatchEvent(new Event('input', { bubbles: true }));
  });
  return {
    element: el('div', { class: 'input' }, items, add),
    get: (lenient) => made.map((one) => one.get(lenient)),
    set(values) {
      made = [];
      items.replaceChildren();
      for (const value of values) append().set(value);
    },
    grow(count) {
      while (made.length < count) append();
    },
  };
}

function array(schema, context) {
  const make = (index) => row({ name: `${context.name} ${index + 1}`, schema: schema.items ?? {}, seen: [], isItem: true });
  const list = entries(context, 'an item', make);
  const least = Math.min(Number(schema.minItems?.text ?? 0), 20);
  list.grow(least);
  return {
    ...list,
    set(value) {
      list.set(Array.isArray(value) ? value : []);
      list.grow(least);
    },
  };
}

function map(schema, context) {
  const make = () => {
    const id = unique();
    const key = el('input', { id, type: 'text', autocomplete: 'off', spellcheck: 'false' });
    const value = row({ name: 'value', schema, seen: [], isItem: true });
    return {
      element: el('div', { class: 'pair' }, el('div', { class: 'row' }, el('label', { for: id }, 'name'), key), value.element),
      get: (lenient) => [key.value, value.get(lenient)],
      set([name, given]) {
        key.value = name;
        value.set(given);
      },
    };
  };
  const list = entries(context, 'a member', make);
  return {
    element: list.element,
    get(lenient) {
      const object = Object.create(null);
      for (const [name, value] of list.get(lenient)) object[name] = value;
      return object;
    },
    set: (value) => list.set(isObject(value) ? Object.entries(value) : []),
  };
}

// A named value with its type and documentation. One that is optional is left out unless its box is ticked, which typing
// into it does by itself; a field of several inputs is made when it is ticked.
export function row({ name, schema, type, doc, optional, preset, seen = [], isItem }) {
  const { schema: found } = resolve(schema, seen);
  const isComposite = COMPOSITE.includes(kindOf(found));
  const [id, hint] = [unique('field'), unique('hint')];
  const text = doc ?? (isItem ? undefined : found.description);
  const made = () => field(schema, { id, name, seen: optional ? [] : seen, hint, optional });
  let inner = optional && isComposite ? undefined : made();
  const place = el('div', { class: 'value' }, inner?.element);
  const box = optional && el('input', { type: 'checkbox', 'aria-label': `give ${name}` });
  const tick = (on) => {
    if (!box) return;
    box.checked = on;
    outer.classList.toggle('left-out', !on);
    if (on && !inner) {
      inner = made();
      place.append(inner.element);
    }
    inner?.choose?.(on);
    if (isComposite) place.hidden = !on;
  };
  const caption = [
    el('span', { class: 'name' }, name || 'argument'),
    ' ',
    el('span', { class: 'type' }, type || typeName(schema)),
    optional && el('span', { class: 'may' }, preset === undefined ? 'optional' : `default ${preset}`),
  ];
  const about = el('div', { id: hint, class: 'hint' }, text ? markdown(text) : undefined);
  const isLabelled = inner?.input !== undefined;
  const head = isLabelled ? el('label', { for: id }, caption) : el('span', { class: 'label' }, caption);
  const attributes = isLabelled ? { class: 'row' } : { class: 'row', role: 'group', 'aria-label': name || 'argument' };
  const outer = el('div', attributes, el('div', { class: 'head' }, box, head), about, place);
  if (box) {
    box.addEventListener('change', () => {
      tick(box.checked);
      if (box.checked) place.querySelector('input, select, textarea, button')?.focus();
    });
    place.addEventListener('input', () => tick(!(inner.choose && inner.isEmpty())));
  }
  tick(false);
  return {
    element: outer,
    get(lenient) {
      if (box && !box.checked) return undefined;
      try {
        return inner.get(lenient);
      } catch (error) {
        if (error instanceof Unfilled) error.path.unshift(name);
        throw error;
      }
    },
    set(value) {
      tick(value !== undefined);
      inner?.set(value);
    },
  };
}

// The fields of a function's parameters: `get` gives a value for each, `undefined` for one that is left out.
export function parametersForm(parameters) {
  const rows = parameters.map((parameter, index) => {
    const { kind, type, preset, doc } = parameter;
    const name = parameter.name || `argument ${index + 1}`;
    if (kind === 'args' || kind === 'kwargs') return variadic(parameter, name);
    const optional = kind !== 'required';
    const schema = kind === 'optional' ? withoutNull(parameter.schema) : parameter.schema;
    return row({ name, schema, type, doc, optional, preset });
  });
  return {
    element: el('div', { class: 'parameters' }, rows.map((one) => one.element)),
    get: (lenient) => rows.map((one) => one.get(lenient)),
    set: (values) => rows.forEach((one, index) => one.set(values[index])),
  };
}

function variadic({ kind, type, doc, schema }, name) {
  const { schema: found } = resolve(schema);
  const isWhole = kind === 'args' ? found.type === 'array' : kindOf(found) === 'map';
  const whole = kind === 'args' ? { type: 'array', items: schema } : { type: 'object', additionalProperties: kindOf(found) === 'json' ? {} : schema };
  const one = row({ name, schema: isWhole ? schema : whole, type, doc });
  const isEmpty = (value) => Object.keys(value ?? {}).length === 0;
  return {
    ...one,
    get(lenient) {
      const value = one.get(lenient);
      return isEmpty(value) ? undefined : value;
    },
  };
}
