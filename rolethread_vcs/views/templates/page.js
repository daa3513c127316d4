'use strict';
(() => {
  const entries = [...document.querySelectorAll('details.entry')];
  const box = document.querySelector('#filter'), shown = document.querySelector('#shown');
  const kinds = [...document.querySelectorAll('button[data-kind]')];
  const texts = new Map();
  let here = -1;
  const textOf = entry => {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  };
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(kinds.filter(k => k.getAttribute('aria-pressed') === 'false').map(k => k.dataset.kind));
    let count = 0;
    for (const entry of entries) {
      const fits = !off.has(entry.dataset.kind) && words.every(word => textOf(entry).includes(word));
      entry.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === entries.length ? '' : count + ' of ' + entries.length + ' shown';
    document.querySelector('#empty').hidden = count > 0 || entries.length === 0;
  };
  const go = step => {
    let next = here + step;
    while (entries[next] && entries[next].hidden) next += step;
    if (!entries[next]) return;
    if (entries[here]) entries[here].classList.remove('here');
    here = next;
    entries[here].classList.add('here');
    entries[here].open = true;
    entries[here].scrollIntoView({block: 'start'});
  };
  const theme = () => {
    const root = document.documentElement, dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const now = root.dataset.theme || (dark ? 'dark' : 'light');
    root.dataset.theme = now === 'dark' ? 'light' : 'dark';
  };
  box.addEventListener('input', filter);
  for (const kind of kinds) kind.addEventListener('click', () => {
    kind.setAttribute('aria-pressed', kind.getAttribute('aria-pressed') === 'false');
    filter();
  });
  document.querySelector('#theme').addEventListener('click', theme);
  document.addEventListener('click', event => {
    const entry = event.target.closest && event.target.closest('details.entry');
    if (!entry) return;
    if (entries[here]) entries[here].classList.remove('here');
    here = entries.indexOf(entry);
    entry.classList.add('here');
  });
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === box) {
      if (event.key === 'Escape') { box.value = ''; filter(); box.blur(); }
      if (event.key === 'Enter') { box.blur(); here = -1; go(1); }
      return;
    }
    if (event.key === 'n' || event.key === 'j') go(1);
    else if (event.key === 'p' || event.key === 'k') go(-1);
    else if (event.key === 'o' && entries[here]) entries[here].open = !entries[here].open;
    else if (event.key === 't') theme();
    else if (event.key === '/') { event.preventDefault(); box.focus(); box.select(); }
  });
})();
