// The live table of `system.stats`, where the server has it.

import { call } from './call.js';
import { el } from './dom.js';
import { Num, isObject, write } from './json.js';

const EVERY = 2000;

// A table that is asked for anew every two seconds, until `end`; nothing where there is no answer.
export function statsView() {
  const element = el('section', { 'aria-label': 'Statistics', hidden: true });
  const pause = el('input', { type: 'checkbox', id: 'live' });
  pause.checked = true;
  const about = el('p', {});
  const body = el('tbody');
  const heads = ['function', 'calls', 'errors', 'running', 'p50', 'p99'];
  element.append(
    el('h2', {}, 'Statistics'),
    el('p', {}, pause, el('label', { for: 'live' }, ' every two seconds')),
    about,
    el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Table of calls' },
      el('table', {}, el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))), body))
  );
  let timer;
  let isOver = false;
  const refresh = async () => {
    if (pause.checked && !document.hidden) {
      const { result } = await call('system.stats');
      if (isOver || !isObject(result)) return;
      about.textContent = summary(result);
      body.replaceChildren(...rows(result));
      element.hidden = false;
    }
    if (!isOver) timer = setTimeout(refresh, EVERY);
  };
  refresh();
  const end = () => {
    isOver = true;
    clearTimeout(timer);
  };
  return { element, end };
}

const number = (value) => (value instanceof Num ? Number(value.text) : 0);
const shown = (value) => (value instanceof Num ? value.text.replace(/\B(?=(\d{3})+$)/g, '\u202f') : '0');

function time(value) {
  if (!(value instanceof Num)) return '–';
  const microseconds = number(value);
  if (microseconds < 1000) return `${microseconds.toFixed(microseconds < 10 ? 1 : 0)} µs`;
  return microseconds < 1e6 ? `${(microseconds / 1000).toFixed(1)} ms` : `${(microseconds / 1e6).toFixed(2)} s`;
}

function summary({ uptime_s: uptime, connections = {}, processes }) {
  const parts = [`up for ${duration(number(uptime))}`, `${shown(connections.open)} connections`, `${shown(connections.accepted)} accepted`];
  if (number(connections.refused) > 0) parts.push(`${shown(connections.refused)} turned away`);
  if (Array.isArray(processes) && processes.length > 1) parts.push(`${processes.length} processes`);
  return parts.join(' · ');
}

function duration(seconds) {
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([length]) => seconds >= length);
  if (first < 0) return '0 s';
  const [length, name] = units[first];
  const rest = units[first + 1];
  const more = rest ? ` ${Math.floor((seconds % length) / rest[0])} ${rest[1]}` : '';
  return `${Math.floor(seconds / length)} ${name}${more}`;
}

function rows({ functions }) {
  const called = Array.isArray(functions) ? functions.filter(isObject) : [];
  if (called.length === 0) return [el('tr', {}, el('td', { colspan: 6 }, 'nothing has been called yet'))];
  return called.map(({ name, calls, errors, in_flight: running, latency }) => {
    const codes = Object.entries(isObject(errors) ? errors : {}).map(([code, count]) => `${code}: ${write(count)}`);
    const cells = [shown(calls), codes.join(', ') || '0', shown(running), time(latency?.p50_us), time(latency?.p99_us)];
    return el('tr', {}, el('th', { scope: 'row' }, String(name)), cells.map((cell) => el('td', {}, cell)));
  });
}
