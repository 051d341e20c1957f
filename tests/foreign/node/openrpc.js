// OpenRPC's own meta-schema, and ajv in its strict mode: `openrpc.js FILE`, which has a document, and values that fit
// its schemas or do not.
//
// The meta-schema does not look into schemas, so each is compiled by itself, by the rules of draft 7.
'use strict';

const { readFileSync } = require('node:fs');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');
const metaSchema = require('@open-rpc/meta-schema').default;
const { version } = require('@open-rpc/meta-schema/package.json');

const { document, values } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

function say(line) {
  console.log(JSON.stringify(line));
}

function check(name, problem) {
  say({ check: name, ok: !problem, detail: problem || '' });
}

/** The meta-schema without its references to another server, which has draft 7 itself. */
function local(schema) {
  const draft = 'http://json-schema.org/draft-07/schema#';
  const text = JSON.stringify(schema)
    .replaceAll('"$ref":"https://meta.json-schema.tools/#/definitions/JSONSchemaObject/properties/$ref"', '"$ref":"#/definitions/refString"')
    .replaceAll('"$ref":"https://meta.json-schema.tools"', `"$ref":"${draft}"`)
    .replaceAll('"$ref":"https://meta.json-schema.tools/"', `"$ref":"${draft}"`);
  const whole = JSON.parse(text);
  whole.$schema = draft;
  whole.definitions = { ...whole.definitions, refString: { type: 'string' } };
  return whole;
}

/** The formats of whole numbers, which schemas say the bounds of as well. */
const NUMBERS = ['int', 'uint', 'float', 'double', ...[8, 16, 32, 64, 128].flatMap((n) => [`int${n}`, `uint${n}`])];

function strict() {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
  addFormats(ajv);
  for (const name of NUMBERS) ajv.addFormat(name, { type: 'number', validate: () => true });
  ajv.addFormat('ip', true);
  ajv.addSchema({ $id: 'openrpc:document', definitions: absolute(document.components.schemas) });
  return ajv;
}

/** All schemas, by the place where they stand. */
function* schemas() {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    yield [`components.schemas.${name}`, schema];
  }
  for (const method of document.methods) {
    for (const param of method.params) yield [`${method.name}(${param.name})`, param.schema];
    if (method['x-kwargs']) yield [`${method.name}(**)`, method['x-kwargs'].schema];
    yield [`${method.name} result`, method.result.schema];
    if (method['x-error-data']) yield [`${method.name} error`, method['x-error-data']];
  }
}

/** A schema that refers to the components by the words of draft 7, which knows none. */
function absolute(schema) {
  const text = JSON.stringify(schema);
  return JSON.parse(text.replaceAll('"$ref":"#/components/schemas/', '"$ref":"openrpc:document#/definitions/'));
}

say({ library: '@open-rpc/meta-schema', version });

const meta = new Ajv({ strict: false, validateFormats: false, allErrors: false }).compile(local(metaSchema));
check('the document', meta(document) ? '' : JSON.stringify(meta.errors));

const compiled = new Map();
const ajv = strict();
for (const [place, schema] of schemas()) {
  let problem = '';
  try {
    compiled.set(place, ajv.compile(absolute(schema)));
  } catch (error) {
    problem = `${error.message} in ${JSON.stringify(schema)}`;
  }
  check(place, problem);
}
for (const { schema, value, fits } of values) {
  const validate = compiled.get(schema);
  const shown = `${schema}: ${JSON.stringify(value)}`;
  if (!validate) check(shown, 'there is no such schema');
  else if (validate(value) !== fits) check(shown, fits ? JSON.stringify(validate.errors) : 'fits');
  else check(shown, '');
}
