/* Marks where the edition stands now, by the server's clock, and says how long it stays so. */
(function () {
  'use strict';
  var list = document.getElementById('stages');
  var line = document.getElementById('now');
  var items = list ? Array.prototype.slice.call(list.children) : [];

  function at(item, side) { return Date.parse(item.getAttribute('data-' + side)) || 0; }

  /* past, here or next; empty for a stage without a date. A stage without a start begins when the one before ends. */
  function states(now) {
    var begun = 0;
    return items.map(function (item, i) {
      var opens = at(item, 'opens') || begun;
      var closes = at(item, 'closes');
      var later = items.slice(i + 1).some(function (next) { return at(next, 'opens') && at(next, 'opens') <= now; });
      if (!at(item, 'opens') && !closes) { return later ? 'past' : ''; }
      begun = closes || opens;
      if (now < opens) { return 'next'; }
      return (closes ? now >= closes : later) ? 'past' : 'here';
    });
  }

  /* Where several stages run at once, the one that ends first is told. */
  function telling(found) {
    var best = -1;
    found.forEach(function (state, i) {
      if (state === 'here' && (best < 0 || (at(items[i], 'closes') || Infinity) <= (at(items[best], 'closes') || Infinity))) { best = i; }
    });
    return best < 0 ? found.indexOf('next') : best;
  }

  function write(tag, text) {
    var node = document.createElement(tag);
    node.textContent = text;
    return node;
  }

  function tell(found, now) {
    var i = telling(found);
    var here = found[i] === 'here';
    var until = i < 0 ? 0 : at(items[i], here ? 'closes' : 'opens');
    var text = i < 0 ? '' : items[i].querySelector('b').textContent;
    var left = write('span', '');
    line.textContent = '';
    if (i < 0 && found.indexOf('past') < 0) { return; }
    if (until) { text += ' · ' + hall.say(line, here ? 'left' : 'until', { time: hall.span(line, until - now) }); }
    if (i < 0) { left.textContent = line.getAttribute('data-past'); } else {
      left.appendChild(write('b', line.getAttribute(here ? 'data-now' : 'data-next')));
      left.appendChild(document.createTextNode(text));
    }
    line.appendChild(left);
    if (i >= 0) { line.appendChild(write('span', hall.say(line, 'step', { n: i + 1, m: items.length }))).className = 'aside'; }
    line.hidden = false;
    list.classList.add('timed');
  }

  function draw() {
    var now = hall.now();
    var found = states(now);
    items.forEach(function (item, i) {
      var mark = item.querySelector('.hear');
      if (mark) { item.removeChild(mark); }
      item.className = found[i];
      if (found[i] === 'here' || found[i] === 'past') {
        item.appendChild(write('span', list.getAttribute('data-' + found[i]))).className = 'hear';
      }
    });
    call(found);
    tell(found, now);
  }

  /* The form page is offered until its stage is over. */
  function call(found) {
    items.forEach(function (item, i) {
      if (!item.hasAttribute('data-call')) { return; }
      document.getElementById('call').hidden = found[i] === 'past';
      if (found[i] === 'past') { item.querySelector('a').removeAttribute('href'); }
    });
  }

  if (!list) { return; }
  hall.clock(list.getAttribute('data-status'), function (status, known) {
    if (!known) { return; }
    draw();
    setInterval(draw, 30000);
  });
})();
