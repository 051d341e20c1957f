// The page: asks the server what it serves, lists that with a search, and shows the function that the address names.

import { call, setToken } from './call.js';
import { el, hidden } from './dom.js';
import { functionsOf } from './functions.js';
import { functionView } from './function_view.js';
import { isObject } from './json.js';
import { markdown } from './markdown.js';
import { setRoot } from './schema.js';
import { statsView } from './stats.js';

const at = (id) => document.getElementById(id);
const [main, list, search, found] = ['main', 'list', 'search', 'found'].map(at);

// What the server has told, and what is shown of it.
let server = { functions: [], capabilities: [], info: {}, problems: [] };
let shown = { name: '', end: () => {} };

const titleOf = ({ info }) => (typeof info.title === 'string' && info.title ? info.title : 'Functions');
const nameInAddress = () => {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
};

async function load() {
  found.textContent = 'Loading…';
  const [described, discovered, capabilities, names] = await Promise.all(
    ['system.describe', 'rpc.discover', 'system.getCapabilities', 'system.listMethods'].map((name) => call(name))
  );
  const document_ = isObject(discovered.result) ? discovered.result : undefined;
  server = {
    functions: functionsOf(described.result, document_),
    capabilities: isObject(capabilities.result) ? Object.keys(capabilities.result) : [],
    info: isObject(document_?.info) ? document_.info : {},
    hasStats: Array.isArray(names.result) && names.result.includes('system.stats'),
    problems: described.error && discovered.error ? [described.error, discovered.error] : [],
  };
  at('title').textContent = titleOf(server);
  listFunctions();
  show();
}

// Those that have all words of the search in what is known of them.
function matching() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  return server.functions.filter(({ name, doc, parameters }) => {
    const text = `${name} ${doc} ${parameters.map((parameter) => `${parameter.name} ${parameter.type}`).join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function listFunctions() {
  const functions = matching();
  const groups = [...new Set(functions.map(({ group }) => group))];
  const entry = ({ name, deprecated }) =>
    el(
      'li',
      {},
      el(
        'a',
        { href: `#${encodeURIComponent(name)}`, class: deprecated ? 'old' : undefined, 'aria-current': name === shown.name ? 'page' : undefined },
        name,
        deprecated && hidden(', deprecated')
      )
    );
  const section = (group) => {
    const members = functions.filter((one) => one.group === group);
    const about = members[0].groupDoc;
    return [
      (group || groups.length > 1) && el('h2', {}, group || 'functions'),
      about && el('p', { class: 'about' }, about),
      el('ul', {}, members.map(entry)),
    ];
  };
  list.replaceChildren(...groups.flatMap(section).filter(Boolean));
  const [count, all] = [functions.length, server.functions.length];
  found.textContent = count === all ? `${all} function${all === 1 ? '' : 's'}` : `${count} of ${all} functions`;
}

// Shows what the address names. The focus goes there where somebody has moved, and not when the page opens.
function show(moved = false) {
  const name = nameInAddress();
  const fn = server.functions.find((one) => one.name === name);
  shown.end();
  shown = { name: fn?.name ?? '', end: () => {} };
  if (fn) {
    setRoot(fn.root);
    main.replaceChildren(functionView(fn, server.capabilities));
  } else {
    main.replaceChildren(...overview(name));
    if (server.hasStats) {
      const stats = statsView();
      shown.end = stats.end;
      main.append(stats.element);
    }
  }
  document.body.classList.toggle('one', fn !== undefined);
  document.title = fn ? `${fn.name} – ${titleOf(server)}` : titleOf(server);
  for (const link of list.querySelectorAll('a')) {
    if (link.hash === location.hash && fn) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (!moved) return;
  window.scrollTo(0, 0);
  const heading = main.querySelector('h1') ?? main;
  heading.focus({ preventScroll: true });
}

function overview(name) {
  const { info, functions, problems } = server;
  const parts = [el('h1', { tabindex: -1 }, titleOf(server), typeof info.version === 'string' && el('span', { class: 'badge' }, info.version))];
  if (typeof info.description === 'string') parts.push(el('div', { class: 'doc' }, markdown(info.description)));
  if (problems.length > 0) parts.push(refusal(problems));
  else if (functions.length === 0) {
    parts.push(
      el('p', {}, 'No function is served here.'),
      el('p', {}, 'A function is served where it is marked ', el('code', {}, '#[rpc_export]'), ' in a crate that the server names (',
        el('code', {}, 'use functions as _;'), '), or registered with ', el('code', {}, 'FunctionRegistry::register'), '.')
    );
  } else if (name) parts.push(el('p', { class: 'error' }, 'No function ', el('code', {}, name), ' is served here.'));
  else parts.push(el('p', {}, 'Choose a function, or search: the key ', el('kbd', {}, '/'), ' leads there, and the arrows from there into the list.'));
  return parts;
}

function refusal(problems) {
  const [{ code, message, data }] = problems;
  const said = [message, typeof data === 'string' ? data : ''].filter(Boolean).join(': ');
  return el(
    'div',
    { role: 'alert' },
    el('p', { class: 'error' }, `The server does not say what it serves: ${said}${code === undefined ? '' : ` (code ${code})`}`),
    el('ul', {},
      el('li', {}, 'If it wants a token, enter it above and press “Load again”.'),
      el('li', {}, 'If a layer of the server refuses what it does not know, have it let ', el('code', {}, 'system.describe'), ' and ', el('code', {}, 'rpc.discover'), ' pass.'),
      el('li', {}, 'If the server has gone, or turned to other work, try again later.')
    )
  );
}

// Theme: the system's, unless this browser was told otherwise.
function themes() {
  const select = at('theme');
  const set = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  try {
    select.value = localStorage.getItem('theme') ?? '';
  } catch {
    // There is no memory for it.
  }
  set(select.value);
  select.addEventListener('change', () => {
    set(select.value);
    try {
      localStorage.setItem('theme', select.value);
    } catch {
      // It holds until the page is closed.
    }
  });
}

// Arrows go from the search through the list; Enter in the search opens the first.
function keys() {
  search.addEventListener('input', listFunctions);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector('a')?.click();
    if (event.key === 'Escape') {
      search.value = '';
      listFunctions();
    }
  });
  document.querySelector('nav').addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const stops = [search, ...list.querySelectorAll('a')];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.closest('input, textarea, select');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
  at('skip').addEventListener('click', (event) => {
    event.preventDefault();
    (main.querySelector('h1') ?? main).focus();
  });
}

at('session').addEventListener('submit', (event) => {
  event.preventDefault();
  setToken(at('token').value);
  load();
});
at('token').addEventListener('change', () => setToken(at('token').value));
window.addEventListener('hashchange', () => show(true));
themes();
keys();
load();
