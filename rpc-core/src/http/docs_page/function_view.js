// One function: what it is, its form, what came of a call, and the same call in other languages.

import { address, call } from './call.js';
import { code, copyButton, el, hidden, unique } from './dom.js';
import { parametersForm } from './form.js';
import { params, signature, values } from './functions.js';
import { Unfilled } from './inputs.js';
import { isObject, parse, write } from './json.js';
import { markdown } from './markdown.js';
import { resolve, typeName } from './schema.js';
import { LANGUAGES } from './snippets.js';

// More of a result than this is not shown, and copied all the same.
const SHOWN = 200_000;

export function functionView(fn, capabilities) {
  const arguments_ = argumentsOf(fn);
  const answer = el('section', { class: 'answer', 'aria-label': 'Answer', hidden: true });
  const said = el('p', { role: 'status', class: 'said' });
  const snippets = snippetsOf(fn, arguments_, capabilities);
  const [button, cancel] = [el('button', { class: 'primary' }, 'Call', hidden(` ${fn.name}`)), el('button', { type: 'button', hidden: true }, 'Cancel')];
  const form = el(
    'form',
    { 'aria-label': `Arguments of ${fn.name}`, novalidate: true },
    arguments_.element,
    el('p', { class: 'buttons' }, button, cancel, arguments_.buttons, el('span', { class: 'keys' }, 'Ctrl+Enter calls too'))
  );
  let going;
  const run = async () => {
    if (going) return;
    let given;
    try {
      given = arguments_.params();
    } catch (error) {
      said.textContent = `Not called: ${[error.path?.join(', '), error.message].filter(Boolean).join(': ')}`;
      said.className = 'said failed';
      error.input?.focus();
      return;
    }
    going = new AbortController();
    said.textContent = 'Calling…';
    said.className = 'said';
    cancel.hidden = false;
    const reply = await call(fn.name, given, going.signal);
    going = undefined;
    cancel.hidden = true;
    said.textContent = summary(reply);
    said.className = reply.error ? 'said failed' : 'said';
    answer.replaceChildren(...answerOf(reply));
    answer.hidden = false;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });
  form.addEventListener('input', snippets.update);
  form.addEventListener('change', snippets.update);
  cancel.addEventListener('click', () => going?.abort());
  return el(
    'article',
    {},
    el('p', { class: 'back' }, el('a', { href: '#' }, 'All functions')),
    el('h1', { tabindex: -1 }, fn.name, fn.deprecated && el('span', { class: 'badge old' }, 'deprecated'), fn.badges.map((badge) => el('span', { class: 'badge' }, badge))),
    code(signature(fn), 'Signature'),
    typeof fn.deprecated === 'string' && el('p', { class: 'old' }, 'Deprecated: ', fn.deprecated),
    el('div', { class: 'doc' }, markdown(fn.doc)),
    el('h2', {}, 'Arguments'),
    form,
    said,
    answer,
    resultOf(fn),
    el('h2', {}, 'In other languages'),
    snippets.element
  );
}

// The arguments, in a form or as JSON.
function argumentsOf(fn) {
  if (fn.parameters.length === 0) {
    return { element: el('p', {}, 'It takes none.'), buttons: [], params: () => undefined, values: () => [] };
  }
  const fields = parametersForm(fn.parameters);
  const id = unique('json');
  const area = el('textarea', { id, class: 'json', rows: 8, spellcheck: 'false', autocomplete: 'off' });
  const asJson = el('div', { hidden: true }, el('label', { for: id }, 'Arguments as JSON: an object by name, or an array by position'), area);
  const place = el('div', {}, fields.element, asJson);
  const toggle = el('button', { type: 'button', 'aria-pressed': 'false' }, 'As JSON');
  const changed = () => place.dispatchEvent(new Event('input', { bubbles: true }));
  const read = () => {
    try {
      return area.value.trim() === '' ? undefined : parse(area.value);
    } catch (error) {
      throw new Unfilled(error.message, area);
    }
  };
  const show = (given) => (asJson.hidden ? fields.set(values(fn, given)) : (area.value = write(given, '  ')));
  toggle.addEventListener('click', () => {
    const toJson = asJson.hidden;
    if (toJson) area.value = write(params(fn, fields.get(true)) ?? {}, '  ');
    else {
      try {
        fields.set(values(fn, read() ?? {}));
      } catch (error) {
        error.input.focus();
        return;
      }
    }
    asJson.hidden = !toJson;
    fields.element.hidden = toJson;
    toggle.setAttribute('aria-pressed', String(toJson));
    changed();
  });
  const examples = fn.examples.filter((example) => Array.isArray(example.params)).map((example, index) => {
    const button = el('button', { type: 'button' }, 'Example', hidden(`: ${example.name ?? index + 1}`), fn.examples.length > 1 ? ` ${index + 1}` : '');
    button.addEventListener('click', () => {
      const named = Object.create(null);
      for (const { name, value } of example.params) named[name] = value;
      const isNamed = fn.parameters.every(({ name }) => name !== '');
      show(isNamed ? named : example.params.map(({ value }) => value));
      changed();
    });
    return button;
  });
  return {
    element: place,
    buttons: [toggle, examples],
    params: () => (asJson.hidden ? params(fn, fields.get(false)) : read()),
    // What can be said of the arguments so far.
    values: () => (asJson.hidden ? fields.get(true) : values(fn, read())),
  };
}

function summary({ error, ms }) {
  const time = ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
  if (!error) return `Result, after ${time}`;
  return `Error${error.code === undefined ? '' : ` ${error.code}`}, after ${time}`;
}

function answerOf(reply) {
  const parts = [];
  if (reply.error) {
    parts.push(el('p', { class: 'error' }, reply.error.message));
    if (typeof reply.error.data === 'string') parts.push(el('p', { class: 'error' }, reply.error.data));
    else if (reply.error.data !== undefined) parts.push(el('p', {}, 'Data:'), long(write(reply.error.data, '  '), 'Data of the error'));
  } else {
    parts.push(long(write(reply.result, '  '), 'Result'));
  }
  const sent = el('div', {}, el('p', {}, `POST ${new URL(location.href).pathname}`), long(reply.request, 'Message sent'));
  const received = el('div', {}, el('p', {}, reply.status ? `HTTP ${reply.status}` : 'Nothing came back'), long(reply.response, 'Message received'));
  parts.push(el('details', {}, el('summary', {}, 'Messages'), sent, received));
  return parts;
}

function long(text, label) {
  const rest = text.length - SHOWN;
  return el(
    'div',
    { class: 'code' },
    copyButton(() => text, label),
    code(rest > 0 ? text.slice(0, SHOWN) : text, label),
    rest > 0 && el('p', {}, `${rest.toLocaleString('en')} more characters; “Copy” takes them along.`)
  );
}

function resultOf({ result, errors, errorData }) {
  const named = result.schema && typeName(result.schema);
  const shown = named === 'any JSON' ? '' : named;
  const whole = isObject(result.schema) ? resolve(result.schema).schema : {};
  const about = typeof whole.description === 'string' ? markdown(whole.description) : undefined;
  const rows = errors.map(({ code: number, message }) => el('li', {}, el('code', {}, number?.text ?? ''), ` ${message ?? ''}`));
  return el(
    'div',
    {},
    (result.type || shown) && el('h2', {}, 'Result'),
    (result.type || shown) && el('p', {}, el('code', {}, result.type || shown), result.type && shown && shown !== result.type && ` – ${shown}`),
    about,
    Object.keys(whole).length > 2 && el('details', {}, el('summary', {}, 'Schema'), code(write(whole, '  '), 'Schema of the result')),
    rows.length > 0 && el('h2', {}, 'Errors'),
    rows.length > 0 && el('ul', {}, rows),
    isObject(errorData) && el('details', {}, el('summary', {}, 'Schema of its data'), code(write(errorData, '  '), 'Schema of the data of errors'))
  );
}

// Tabs, one for each language.
function snippetsOf(fn, arguments_, capabilities) {
  const languages = LANGUAGES.filter(({ needs }) => !needs || capabilities.includes(needs));
  const [id, panel] = [unique('tab'), unique('panel')];
  let chosen = Math.max(languages.findIndex(({ name }) => name === lastChosen), 0);
  let text = '';
  const tabs = languages.map(({ name }, index) =>
    el('button', { type: 'button', role: 'tab', id: `${id}-${index}`, 'aria-controls': panel, click: () => choose(index) }, name)
  );
  const body = el('code');
  const pre = el('pre', { tabindex: 0, id: panel, role: 'tabpanel' }, body);
  const update = () => {
    try {
      text = languages[chosen].write({ fn, values: arguments_.values(), address: address() });
    } catch (error) {
      text = `the arguments are no JSON: ${error.message}\n`;
    }
    body.textContent = text;
  };
  const choose = (index) => {
    chosen = index;
    lastChosen = languages[index].name;
    tabs.forEach((tab, at) => {
      tab.setAttribute('aria-selected', String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
    });
    pre.setAttribute('aria-labelledby', tabs[chosen].id);
    update();
  };
  const list = el('div', { role: 'tablist', 'aria-label': 'Language', class: 'tabs' }, tabs);
  list.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[key];
    const next = step ? (chosen + step) % tabs.length : { Home: 0, End: tabs.length - 1 }[key];
    if (next === undefined) return;
    choose(next);
    tabs[next].focus();
  });
  choose(chosen);
  return { element: el('div', { class: 'code' }, list, copyButton(() => text, 'the snippet'), pre), update };
}

// The language that was looked at last, for the next function.
let lastChosen = '';
