// Elements, made without any markup: what comes from the server is text.

// An element with attributes, of which those that are functions listen, and children, of which strings are text.
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export function hidden(text) {
  return el('span', { class: 'hidden' }, text);
}

let count = 0;

// An id that nothing else on the page has.
export function unique(prefix = 'id') {
  count += 1;
  return `${prefix}-${count}`;
}

// A scrolling text that is reached by the keyboard too.
export function code(text, label) {
  return el('pre', { tabindex: 0, role: 'region', 'aria-label': label }, el('code', {}, text));
}

// A button that copies what `text` gives.
export function copyButton(text, what) {
  const said = el('span', { role: 'status' });
  const copy = async () => {
    try {
      await copyText(text());
      said.textContent = 'copied';
    } catch {
      said.textContent = 'not copied: the browser forbids it';
    }
    setTimeout(() => (said.textContent = ''), 3000);
  };
  return el('span', { class: 'copy' }, said, el('button', { type: 'button', click: copy }, 'Copy', hidden(` ${what}`)));
}

async function copyText(text) {
  // Pages without TLS have a clipboard on the same machine alone; elsewhere there is the old way.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = el('textarea', { class: 'hidden', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('not copied');
}
