// Documentation in Markdown as elements. Markup within it is text, and links lead to the web or to mail alone.

import { el } from './dom.js';

// The elements of a text. Headings of it begin at `level`.
export function markdown(text, level = 3) {
  const { lines, targets } = definitions(text.replaceAll('\r\n', '\n').replaceAll('\t', '    '));
  return blocks(lines, { level, targets, depth: 0 });
}

// `[label]: target` stands for itself nowhere.
function definitions(text) {
  const targets = new Map();
  let isCode = false;
  const lines = text.split('\n').filter((line) => {
    if (/^ {0,3}(```|~~~)/.test(line)) isCode = !isCode;
    const found = isCode ? null : /^ {0,3}\[([^\]]+)\]:\s*<?([^\s>]+)>?/.exec(line);
    if (found) targets.set(found[1].toLowerCase(), found[2]);
    return !found;
  });
  return { lines, targets };
}

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^( {0,3})([-*+]|[0-9]{1,9}[.)])( +|$)/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const QUOTE = /^ {0,3}> ?/;
const TABLE = /^ {0,3}\|?( *:?-+:? *\|)+( *:?-+:? *)?$/;

function blocks(lines, context) {
  const found = [];
  if (context.depth > 8) return [el('p', {}, lines.join('\n'))];
  const inner = { ...context, depth: context.depth + 1 };
  let at = 0;
  const takeWhile = (test) => {
    const begin = at;
    while (at < lines.length && test(lines[at])) at += 1;
    return lines.slice(begin, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = HEADING.exec(line);
    if (line.trim() === '') {
      at += 1;
    } else if (FENCE.test(line)) {
      const fence = FENCE.exec(line)[1];
      at += 1;
      const code = takeWhile((one) => !one.trim().startsWith(fence));
      at += 1;
      // Lines of Rust that rustdoc does not show are not shown here either.
      const isRust = /^ *[`~]+ *(rust|ignore|no_run|should_panic|compile_fail|standalone_crate|$)/.test(line);
      const shown = code.filter((one) => !isRust || !/^\s*#( |$)/.test(one));
      found.push(el('pre', { tabindex: 0 }, el('code', {}, shown.join('\n'))));
    } else if (heading) {
      at += 1;
      found.push(el(`h${Math.min(context.level + heading[1].length - 1, 6)}`, {}, inline(heading[2], context)));
    } else if (RULE.test(line)) {
      at += 1;
      found.push(el('hr'));
    } else if (QUOTE.test(line)) {
      const quoted = takeWhile((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, ''));
      found.push(el('blockquote', {}, blocks(quoted, inner)));
    } else if (ITEM.test(line)) {
      found.push(listOf(takeList(lines, at, (end) => (at = end)), line, inner));
    } else if (/^ {4}/.test(line)) {
      const code = takeWhile((one) => /^ {4}/.test(one)).map((one) => one.slice(4));
      found.push(el('pre', { tabindex: 0 }, el('code', {}, code.join('\n'))));
    } else if (line.includes('|') && TABLE.test(lines[at + 1] ?? '')) {
      found.push(table(takeWhile((one) => one.includes('|')), context));
    } else {
      at += 1;
      const isText = (one) => one.trim() !== '' && ![FENCE, HEADING, QUOTE, ITEM].some((begin) => begin.test(one));
      found.push(el('p', {}, inline([line, ...takeWhile(isText)].map((one) => one.trim()).join('\n'), context)));
    }
  }
  return found;
}

// The items of a list, each as its lines.
function takeList(lines, begin, end) {
  const items = [];
  let at = begin;
  let indent = 0;
  while (at < lines.length) {
    const line = lines[at];
    const item = ITEM.exec(line);
    const isInner = line.startsWith(' '.repeat(indent)) && indent > 0;
    if (item && !(isInner && items.length > 0)) {
      indent = item[0].length === line.length ? item[1].length + item[2].length + 1 : item[0].length;
      items.push([line.slice(item[0].length)]);
    } else if (line.trim() === '') {
      const next = lines[at + 1] ?? '';
      if (!next.startsWith(' '.repeat(indent)) && !ITEM.test(next)) break;
      items.at(-1).push('');
    } else if (isInner) {
      items.at(-1).push(line.slice(indent));
    } else if (lines[at - 1].trim() !== '' && !FENCE.test(line) && !HEADING.test(line)) {
      items.at(-1).push(line.trim());
    } else {
      break;
    }
    at += 1;
  }
  end(at);
  return items;
}

function listOf(items, first, context) {
  const isOrdered = /^ *[0-9]/.test(first);
  const start = isOrdered ? parseInt(first, 10) : 1;
  const attributes = isOrdered && start !== 1 ? { start } : {};
  const entries = items.map((lines) => {
    const inside = blocks(lines, context);
    // One paragraph is the item itself.
    return el('li', {}, inside[0]?.tagName === 'P' ? [...inside[0].childNodes, ...inside.slice(1)] : inside);
  });
  return el(isOrdered ? 'ol' : 'ul', attributes, entries);
}

function table(lines, context) {
  const cells = (line) => line.trim().replace(/^\|/, '').replace(/\|$/, '').split('|').map((cell) => cell.trim());
  const [head, , ...rows] = lines;
  const line = (tag, text) => el('tr', {}, cells(text).map((cell) => el(tag, {}, inline(cell, context))));
  return el('table', {}, el('thead', {}, line('th', head)), el('tbody', {}, rows.map((one) => line('td', one))));
}

// Where something other than plain text may begin.
const SPECIAL = /[\\`*_[<!h]/g;

// The nodes of a line: code, emphasis, links and text.
function inline(text, context, depth = 0) {
  const nodes = [];
  let plain = '';
  const flush = () => {
    if (plain) nodes.push(plain);
    plain = '';
  };
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    const found = at < text.length && depth < 6 ? special(text, at, context, depth) : undefined;
    if (found) {
      flush();
      nodes.push(...found.nodes);
      at = found.end;
    } else if (at < text.length) {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function special(text, at, context, depth) {
  const inside = (part) => inline(part, context, depth + 1);
  const character = text[at];
  if (character === '\\' && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '')) return { nodes: [text[at + 1]], end: at + 2 };
  if (character === '`') {
    const ticks = /^`+/.exec(text.slice(at, at + 20))[0];
    const end = text.indexOf(ticks, at + ticks.length);
    return end < 0 ? undefined : { nodes: [el('code', {}, text.slice(at + ticks.length, end).trim())], end: end + ticks.length };
  }
  if (character === '*' || character === '_') {
    const mark = text.startsWith(character + character, at) ? character + character : character;
    const begin = at + mark.length;
    const isWord = (index) => /[\p{L}\p{N}]/u.test(text[index] ?? '');
    const end = text.indexOf(mark, begin + 1);
    if (end < 0 || text[begin] === ' ' || text[end - 1] === ' ') return undefined;
    if (character === '_' && (isWord(at - 1) || isWord(end + mark.length))) return undefined;
    return { nodes: [el(mark.length === 2 ? 'strong' : 'em', {}, inside(text.slice(begin, end)))], end: end + mark.length };
  }
  if (character === '!' && text[at + 1] === '[') {
    // Nothing is loaded from anywhere: what a picture shows is said.
    const image = bracketed(text, at + 1, context);
    return image && { nodes: [image.label], end: image.end };
  }
  if (character === '[') {
    const found = bracketed(text, at, context);
    return found && { nodes: [link(found.target, inside(found.label))], end: found.end };
  }
  const address = /^(<)?((?:https?:\/\/|mailto:)[^\s<>"']+)(>)?/.exec(text.slice(at, at + 2000));
  if (address && (address[1] === undefined) === (address[3] === undefined || address[1] === undefined)) {
    if (character === 'h' && /[\p{L}\p{N}]/u.test(text[at - 1] ?? '')) return undefined;
    const target = address[1] ? address[2] : address[2].replace(/[.,;:!?)\]*_]+$/, '');
    const closes = address[1] && address[3] ? 2 : 0;
    if (address[1] && !address[3]) return undefined;
    return { nodes: [link(target, [target])], end: at + target.length + closes };
  }
  return undefined;
}

// `[label](target)`, `[label][reference]` and `[label]`, where there is such a reference or the label is code, as for what
// a documentation of Rust names.
function bracketed(text, at, { targets }) {
  let depth = 0;
  let end = at;
  for (; end < text.length; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '[') depth += 1;
    else if (text[end] === ']') depth -= 1;
    if (depth === 0) break;
  }
  if (end >= text.length) return undefined;
  const label = text.slice(at + 1, end);
  const rest = text.slice(end + 1, end + 2100);
  const direct = /^\(\s*<?([^\s)>]*)>?(?:\s+"[^"]*")?\s*\)/.exec(rest);
  if (direct) return { label, target: direct[1], end: end + 1 + direct[0].length };
  const reference = /^\[([^\]]*)\]/.exec(rest);
  const target = targets.get((reference?.[1] || label).toLowerCase());
  if (target !== undefined || reference || /^`.*`$/.test(label)) return { label, target, end: end + 1 + (reference?.[0].length ?? 0) };
  return undefined;
}

// A link where its target is of the web or of mail, and what it says anywhere else.
function link(target, children) {
  let protocol;
  try {
    protocol = new URL(target).protocol;
  } catch {
    // It is relative, or the name of an item.
  }
  if (!['http:', 'https:', 'mailto:'].includes(protocol)) return el('span', {}, children);
  return el('a', { href: target, rel: 'noopener noreferrer', target: '_blank' }, children);
}
