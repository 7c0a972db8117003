(() => {
  'use strict';

  const head = document.getElementById('live-head');
  const thresholds = document.getElementById('live-thresholds');
  const stop = document.getElementById('stop');
  const { ids } = document.getElementById('content').dataset;
  const tones = ['pass', 'fail', 'invalid'];

  /** What is the same is left alone, with what has the focus in it. */
  function show(place, html) {
    if (place.dataset.html === html) return;
    place.dataset.html = html;
    place.innerHTML = html;
  }

  const events = new EventSource('events' + location.search);
  events.addEventListener('update', ({ data }) => {
    const update = JSON.parse(data);
    // Charts, lines and units that were not there before, such as another status code, come with the page.
    if (update.ids !== ids) {
      location.reload();
      return;
    }
    show(head, update.head);
    show(thresholds, update.thresholds);
    const tone = tones.find((one) => head.firstElementChild.classList.contains(one));
    head.classList.remove(...tones);
    head.classList.add(tone);
    document.dispatchEvent(new CustomEvent('loadwright:charts', { detail: update.charts }));
  });
  events.addEventListener('report', () => location.replace('report'));
  events.addEventListener('over', ({ data }) => {
    events.close();
    stop.disabled = true;
    const said = document.createElement('p');
    said.className = 'note';
    said.textContent = JSON.parse(data);
    head.append(said);
  });

  stop.addEventListener('click', async () => {
    stop.disabled = true;
    await fetch('stop', { method: 'POST' });
  });
})();
