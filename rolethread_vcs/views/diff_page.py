"""The style and the script of the page that `diff --html` writes; nothing in them comes from a dataset."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #23211d; --soft: #6f6a60; --line: #e2ded4; --card: #fff;
  --came: #d9f2de; --came-ink: #10602a; --went: #fbdfdc; --went-ink: #98231a; --mark: #b7791f; --focus: #3b6fd4;
  --user: #0b6e80; --assistant: #2c6e2f; --system: #4b50a8; --tool: #8a5a00; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { --paper: #181714; --ink: #e8e4da; --soft: #9b9587;
  --line: #35322c; --card: #201f1b; --came: #173d24; --came-ink: #9be3b0; --went: #4a1d1a; --went-ink: #f3aaa3;
  --mark: #e0ac55; --focus: #86aefc; --user: #6fcbdc; --assistant: #93d193; --system: #a9aef5; --tool: #e3b564; } }
:root[data-theme=dark] { color-scheme: dark; --paper: #181714; --ink: #e8e4da; --soft: #9b9587; --line: #35322c;
  --card: #201f1b; --came: #173d24; --came-ink: #9be3b0; --went: #4a1d1a; --went-ink: #f3aaa3; --mark: #e0ac55;
  --focus: #86aefc; --user: #6fcbdc; --assistant: #93d193; --system: #a9aef5; --tool: #e3b564; }
:root[data-theme=light] { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line);
  padding: .7rem max(1rem, calc(50vw - 29rem)); display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
h1 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
header input[type=search] { flex: 1 1 12rem; min-width: 8rem; font: inherit; padding: .25rem .6rem; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
button { font: inherit; font-size: .85rem; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .4rem; padding: .2rem .6rem; cursor: pointer; }
button[aria-pressed=false] { opacity: .45; text-decoration: line-through; }
main { max-width: 58rem; margin: 0 auto; padding: 1rem; }
.note, .keys, #empty { color: var(--soft); font-size: .9rem; }
details.entry { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin: 0 0 1rem;
  padding: 0 1rem; scroll-margin-top: 5rem; content-visibility: auto; contain-intrinsic-size: auto 12rem; }
details.entry.here { outline: 2px solid var(--focus); outline-offset: 1px; }
details.entry > summary { cursor: pointer; padding: .6rem 0; list-style: none; overflow-wrap: anywhere; }
details.entry > summary::-webkit-details-marker { display: none; }
summary code { font-size: .9rem; } .what { color: var(--soft); }
.sign { display: inline-block; width: 1.2rem; font-weight: 700; }
.added > summary .sign { color: var(--came-ink); } .removed > summary .sign { color: var(--went-ink); }
.changed > summary .sign, .moved > summary .sign { color: var(--mark); }
.message { margin: 0 0 .8rem; padding-left: .8rem; border-left: 3px solid var(--line); }
.message.insert { border-color: var(--came-ink); } .message.remove { border-color: var(--went-ink); }
.message.edit, .message.move, .message.attributes { border-color: var(--mark); }
.who { font-size: .85rem; color: var(--soft); } .who b { font-weight: 600; color: var(--ink); }
.role-user b { color: var(--user); } .role-assistant b { color: var(--assistant); }
.role-system b { color: var(--system); } .role-tool b { color: var(--tool); }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.same .text { color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.fold { margin: 0 0 .8rem; }
.fold > summary { color: var(--soft); font-size: .85rem; padding-left: .8rem; cursor: pointer;
  list-style: none; } .fold[open] > summary { margin-bottom: .5rem; }
ins { background: var(--came); color: var(--came-ink); text-decoration: none; border-radius: .2rem; }
del { background: var(--went); color: var(--went-ink); border-radius: .2rem; }
.insert .text, .new { background: var(--came); } .remove .text, .old { background: var(--went); }
.insert .text, .remove .text, .old, .new { padding: .2rem .5rem; border-radius: .3rem; }
.both { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; }
@media (max-width: 40rem) { .both { grid-template-columns: 1fr; } }
.value { font-size: .9rem; margin: 0 0 .5rem; overflow-wrap: anywhere; white-space: pre-wrap; }
h3 { font-size: .9rem; margin: .2rem 0 .5rem; color: var(--soft); }
kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; font-size: .8rem;
  background: var(--card); }
[hidden] { display: none !important; }
@media print { header { position: static; } header input, header button, .keys { display: none; } }
"""

SCRIPT = """
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
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
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
"""
