/* A case's button and count in a partner's page. One line draws it, where it stands:
     <script src="https://hall.example.org/embed.js" data-edition="E" data-case="C" async></script>
   data-lang: zh-CN (default) or en. data-style="none": no look of ours. Described in docs/embed.md.
   ES5, no dependency, no frame, no cookie. It sets its look property by property, which no style-src forbids; a policy must
   allow the hall in script-src and connect-src. theme/fixed.py puts WORDS and hall's arithmetic before this text. */
var ATTEMPTS = 4;
/* The one sentence of the server's that a page which may not ask cannot read (refused.py). */
var FOREIGN = { zh: '只能在本展厅或合作网站的页面上投票。', en: 'Votes are taken from the pages of this hall and of its partners only.' };
var MONTHS = 'January February March April May June July August September October November December'.split(' ');

hall.two = function (n) { return (n < 10 ? '0' : '') + n; };

/* Calls done(status, value, call) once: status 0 means that no answer came. */
function request(method, url, body, done) {
  var call = new XMLHttpRequest();
  var timer = setTimeout(function () { end(0); call.abort(); }, 10000);
  function end(status) {
    var value = null;
    if (!timer) { return; }
    clearTimeout(timer);
    timer = 0;
    try { value = JSON.parse(call.responseText); } catch (broken) { value = null; }
    done(status, value, call);
  }
  call.onload = function () { end(call.status); };
  call.onerror = function () { end(0); };
  call.open(method, url, true);
  if (body) { call.setRequestHeader('Content-Type', 'application/json'); }
  call.send(body);
}

function element(name, inside, look) {
  var made = document.createElement(name);
  var property;
  for (property in look) { if (look.hasOwnProperty(property)) { made.style[property] = look[property]; } }
  if (inside) { inside.appendChild(made); }
  return made;
}

function draw(script) {
  var root = script.src.replace(/embed\.js.*$/, '');
  var edition = script.getAttribute('data-edition');
  var slug = script.getAttribute('data-case');
  var zh = !/^en/.test(script.getAttribute('data-lang') || 'zh-CN');
  var plain = script.getAttribute('data-style') === 'none';
  var api = root + 'api/editions/' + edition;
  var status = null;
  var skew = 0;
  var offset = 480;
  var asked = false; /* whether we know, or cannot know, what the rule is */
  var busy = false;
  var answered = 0;
  var kept = {};
  var panel;
  var figure;
  var number;
  var unit;
  var button;
  var choose;
  var said;
  var rule;
  var asOf;
  var link;
  var receipt;

  function say(words, values) {
    return (zh ? WORDS[words] : words).replace(/\{(\w+)\}/g, function (all, name) { return values[name]; });
  }

  function recall() {
    try { return JSON.parse(localStorage.getItem('pingxuan:' + edition)) || kept; } catch (closed) { return kept; }
  }

  function keep(changes) {
    var all = recall();
    var name;
    for (name in changes) { if (changes.hasOwnProperty(name)) { all[name] = changes[name]; } }
    kept = all;
    try { localStorage.setItem('pingxuan:' + edition, JSON.stringify(all)); } catch (full) { kept = all; }
  }

  function now() { return Date.now() + skew; }

  /* The wall clock of the edition's zone: 2020-08-24T10:05. */
  function wall(ms) { return new Date(ms + offset * 60000).toISOString().slice(0, 16); }

  function zone(iso) {
    var found = /([+-])(\d\d):(\d\d)$/.exec(iso || '');
    if (found) { offset = (found[1] + '1') * (found[2] * 60 + +found[3]); }
  }

  /* An instant in words, as the hall writes it: the end of a window at midnight is 24:00 of the day before. */
  function when(iso, whole, closing) {
    var utc = /(Z|\+00:00)$/.test(iso);
    var shown = utc ? wall(Date.parse(iso)) : iso;
    var midnight = closing && shown.slice(11, 16) === '00:00';
    var p;
    if (midnight) { shown = new Date(Date.parse(shown.slice(0, 10)) - 1).toISOString().slice(0, 10) + 'T24:00'; }
    p = /^(\d+)-(\d+)-(\d+)T(\d\d:\d\d)/.exec(shown);
    if (!p) { return ''; }
    whole = whole || p[1] !== wall(now()).slice(0, 4);
    if (zh) { return (whole ? p[1] + '年' : '') + +p[2] + '月' + +p[3] + '日 ' + p[4]; }
    return +p[3] + ' ' + MONTHS[p[2] - 1] + (whole ? ' ' + p[1] : '') + ', ' + p[4];
  }

  function phase() {
    if (!status) { return 'open'; }
    if (!status.opens || now() < Date.parse(status.opens)) { return 'before'; }
    return status.closes && now() >= Date.parse(status.closes) ? 'after' : 'open';
  }

  function used() {
    var mine = recall();
    return !!mine.used && (mine.next ? now() < Date.parse(mine.next) : true);
  }

  function nextVote() {
    var mine = recall();
    if (!mine.used) { return ''; }
    return (zh ? '' : ' ') + (mine.next ? say('Next vote: {time}.', { time: when(mine.next) }) : say('No further vote before voting closes.'));
  }

  function story() {
    var last = recall().last;
    if (phase() === 'before') { return status.opens ? say('Voting opens at %(time)s.').replace('%(time)s', when(status.opens, true)) : ''; }
    if (phase() === 'after') {
      return say('Voting closed at %(time)s.').replace('%(time)s', when(status.closes, true, true))
        + (last && last.case === slug ? (zh ? '' : ' ') + say('You voted for this case.') : '');
    }
    if (last && (used() || (last.case === slug && !recall().used))) {
      return (last.case === slug ? say('You voted for this case.') : say('You voted for “{title}”.', last)) + nextVote();
    }
    return used() ? say('This network address has used its vote for now.') + nextVote() : '';
  }

  function voted() {
    var per = status ? status.rule.per : '';
    return per === 'day' ? say('Voted today') : per === 'week' ? say('Voted this week') : say('Voted');
  }

  /* Where a ballot holds several cases, one case alone is no vote: the hall's page of the case takes the reader on. */
  function several() { return status && status.rule.at_most > 1; }

  function show(node, on) {
    node.hidden = !on;
    if (!plain) { node.style.display = on ? 'inline-block' : 'none'; }
  }

  function tell(words) {
    words = words || story();
    show(button, asked && phase() === 'open' && !several());
    show(choose, asked && phase() === 'open' && several());
    button.textContent = used() ? voted() : say('Vote for this case');
    if (said.textContent !== words) { said.textContent = words; }
    receipts();
  }

  function receipts() {
    var mine = (recall().receipts || []).filter(function (one) { return one.cases.indexOf(slug) >= 0; });
    receipt.hidden = !mine.length;
    receipt.lastChild.textContent = mine.map(function (one) {
      return Object.keys(one).map(function (name) { return name + ': ' + one[name]; }).join('\n');
    }).join('\n\n');
  }

  function end(words) {
    busy = false;
    answered = Date.now();
    button.removeAttribute('aria-disabled');
    tell(words);
  }

  function counts() {
    request('GET', root + edition + '/tally.json', null, function (code, tally) {
      var n = code === 200 && tally && tally.counts ? tally.counts[slug] : undefined;
      figure.hidden = n === undefined;
      if (n === undefined) { return; }
      number.textContent = String(n).replace(/\B(?=(\d{3})+$)/g, ',');
      unit.textContent = ' ' + (n === 1 ? say('vote') : say('votes'));
      asOf.textContent = say('figures as of {time}', { time: when(tally.as_of) }) + ' · ';
    });
  }

  function clock() {
    request('GET', api + '/status', null, function (code, value) {
      if (code === 200 && value && value.now) {
        status = value;
        skew = Date.parse(value.now) - Date.now();
        zone(value.now);
      }
      asked = true;
      if (!busy) { tell(); }
    });
  }

  function counted(answer, ballot) {
    var one = answer.receipt;
    one.nonce = ballot.nonce;
    keep({ last: { case: slug, title: script.getAttribute('data-title') || slug }, pending: null, next: answer.next, used: !status || status.rule.votes === 1,
      receipts: (recall().receipts || []).filter(function (old) { return old.h !== one.h; }).concat(one).slice(-200) });
    zone(answer.next);
    end(say('Your vote is counted.') + nextVote());
    [1500, 4000, 9000].forEach(function (wait) { setTimeout(counts, wait); });
  }

  function refused(answer) {
    var message = (answer.message || {})[zh ? 'zh-CN' : 'en'] || '';
    keep({ pending: null });
    if (answer.code !== 'already_voted') { end(message || say('No answer came. Press again: the same vote is sent and counts once.')); return; }
    keep({ next: answer.next, used: true });
    end((!status || status.rule.votes === 1 ? say('This network address has used its vote for now.') : message) + nextVote());
  }

  /* Whether the browser kept the vote to itself because this page's origin is none of the partners'. */
  function foreign() {
    return status && status.rule.origins.indexOf(location.origin) < 0 && root !== location.origin + '/';
  }

  function again(n, answer, call, ballot) {
    var wait = Math.min(10, parseInt(call.getResponseHeader('Retry-After') || 0, 10) || Math.pow(2, n - 1));
    if (!answer && foreign()) {
      keep({ pending: null });
      end(FOREIGN[zh ? 'zh' : 'en']);
      return;
    }
    if (n === ATTEMPTS) {
      end(answer ? say('The counter is busy. Press again in a moment: the same vote is sent and counts once.')
        : say('No answer came. Press again: the same vote is sent and counts once.'));
      return;
    }
    said.textContent = say('The network is slow. Sending the same vote again ({n} of {m}); it counts once.', { n: n + 1, m: ATTEMPTS });
    setTimeout(function () { send(n + 1, ballot); }, wait * 1000);
  }

  function send(n, ballot) {
    var body = { cases: [slug], h: ballot.h };
    if (ballot.tried && ballot.period) { body.period = ballot.period; }
    ballot.tried = true;
    keep({ pending: ballot });
    request('POST', api + '/votes', JSON.stringify(body), function (code, answer, call) {
      if ((code === 201 || code === 200) && answer && answer.receipt) { counted(answer, ballot); return; }
      if (code >= 400 && code < 500 && code !== 429 && answer) { refused(answer); return; }
      again(n, code && answer, call, ballot);
    });
  }

  /* The ballot that got no answer, if it was for this case; else a new one. */
  function ballot() {
    var old = recall().pending;
    var bytes = old && old.case === slug ? hall.bytes(old.nonce) : hall.chance();
    if (!bytes) { return null; }
    if (old && old.case === slug) { return old; }
    return { case: slug, nonce: hall.hex(bytes), h: hall.sha256(bytes).slice(0, 32),
      period: status ? hall.period(status.rule.per, wall(now())) : undefined };
  }

  function vote() {
    var mine;
    if (busy || Date.now() - answered < 1000) { return; }
    mine = ballot();
    if (!mine) { location.href = root + edition + '/cases/' + slug + '/'; return; } /* the hall votes without chance */
    busy = true;
    button.setAttribute('aria-disabled', 'true');
    said.textContent = say('Sending your vote …');
    send(1, mine);
  }

  function part(name, inside, look, words) {
    var made = element(name, inside, plain ? {} : look);
    if (words) { made.textContent = words; }
    return made;
  }

  panel = part('div', null, { margin: '1em 0', lineHeight: '1.6' });
  panel.className = 'pingxuan-vote';
  panel.lang = zh ? 'zh-CN' : 'en';
  figure = part('p', panel, { margin: '0 0 .5em' });
  figure.hidden = true;
  number = part('b', figure, { fontSize: '1.5em' });
  unit = part('span', figure, {});
  button = part('button', panel, { font: 'inherit', fontWeight: '700', minHeight: '48px', padding: '.3em 1.2em', border: '0',
    borderRadius: '10px', backgroundColor: '#0b5d6b', color: '#fff', cursor: 'pointer' });
  button.type = 'button';
  choose = part('a', panel, { minHeight: '48px', padding: '.6em 0', fontWeight: '700' }, say('Choose on the ballot'));
  choose.href = root + edition + '/cases/' + slug + '/';
  said = part('p', panel, { margin: '.5em 0', minHeight: '1.6em' });
  said.setAttribute('role', 'status');
  said.setAttribute('aria-live', 'polite');
  rule = part('p', panel, { margin: '0', fontSize: '.875em' });
  asOf = part('span', rule, {});
  link = part('a', rule, {}, say('Rules'));
  link.href = root + edition + '/rules/#voting';
  receipt = part('details', panel, { margin: '.5em 0 0', fontSize: '.875em' });
  part('summary', receipt, { cursor: 'pointer' }, say('Receipt'));
  part('p', receipt, { margin: '0' }, say('Kept in this browser only: your proof of the vote.'));
  part('pre', receipt, { margin: '0', whiteSpace: 'pre-wrap', wordBreak: 'break-all' }).tabIndex = 0;
  button.addEventListener('click', vote);
  script.parentNode.insertBefore(panel, script.nextSibling);
  tell();
  clock();
  counts();
  setInterval(function () { if (!document.hidden) { counts(); if (!busy) { clock(); } } }, 60000);
}

Array.prototype.forEach.call(document.querySelectorAll('script[data-edition][data-case]'), function (script) {
  if (/\/embed\.js(\?|$)/.test(script.src) && !script.pingxuan) {
    script.pingxuan = true;
    draw(script);
  }
});
