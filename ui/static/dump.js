// What works without this script works with it, too. It adds: the progress of an opening and of a hash
// without loading the page again.
'use strict';

const opening = document.querySelector('#opening');
if (opening) {
  const events = new EventSource(opening.dataset.events);
  events.addEventListener('part', (e) => { opening.innerHTML = JSON.parse(e.data); }); // the program has escaped it
  events.addEventListener('ended', () => { events.close(); location.reload(); });
}

const sum = document.querySelector('#sum-form');
if (sum) {
  sum.addEventListener('submit', (e) => {
    e.preventDefault();
    const [button, result] = [sum.querySelector('button'), sum.querySelector('code')];
    button.disabled = true;
    const events = new EventSource(sum.action);
    events.addEventListener('sum', (m) => { result.textContent = JSON.parse(m.data); });
    events.addEventListener('ended', (m) => { events.close(); result.textContent = JSON.parse(m.data); button.hidden = true; });
    events.onerror = () => { events.close(); button.disabled = false; };
  });
}
