// The functions that a server has, put together from `system.describe` and `rpc.discover`, of which either may be missing.

import { isObject } from './json.js';

const text = (value) => (typeof value === 'string' ? value : '');
const list = (value) => (Array.isArray(value) ? value.filter(isObject) : []);

// A function for each name, ordered by group and name.
export function functionsOf(described, document) {
  const methods = new Map(list(document?.methods).map((method) => [text(method.name), method]));
  const functions = list(described).map((one) => ofDescription(one, methods.get(text(one.name)), document));
  const known = new Set(functions.map(({ name }) => name));
  for (const [name, method] of methods) if (!known.has(name)) functions.push(ofMethod(method, document));
  return functions.sort((a, b) => compare(a.group, b.group) || compare(a.name, b.name));
}

const compare = (a, b) => (a < b ? -1 : Number(a > b));

function ofDescription(description, method, document) {
  const name = text(description.name);
  const descriptors = [...list(method?.params), method?.['x-kwargs']].filter(isObject);
  const parameters = list(description.parameters).map((parameter, index) => {
    const descriptor = descriptors.find((one) => one.name === (parameter.name || `arg${index + 1}`));
    return {
      name: text(parameter.name),
      type: text(parameter.type),
      kind: text(parameter.kind) || 'required',
      preset: typeof parameter.default === 'string' ? parameter.default : undefined,
      doc: text(parameter.doc) || text(descriptor?.description),
      schema: descriptor?.schema ?? parameter.schema ?? {},
    };
  });
  const result = { type: text(description.result), schema: method?.result?.schema ?? description.result_schema };
  const doc = text(description.doc) || text(method?.description);
  // Without a document, references lead into the description itself.
  return { name, doc, parameters, result, root: method ? document : description, ...facts(name, method, description.allow) };
}

function ofMethod(method, document) {
  const name = text(method.name);
  const parameter = (descriptor, kind) => ({
    name: text(descriptor.name),
    type: text(descriptor['x-type']),
    kind,
    preset: typeof descriptor['x-default'] === 'string' ? descriptor['x-default'] : undefined,
    doc: text(descriptor.description) || text(descriptor.summary),
    schema: descriptor.schema ?? {},
  });
  const parameters = list(method.params).map((descriptor) => {
    const kind = descriptor.required === true ? 'required' : 'x-default' in descriptor ? 'default' : 'optional';
    return parameter(descriptor, descriptor['x-args'] === true ? 'args' : kind);
  });
  if (isObject(method['x-kwargs'])) parameters.push(parameter(method['x-kwargs'], 'kwargs'));
  const result = { type: text(method.result?.['x-type']), schema: method.result?.schema };
  const doc = text(method.description) || text(method.summary);
  return { name, doc, parameters, result, root: document, ...facts(name, method) };
}

const BADGES = [['x-idempotent', 'idempotent'], ['x-read-only', 'read-only'], ['x-destructive', 'destructive']];

// What a document says of a function besides.
function facts(name, method = {}, allow = method['x-allow']) {
  const tag = list(method.tags)[0];
  const dot = name.lastIndexOf('.');
  return {
    deprecated: text(method['x-deprecated']) || method.deprecated === true,
    badges: [...BADGES.filter(([fact]) => method[fact] === true).map(([, badge]) => badge), ...permissions(allow)],
    group: text(tag?.name) || (dot > 0 ? name.slice(0, dot) : ''),
    groupDoc: text(tag?.description),
    errors: list(method.errors),
    errorData: method['x-error-data'],
    examples: list(method.examples),
  };
}

// Who may call: one of these permissions is enough.
function permissions(allow) {
  const all = Array.isArray(allow) ? allow.filter((one) => typeof one === 'string') : [];
  if (all.length === 0) return [];
  return [all.length === 1 && all[0] === '*' ? 'for anybody' : `needs ${all.join(' or ')}`];
}

// The signature as Python would write it.
export function signature({ name, parameters, result }) {
  const one = ({ name, type, kind, preset, schema }) => {
    const stars = { args: '*', kwargs: '**' }[kind] ?? '';
    const shown = type || (typeof schema?.title === 'string' ? schema.title : text(schema?.type)) || 'any';
    const ending = preset !== undefined ? ` = ${preset}` : kind === 'optional' ? ' = None' : '';
    return `${stars}${name}${name && ': '}${shown}${ending}`;
  };
  return `${name}(${parameters.map(one).join(', ')})${result.type && ` -> ${result.type}`}`;
}

// The arguments as they travel: an object where every parameter has a name, an array elsewhere; nothing where there is none.
// `values` has one for each parameter, `undefined` for those that are left out.
export function params({ parameters }, values) {
  if (parameters.length === 0) return undefined;
  if (parameters.every(({ name }) => name !== '')) {
    const object = Object.create(null);
    parameters.forEach(({ name, kind }, index) => {
      const value = values[index];
      if (value === undefined) return;
      if (kind === 'kwargs' && isObject(value)) Object.assign(object, value);
      else object[name] = value;
    });
    return object;
  }
  const array = [];
  parameters.forEach(({ kind }, index) => {
    const value = values[index];
    if (kind === 'args' && Array.isArray(value)) array.push(...value);
    else if (value !== undefined) array.push(value);
  });
  return array;
}

// The values of the parameters that are given in such an object or array, for a form to show.
export function values({ parameters }, given) {
  if (Array.isArray(given)) {
    return parameters.map(({ kind }, index) => (kind === 'args' ? given.slice(index) : given[index]));
  }
  const rest = Object.assign(Object.create(null), isObject(given) ? given : {});
  const found = parameters.map(({ name, kind }) => {
    if (kind === 'kwargs') return undefined;
    const value = rest[name];
    delete rest[name];
    return value;
  });
  return parameters.map(({ kind }, index) => (kind === 'kwargs' && Object.keys(rest).length > 0 ? rest : found[index]));
}
