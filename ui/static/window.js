// What works without this script works with it, too. It adds: the list of folders in a dialog, paths
// that are dropped, progress without loading the page again, and copying.
'use strict';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The program ends some minutes after its last page is closed: each page says that it is open. A stream
// would do, too, but browsers open only six connections for all pages.
async function count() {
  const n = await fetch('/alive').then((a) => a.json(), () => 0);
  one('#active').textContent = n ? ` (${n})` : '';
}
setInterval(count, 15000);

// The list of jobs stays as it is now.
if (one('#jobs')) {
  setInterval(async () => {
    const page = await fetch('/jobs').then((a) => a.text(), () => '');
    const now = one('#jobs', new DOMParser().parseFromString(page, 'text/html'));
    if (now) change(one('#jobs'), now);
  }, 2000);
}

// change makes an element like another one and touches only what differs: the focus stays, and screen
// readers say only what is new.
function change(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== now.nodeName || old.id !== now.id) return old.replaceWith(now.cloneNode(true));
  for (const a of [...old.attributes]) if (!now.hasAttribute(a.name)) old.removeAttribute(a.name);
  for (const a of now.attributes) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
  const [before, after] = [[...old.childNodes], [...now.childNodes]];
  after.forEach((n, i) => (before[i] ? change(before[i], n) : old.append(n.cloneNode(true))));
  before.slice(after.length).forEach((n) => n.remove());
}

// A job's page: the changing part arrives as HTML that the program has made and escaped.
const job = one('#job');
if (job) {
  const [events, title] = [new EventSource(job.dataset.events), document.title];
  events.addEventListener('part', (e) => {
    const now = job.cloneNode(false);
    now.innerHTML = JSON.parse(e.data);
    const focused = job.contains(document.activeElement);
    change(job, now);
    if (focused && !job.contains(document.activeElement)) one('#state').focus(); // its button is gone
    const done = one('progress[value]', job);
    document.title = `${done ? done.value + ' %' : one('#state').textContent} · ${title}`;
  });
  events.addEventListener('ended', () => { events.close(); count(); });
}

// What is wrong in a form is read out; the field of an address is ready for typing, also in a folded part.
const wrong = one('main > [role=alert]');
if (wrong && !one('[autofocus]')) { wrong.tabIndex = -1; wrong.focus(); }
function reveal() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  const folded = named.closest('details');
  if (folded) folded.open = true;
  const choice = named.closest('.inside');
  if (choice) one('input[type=radio]', choice.parentElement).checked = true; // it is shown only then
  const field = named.closest('select') || (named.matches('fieldset') ? one('input', named) : named);
  if (field.matches('input, select')) field.focus();
}
addEventListener('hashchange', reveal);
if (location.hash) reveal();

// Copy buttons.
for (const button of all('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// The list of folders. For what is to be written, it chooses a folder, and a name in it. Arrow keys go
// through the list.
async function openChooser(input, kind) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'chooser-title');
  document.body.append(dialog);
  let [name, hidden] = [kind === 'save' ? input.value.match(/[^\\/]*$/)[0] : '', ''];
  const close = () => { dialog.close(); dialog.remove(); input.focus(); };
  const take = (path) => { input.value = path; input.dispatchEvent(new Event('change', { bubbles: true })); close(); };
  const within = (folder) => folder.replace(/[\\/]$/, '') + (/^[A-Z]:|^\\\\/.test(folder) ? '\\' : '/') + name;
  const show = async (path, near = '') => {
    const answer = await fetch('/choose?' + new URLSearchParams({ path, kind, hidden, near }));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    dialog.replaceChildren(one('.chooser', page));
    const here = one('.chooser', dialog).dataset.path;
    for (const a of all('[data-folder]', dialog)) a.addEventListener('click', (e) => { e.preventDefault(); show(a.dataset.folder); });
    for (const b of all('[data-file]', dialog)) b.addEventListener('click', () => take(b.dataset.file));
    one('form.path', dialog).addEventListener('submit', (e) => { e.preventDefault(); show(one('#chooser-path', dialog).value); });
    one('[data-hidden]', dialog).addEventListener('change', (e) => { hidden = e.target.checked ? 'on' : ''; show(here); });
    one('[data-close]', dialog).addEventListener('click', close);
    const [folder, save] = [one('[data-take]', dialog), one('form.name', dialog)];
    if (folder) folder.addEventListener('click', () => take(here));
    if (save) {
      const typed = one('input', save);
      typed.value = name;
      typed.addEventListener('input', () => { name = typed.value; });
      save.addEventListener('submit', (e) => { e.preventDefault(); if (name) take(within(here)); });
    }
    if (!dialog.open) dialog.showModal();
    (one('.files a, .files button', dialog) || one('#chooser-path', dialog)).focus();
  };
  dialog.addEventListener('cancel', (e) => { e.preventDefault(); close(); });
  dialog.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const list = step && e.target.closest('.files, .places');
    if (!list) return;
    e.preventDefault();
    const items = all('a, button', list);
    const next = items[items.indexOf(e.target) + step];
    if (next) next.focus();
  });
  await show(name ? input.value.slice(0, -name.length) : input.value, 'on');
}
for (const button of all('[data-choose]')) {
  button.hidden = false;
  button.addEventListener('click', () => openChooser(document.getElementById(button.dataset.choose), button.dataset.kind));
}

// A path that is dropped on a field, or anywhere, for the first field: file managers give its address,
// browsers often hide it. Without this, the browser would leave the page and show the file.
const field = (e) => e.target.closest('[data-drop]') || one('main [data-drop]');
addEventListener('dragover', (e) => { e.preventDefault(); if (field(e)) field(e).classList.add('over'); });
addEventListener('dragleave', (e) => { if (field(e)) field(e).classList.remove('over'); });
addEventListener('drop', (e) => {
  e.preventDefault();
  const input = field(e);
  if (!input) return;
  input.classList.remove('over');
  const text = e.dataTransfer.getData('text/uri-list') || e.dataTransfer.getData('text/plain');
  if (text) { input.value = text.split('\n')[0].trim(); input.focus(); }
  else if (e.dataTransfer.files.length) one(`[data-choose="${input.id}"]`).click();
});
