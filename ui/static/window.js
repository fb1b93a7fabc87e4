// What works without this script works with it, too. It adds: the list of folders in a dialog, paths
// that are dropped, progress without loading the page again, and copying.
'use strict';

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// The program ends some minutes after its last page is closed: each page says that it is open. A stream
// would do, too, but browsers open only six connections for all pages.
setInterval(async () => {
  const n = await fetch('/alive').then((a) => a.json(), () => 0);
  one('#active').textContent = n ? ` (${n})` : '';
}, 15000);

// A job's page: the changing part arrives as HTML that the program has made and escaped.
const job = one('#job');
if (job) {
  const events = new EventSource(job.dataset.events);
  events.addEventListener('job', (e) => {
    const focused = document.activeElement && document.activeElement.closest('#job') ? document.activeElement.id || document.activeElement.textContent : '';
    job.innerHTML = JSON.parse(e.data);
    if (focused) {
      const again = all('button', job).find((b) => (b.id || b.textContent) === focused);
      if (again) again.focus();
    }
  });
  events.addEventListener('ended', () => events.close());
}

// Copy buttons.
for (const button of all('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// The list of folders. For a file or folder that does not exist yet, it chooses the folder; the name stays.
async function openChooser(input, kind) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'chooser-title');
  document.body.append(dialog);
  const name = kind === 'save' ? input.value.match(/[^\\/]*$/)[0] : '';
  const close = () => { dialog.close(); dialog.remove(); input.focus(); };
  const take = (path) => { input.value = path; input.dispatchEvent(new Event('change', { bubbles: true })); close(); };
  const named = (folder) => (name ? folder.replace(/[\\/]$/, '') + (folder.includes('\\') ? '\\' : '/') + name : folder);
  const show = async (path) => {
    const answer = await fetch('/choose?path=' + encodeURIComponent(path));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    dialog.replaceChildren(one('.chooser', page));
    one('[data-take]', dialog).hidden = kind === 'file';
    for (const a of all('[data-folder]', dialog)) a.addEventListener('click', (e) => { e.preventDefault(); show(a.dataset.folder); });
    for (const b of all('[data-file]', dialog)) b.addEventListener('click', () => take(b.dataset.file));
    one('form.path', dialog).addEventListener('submit', (e) => { e.preventDefault(); show(one('#chooser-path', dialog).value); });
    one('[data-take]', dialog).addEventListener('click', (e) => take(named(e.target.dataset.take)));
    one('[data-close]', dialog).addEventListener('click', close);
    one('#chooser-path', dialog).focus();
  };
  dialog.addEventListener('cancel', (e) => { e.preventDefault(); close(); });
  await show(name ? input.value.slice(0, -name.length) : input.value);
  dialog.showModal();
}
for (const button of all('[data-choose]')) {
  button.hidden = false;
  button.addEventListener('click', () => openChooser(document.getElementById(button.dataset.choose), button.dataset.kind));
}

// A path that is dropped on a field: file managers give its address, browsers often hide it.
for (const input of all('[data-drop]')) {
  input.addEventListener('dragover', (e) => { e.preventDefault(); input.classList.add('over'); });
  input.addEventListener('dragleave', () => input.classList.remove('over'));
  input.addEventListener('drop', (e) => {
    e.preventDefault();
    input.classList.remove('over');
    const text = e.dataTransfer.getData('text/uri-list') || e.dataTransfer.getData('text/plain');
    if (text) input.value = text.split('\n')[0].trim();
    else if (e.dataTransfer.files.length) openChooser(input, 'file');
  });
}
