/* The vote of a case's page and of the ballot's. Sends a ballot, and the same again while no answer comes, so that it
   counts once; says in words what happened; keeps the receipt and the time of the next vote in this browser.
   Where a ballot holds several cases, many.js knows which; else it is the page's own.
   The server decides everything. Without this script, or without a source of chance, the form is posted as it is. */
(function () {
  'use strict';
  var panel = document.getElementById('vote');
  var form = document.getElementById('paper') || panel.querySelector('form');
  var button = panel.querySelector('form button,button[form]');
  var many = hall.many;
  var said = panel.querySelector('.said');
  var receipt = panel.querySelector('.receipt');
  var edition = panel.getAttribute('data-edition');
  var slug = panel.getAttribute('data-case') || '';
  var label = button.textContent;
  var status = '/api/editions/' + edition + '/status';
  var opens = Date.parse(panel.getAttribute('data-opens')) || 0;
  var closes = Date.parse(panel.getAttribute('data-closes')) || Infinity;
  var ATTEMPTS = 4;
  var known = false; /* the server's clock */
  var busy = false;
  var answered = 0;
  var drawn = '';

  function say(key, values) { return hall.say(panel, key, values || {}); }

  function memory() { return hall.recall(edition) || {}; }

  function keep(changes) {
    var all = memory();
    var name;
    for (name in changes) { if (changes.hasOwnProperty(name)) { all[name] = changes[name]; } }
    hall.remember(edition, all);
  }

  /* A retry names the period that it first tried. */
  function period() {
    return known ? hall.period(panel.getAttribute('data-per'), hall.wall(hall.now())) : undefined;
  }

  function phase() {
    if (!known) { return 'open'; }
    return hall.now() < opens ? 'before' : hall.now() < closes ? 'open' : 'after';
  }

  /* The cases of the ballot in hand, between spaces. */
  function chosen() { return many ? many.cases().join(' ') : slug; }

  function names(last) { return last.case.split(' ').indexOf(slug) >= 0; }

  /* Whether this browser knows that its votes of the period are used up. */
  function used() {
    var mine = memory();
    return !!mine.used && (mine.next ? hall.now() < Date.parse(mine.next) : true);
  }

  function nextVote() {
    var mine = memory();
    if (!mine.used) { return ''; }
    return (hall.zh ? '' : ' ') + (mine.next ? say('next', { time: hall.when(mine.next) }) : say('last'));
  }

  function story() {
    var last = memory().last;
    var where = phase();
    if (where !== 'open') { return say(where) + (where === 'after' && last && names(last) ? (hall.zh ? '' : ' ') + say('kept') : ''); }
    if (last && (used() || (names(last) && !memory().used))) {
      return (names(last) ? say('kept') : say('other', { title: last.title })) + nextVote();
    }
    return used() ? say('already') + nextVote() : '';
  }

  /* Shows how things stand; `words` is what just happened, and stays until something changes. */
  function draw(words) {
    var mine = (memory().receipts || []).filter(function (one) { return !slug || one.cases.indexOf(slug) >= 0; });
    drawn = phase() + used();
    form.hidden = phase() !== 'open';
    button.hidden = (many && !many.draw(phase())) || form.hidden;
    if (slug) { form.hidden = button.hidden; }
    panel.classList[used() && phase() === 'open' ? 'add' : 'remove']('done');
    button.textContent = used() ? say('used') : label;
    words = words || story();
    if (said.textContent !== words) { said.textContent = words; }
    receipt.hidden = !mine.length;
    receipt.querySelector('pre').textContent = mine.map(function (one) {
      return Object.keys(one).map(function (name) { return name + ': ' + one[name]; }).join('\n');
    }).join('\n\n');
  }

  function end(words) {
    busy = false;
    answered = Date.now();
    button.removeAttribute('aria-disabled');
    draw(words);
  }

  function counted(answer, ballot) {
    var one = answer.receipt;
    var single = panel.getAttribute('data-votes-per') === '1';
    one.nonce = ballot.nonce;
    keep({ last: { case: ballot.case, title: panel.getAttribute('data-title') }, pending: null, next: answer.next, used: single,
      receipts: (memory().receipts || []).filter(function (old) { return old.h !== one.h; }).concat(one).slice(-200) });
    if (many) { many.clear(); }
    end(say('counted') + nextVote());
    [1500, 4000, 9000].forEach(function (wait) { setTimeout(hall.loadCounts, wait); });
  }

  function refused(answer) {
    var message = (answer.message || {})[hall.zh ? 'zh-CN' : 'en'] || '';
    keep({ pending: null });
    if (answer.code !== 'already_voted') { end(message || say('lost')); return; }
    keep({ next: answer.next, used: true });
    end((panel.getAttribute('data-votes-per') === '1' ? say('already') : message) + nextVote());
  }

  function again(n, answer, call, ballot) {
    var wait = Math.min(10, parseInt(call.getResponseHeader('Retry-After') || 0, 10) || Math.pow(2, n - 1));
    if (n === ATTEMPTS) { end(say(answer ? 'busy' : 'lost')); return; }
    said.textContent = say('retry', { n: n + 1, m: ATTEMPTS });
    setTimeout(function () { send(n + 1, ballot); }, wait * 1000);
  }

  function send(n, ballot) {
    var body = { cases: ballot.case.split(' '), h: ballot.h };
    if (ballot.tried && ballot.period) { body.period = ballot.period; }
    ballot.tried = true;
    keep({ pending: ballot });
    hall.request('POST', form.action, JSON.stringify(body), function (code, answer, call) {
      if ((code === 201 || code === 200) && answer && answer.receipt) { counted(answer, ballot); return; }
      if (code >= 400 && code < 500 && code !== 429 && answer) { refused(answer); return; }
      again(n, code && answer, call, ballot);
    });
  }

  /* The ballot that got no answer, if it was for the same cases; else a new one. */
  function ballot() {
    var old = memory().pending;
    var same = old && old.case === chosen();
    var bytes = same ? hall.bytes(old.nonce) : hall.chance();
    if (!bytes || same) { return bytes && old; }
    return { case: chosen(), nonce: hall.hex(bytes), h: hall.sha256(bytes).slice(0, 32), period: period() };
  }

  function vote(event) {
    var mine;
    if (busy || Date.now() - answered < 1000) { event.preventDefault(); return; }
    mine = ballot();
    if (!mine) { return; }
    event.preventDefault();
    busy = true;
    button.setAttribute('aria-disabled', 'true');
    said.textContent = say('sending');
    send(1, mine);
  }

  function setClock() {
    hall.clock(status, function (value, found) {
      known = known || found;
      if (value) {
        opens = Date.parse(value.opens) || opens;
        if (value.closes && Date.parse(value.closes) !== closes) { /* the voting ends at another time than this page says */
          closes = Date.parse(value.closes);
          panel.setAttribute('data-after', say('ended', { time: hall.when(value.closes) }));
        }
      }
      if (!busy && phase() + used() !== drawn) { draw(); }
    });
  }

  hall.zone(panel.getAttribute('data-closes') || panel.getAttribute('data-opens'));
  form.addEventListener('submit', vote);
  if (many) { many.changed = function () { if (!busy) { draw(); } }; }
  draw();
  setClock();
  document.addEventListener('visibilitychange', function () { if (!document.hidden) { setClock(); } });
  setInterval(function () { if (!busy && phase() + used() !== drawn) { draw(); } }, 1000);
})();
