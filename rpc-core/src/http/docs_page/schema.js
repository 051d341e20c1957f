// JSON Schema as the page reads it: references, names of types, what an alternative is called and which one a value is.

import { Num, equal, isObject, write } from './json.js';

// The document that references lead into.
let root = {};

export function setRoot(document) {
  root = document;
}

function lookUp(reference) {
  let found = root;
  for (const part of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    let name = part;
    try {
      name = decodeURIComponent(part);
    } catch {
      // It is taken as it stands.
    }
    name = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if ((!isObject(found) && !Array.isArray(found)) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

// A schema without references and `allOf` at its top, and the references that led to it.
export function resolve(schema, seen = []) {
  const path = [...seen];
  let found = isObject(schema) ? schema : {};
  const here = [];
  while (typeof found.$ref === 'string' && !here.includes(found.$ref)) {
    here.push(found.$ref);
    const { $ref, ...beside } = found;
    const target = lookUp($ref);
    found = { ...(isObject(target) ? target : {}), ...beside };
    if (!('title' in found)) found.title = $ref.split('/').pop();
    if (isObject(target) && typeof target.$ref === 'string') found.$ref = target.$ref;
  }
  path.push(...here);
  if (Array.isArray(found.allOf) && path.length < 50) {
    const { allOf, ...beside } = found;
    return allOf.reduce(
      ({ schema, path }, part) => {
        const resolved = resolve(part, path);
        return { schema: merge(resolved.schema, schema), path: resolved.path };
      },
      { schema: beside, path }
    );
  }
  return { schema: found, path };
}

// What both say, where `over` goes first.
function merge(under, over) {
  const merged = { ...under, ...over };
  if (under.properties && over.properties) merged.properties = { ...under.properties, ...over.properties };
  if (under.required || over.required) {
    merged.required = [...new Set([...(under.required ?? []), ...(over.required ?? [])])];
  }
  return merged;
}

export const isNull = (schema) => schema.type === 'null' || schema.const === null || (schema.enum?.length === 1 && schema.enum[0] === null);

// The alternatives that a schema has; none where it is one thing.
export function alternatives(schema) {
  const options = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(options)) return options.filter(isObject);
  if (Array.isArray(schema.type)) return schema.type.map((type) => (type === 'null' ? { type } : { ...schema, type }));
  if (schema.nullable === true) return [{ ...schema, nullable: false }, { type: 'null' }];
  return [];
}

// The same value without `null` as an alternative, for where to leave it out says the same.
export function withoutNull(schema) {
  const { schema: found } = resolve(schema);
  const all = alternatives(found);
  const rest = all.filter((option) => !isNull(resolve(option).schema));
  if (rest.length === all.length || rest.length === 0) return schema;
  const { oneOf, anyOf, type, nullable, ...beside } = found;
  delete beside.default;
  return rest.length === 1 ? { ...rest[0], ...(beside.description && { description: beside.description }) } : { ...beside, anyOf: rest };
}

// What a schema is called.
export function typeName(schema, depth = 0) {
  if (schema === false) return 'nothing';
  const { schema: found } = resolve(schema);
  if ('const' in found) return write(found.const);
  if (typeof found.title === 'string' && found.title) return found.title;
  if (Array.isArray(found.enum)) return found.enum.map((value) => write(value)).join(' | ').slice(0, 200);
  const options = alternatives(found);
  if (options.length > 0) {
    return depth > 2 ? 'one of several' : options.map((option) => typeName(option, depth + 1)).join(' | ').slice(0, 200);
  }
  if (found.type === 'array') {
    const items = found.prefixItems ?? found.items;
    if (Array.isArray(items)) return `(${items.map((item) => typeName(item, depth + 1)).join(', ')})`;
    return isObject(items) && depth < 3 ? `array of ${typeName(items, depth + 1)}` : 'array';
  }
  if (found.type === 'object' || found.properties) {
    const values = found.additionalProperties;
    if (!found.properties && isObject(values) && depth < 3) return `map of ${typeName(values, depth + 1)}`;
    return found.properties ? 'object' : 'map';
  }
  if (typeof found.type !== 'string') return 'any JSON';
  if (found.contentEncoding === 'base64' || found.format === 'byte') return 'bytes, in base64';
  return typeof found.format === 'string' ? `${found.type} (${found.format})` : found.type;
}

// The member that tells a tagged alternative, as [name, value].
function tag(schema) {
  for (const [name, member] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    const { schema: found } = resolve(member);
    if ('const' in found) return [name, found.const];
    if (Array.isArray(found.enum) && found.enum.length === 1) return [name, found.enum[0]];
  }
  return undefined;
}

// What an alternative is called among others.
export function optionName(option) {
  const { schema } = resolve(option);
  const text = (value) => (typeof value === 'string' ? value : write(value));
  if ('const' in schema) return text(schema.const);
  if (Array.isArray(schema.enum) && schema.enum.length === 1) return text(schema.enum[0]);
  if (typeof schema.title === 'string' && schema.title) return schema.title;
  const tagged = tag(schema);
  if (tagged) return text(tagged[1]);
  if (schema.required?.length === 1 && Object.keys(schema.properties ?? {}).length === 1) return schema.required[0];
  return typeName(option);
}

// Whether a value is probably meant by a schema: enough to tell alternatives apart.
export function fits(value, option, depth = 0) {
  const { schema } = resolve(option);
  if (depth > 4) return true;
  if ('const' in schema) return equal(value, schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.some((one) => equal(one, value));
  const options = alternatives(schema);
  if (options.length > 0 && !options.some((one) => fits(value, one, depth + 1))) return false;
  if (typeof schema.type === 'string' && !isOfType(value, schema.type)) return false;
  if (!isObject(value)) return !isObject(schema.properties) || schema.type !== 'object';
  if ((schema.required ?? []).some((name) => !(name in value))) return false;
  const members = Object.entries(schema.properties ?? {});
  return members.every(([name, member]) => !(name in value) || fits(value[name], member, depth + 1));
}

function isOfType(value, type) {
  switch (type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return value instanceof Num && /^-?[0-9]+$/.test(value.text);
    case 'number':
      return value instanceof Num;
    case 'array':
      return Array.isArray(value);
    default:
      return isObject(value);
  }
}
