/* The form page: which view is shown, when the call is open, what is still to do, and what becomes of a submission.
   Ties sheet.js (controls), todo.js, draft.js (saving), uploads.js and paper.js together. The server decides everything. */
(function () {
  'use strict';
  var page = document.getElementById('apply');
  var edition = page.getAttribute('data-edition');
  var base = '/api/editions/' + edition;
  var sheet = hall.sheet;
  var link = hall.link();
  var opens = Date.parse(page.getAttribute('data-opens')) || 0;
  var closes = Date.parse(page.getAttribute('data-closes')) || Infinity;
  var undated = !page.getAttribute('data-opens') && !page.getAttribute('data-closes');
  var phase = '';
  var editing = false;
  var submitting = false;
  var conflicting = null;
  var draft = null;

  function $(id) { return document.getElementById(id); }
  function say(key, values) { return hall.say(page, key, values || {}); }
  function tell(words) { if ($('say').textContent !== words) { $('say').textContent = words; } }

  function view(name) {
    ['start', 'wait', 'done', 'fill'].forEach(function (each) { $(each).hidden = each !== name; });
    page.className = name;
  }

  function make(tag, parent, text) {
    var node = document.createElement(tag);
    if (text !== undefined) { node.textContent = text; }
    parent.appendChild(node);
    return node;
  }

  /* The drafts that this browser knows: [{draft, token, title}], the latest first. */
  function known() { return hall.recall(edition + ':drafts') || []; }

  function remember(name, token, title) {
    var old = known().filter(function (one) { return one.draft === name; })[0] || {};
    var rest = known().filter(function (one) { return one.draft !== name; });
    hall.remember(edition + ':drafts', [{ draft: name, token: token, title: title || old.title || '' }].concat(rest).slice(0, 30));
  }

  function forget(name) {
    hall.remember(edition + ':drafts', known().filter(function (one) { return one.draft !== name; }));
  }

  /* ---- time ---- */

  function phaseNow() {
    var now = hall.now();
    return undated || now < opens ? 'before' : now < closes ? 'open' : 'closed';
  }

  function drawTime() {
    var left = closes - hall.now();
    var soon = phase === 'open' && left < 86400000;
    $('countdown').textContent = phase === 'open' && isFinite(closes) ? say('left', { time: hall.span(page, left) }) :
      phase === 'before' && opens ? say('opening', { time: hall.span(page, opens - hall.now()) }) : '';
    $('countdown').className = soon ? 'soon' : '';
    $('until').textContent = $('countdown').textContent;
  }

  function shut() {
    $('all').disabled = true;
    $('submit').disabled = true;
    if (draft) { draft.hold(); }
    $('saved').textContent = say('shut');
    tell(say('shut'));
  }

  function tick() {
    var now = phaseNow();
    if (now !== phase) {
      phase = now;
      if (!link) { front(); }
      if (editing && phase === 'closed') { shut(); }
    }
    drawTime();
  }

  /* ---- before, after, and the beginning ---- */

  function front() {
    var all = known();
    tell('');
    view(phase === 'open' ? 'start' : 'wait');
    $('known').hidden = !all.length;
    $('known').querySelector('ul').textContent = '';
    all.forEach(function (one) {
      var anchor = make('a', make('li', $('known').querySelector('ul')), one.title || say('unnamed'));
      anchor.href = '#' + one.draft + '.' + one.token;
    });
    if (phase === 'open') { return; }
    $('wait').insertBefore($('known'), $('wait').querySelector('p').nextSibling);
    $('wait-title').textContent = phase === 'before' ? say('before') : say('closed');
    $('wait').querySelector('p').textContent = undated ? say('undated') : phase === 'before' ?
      say('before-more', { time: page.getAttribute('data-opens-at') }) : say('closed-more', { time: page.getAttribute('data-closes-at') });
  }

  function wrong(words) {
    $('email-fault').textContent = words;
    $('email-fault').hidden = !words;
    if (words) {
      $('email').setAttribute('aria-invalid', 'true');
      $('email').focus();
    } else { $('email').removeAttribute('aria-invalid'); }
  }

  function begin(event) {
    var email = $('email').value.trim();
    var button = $('begin').querySelector('button');
    event.preventDefault();
    if (button.disabled) { return; }
    wrong('');
    if (!/^\S+@\S+\.\S+$/.test(email)) { wrong(say('noemail')); return; }
    button.disabled = true;
    tell(say('loading'));
    hall.talk('POST', base + '/drafts', { body: { email: email, language: page.getAttribute('data-language') } }, function (status, value) {
      button.disabled = false;
      tell('');
      if (status !== 201) { wrong(hall.told(value, say('lost'))); return; }
      remember(value.draft, value.token, '');
      link = { name: value.draft, token: value.token };
      hall.setLink(link.name, link.token);
      open(say('begun', { email: email }), email);
    });
  }

  /* ---- saving ---- */

  function clockOf() { return hall.wall(hall.now()).slice(11, 16); }

  function status(kind, value) {
    var words = say(kind, { time: clockOf() });
    if (kind === 'again') { words = value && value.code ? hall.told(value, words) : words; }
    if (kind === 'shut') { shut(); words = hall.told(value, say('shut')); }
    if (kind === 'saved') { remember(link.name, link.token, sheet.answers()[page.getAttribute('data-title')]); }
    $('desk').setAttribute('data-kind', kind);
    if ($('saved').textContent !== words) { $('saved').textContent = words; }
  }

  function differing(theirs) {
    var mine = sheet.answers();
    return sheet.fields().filter(function (node) {
      var name = sheet.key(node);
      return JSON.stringify(mine[name] || '') !== JSON.stringify(theirs[name] || '');
    });
  }

  function conflict(theirs) {
    var list = $('conflict').querySelector('ul');
    var all = differing(theirs.answers);
    if (theirs.state !== 'draft' && theirs.state !== 'returned') { show(theirs); return; }
    conflicting = theirs;
    list.textContent = '';
    all.forEach(function (node) { make('li', list, node.getAttribute('data-label')); });
    if (!all.length) { resolve(true); return; }
    $('saved').textContent = say('differing');
    $('desk').setAttribute('data-kind', 'again');
    $('conflict').hidden = false;
    $('conflict-title').focus();
    $('conflict').scrollIntoView();
  }

  /* theirs: what was saved later replaces what stands here; else what stands here is saved over it. */
  function resolve(theirs) {
    var focused = !$('conflict').hidden;
    var found = conflicting;
    $('conflict').hidden = true;
    conflicting = null;
    draft.follow(found);
    if (theirs) {
      fillIn(found);
      draft.began();
      draft.forget();
      hall.todo.show(found.faults || [], found.missing || []);
      status('saved');
    } else { draft.settle(function () {}); }
    if (focused) { $('all').querySelector('input,textarea,select').focus(); }
  }

  function gone() {
    forget(link.name);
    link = null;
    editing = false;
    hall.setLink('', '');
    front();
    tell(say('nodraft'));
  }

  /* ---- the form ---- */

  function fillIn(value) {
    sheet.fields().forEach(function (node) {
      if (sheet.files[sheet.key(node)]) { sheet.files[sheet.key(node)].know(value.files || []); }
    });
    sheet.write(value.answers || {});
  }

  function edit(value, kept, words, email) {
    var field = sheet.find(page.getAttribute('data-email') || '-');
    editing = true;
    view('fill');
    fillIn(value);
    draft.began();
    $('returned').hidden = value.state !== 'returned';
    reasons($('returned').querySelector('ul'), value);
    hall.todo.show(value.faults || [], value.missing || []);
    $('saved').textContent = '';
    if (kept) {
      sheet.write(kept.answers);
      if (kept.revision < value.revision && differing(value.answers).length) {
        draft.hold();
        conflict(value);
        return;
      }
      if (draft.dirty()) { words = say('restored'); }
    }
    if (email && field && !sheet.target(field).value) { sheet.target(field).value = email; }
    tell(words || '');
    if (phase === 'closed') { shut(); } else if (draft.dirty()) { draft.changed(true); } else if (value.revision > 1) { status('saved'); }
  }

  function reasons(list, value) {
    list.textContent = '';
    [].concat(value.reasons || []).forEach(function (reason) {
      make('li', list, reason);
    });
  }

  /* What became of a submission. */
  function show(value) {
    var kind = value.state;
    editing = false;
    draft.hold();
    view('done');
    tell('');
    if (value.answers) { fillIn(value); } /* for the printer */
    $('done-title').textContent = say(kind);
    $('after').textContent = say(kind + '-more');
    $('number').textContent = value.number || '';
    $('number').parentNode.hidden = !value.number;
    $('submitted').textContent = hall.when(hall.wall(Date.parse(value.submitted)));
    $('submitted').parentNode.hidden = !value.submitted;
    reasons($('reasons-after'), kind === 'declined' ? value : {});
    $('withdraw').hidden = kind !== 'submitted';
    hall.each('#done .downloads', function (node) { node.hidden = kind === 'withdrawn'; });
    $('another').parentNode.hidden = phase !== 'open';
    $('done-title').focus();
  }

  function open(words, email) {
    draft = hall.draft(edition, link, sheet.answers, { status: status, checked: hall.todo.show, conflict: conflict, gone: gone });
    sheet.fields().forEach(function (node) {
      if (node.getAttribute('data-control') === 'files') {
        sheet.files[sheet.key(node)] = hall.uploads(node, draft.ask, function () { draft.changed(true); });
      }
    });
    sheet.changed = draft.changed;
    hall.papers(draft.ask, draft.settle);
    load(words, email, 0);
  }

  function load(words, email, tries) {
    tell(say(tries ? 'offline' : 'loading'));
    draft.load(function (status, value, kept) {
      if (status === 404) { gone(); return; }
      if (status !== 200) {
        if (value && value.code && status < 500 && status !== 429) { tell(hall.told(value, say('lost'))); return; }
        setTimeout(function () { load(words, email, tries + 1); }, Math.min(30000, 1000 * Math.pow(2, tries)));
        tell(say('offline'));
        return;
      }
      remember(link.name, link.token, (value.answers || {})[page.getAttribute('data-title')]);
      if (value.state === 'draft' || value.state === 'returned') { edit(value, kept, words, email); } else { show(value); }
    });
  }

  /* ---- submitting ---- */

  function refused(words, all) {
    submitting = false;
    $('submit').removeAttribute('aria-disabled');
    if (all) { hall.todo.show(all, [], words, true); } else { $('state').textContent = words; }
    $('check-title').focus();
    $('check').scrollIntoView();
  }

  function send(tries) {
    draft.ask('POST', '/submit', { revision: draft.revision() }, function (code, value) {
      if (code === 200) {
        submitting = false;
        $('submit').removeAttribute('aria-disabled');
        draft.forget();
        show({ state: 'submitted', number: value.number, submitted: value.submitted });
        return;
      }
      if (code === 409 && value && value.code === 'stale') {
        submitting = false;
        $('submit').removeAttribute('aria-disabled');
        draft.ask('GET', '', null, function (found, theirs) {
          if (found === 200) { draft.hold(); conflict(theirs); } else { refused(say('lost')); }
        });
        return;
      }
      if (code >= 400 && code < 500 && code !== 429) {
        refused(value && value.faults ? (value.code === 'incomplete' ? say('incomplete') : hall.told(value, '')) : hall.told(value, say('lost')), (value || {}).faults);
        return;
      }
      if (tries >= 4) { refused(hall.told(value, say('lost'))); return; }
      setTimeout(function () { send(tries + 1); }, 1000 * Math.pow(2, tries)); /* the same again counts once */
    });
  }

  function submit() {
    if (submitting) { return; }
    submitting = true;
    $('submit').setAttribute('aria-disabled', 'true');
    $('state').textContent = say('submitting');
    draft.settle(function (ready) {
      if (ready) { send(0); } else { refused($('conflict').hidden ? say('lost') : say('differing')); }
    });
  }

  function withdraw() {
    var button = $('withdraw').querySelector('button');
    button.disabled = true;
    draft.ask('POST', '/withdraw', {}, function (code, value) {
      button.disabled = false;
      if (code === 200) { show({ state: 'withdrawn', number: $('number').textContent }); } else { tell(hall.told(value, say('lost'))); }
    });
  }

  /* ---- the beginning of it all ---- */

  /* A link within the page must not take the private link out of the address bar. */
  function stay(event) {
    var anchor = event.target;
    var there;
    while (anchor && anchor.tagName !== 'A') { anchor = anchor.parentNode; }
    there = anchor && /^#[\w-]+$/.test(anchor.getAttribute('href') || '') && $(anchor.getAttribute('href').slice(1));
    if (!there || event.defaultPrevented) { return; }
    event.preventDefault();
    there.scrollIntoView();
    if (!there.hasAttribute('tabindex') && !/^(INPUT|SELECT|TEXTAREA)$/.test(there.tagName)) { there.setAttribute('tabindex', '-1'); }
    there.focus();
  }

  function start() {
    var all = known();
    if (!link && all.length === 1 && location.hash !== '#new') {
      link = { name: all[0].draft, token: all[0].token };
      hall.setLink(link.name, link.token);
    }
    if (location.hash === '#new') { hall.setLink('', ''); }
    if (link) { open(); }
    tick();
    setInterval(tick, 1000);
  }

  hall.zone(page.getAttribute('data-closes') || page.getAttribute('data-opens'));
  $('begin').addEventListener('submit', begin);
  $('submit').addEventListener('click', submit);
  $('theirs').addEventListener('click', function () { resolve(true); });
  $('mine-wins').addEventListener('click', function () { resolve(false); });
  $('withdraw').querySelector('button').addEventListener('click', withdraw);
  window.addEventListener('hashchange', function () {
    var there = hall.link();
    if (location.hash === '#new' || (there && !(link && there.name === link.name && there.token === link.token))) { location.reload(); }
  });
  document.addEventListener('click', stay);
  hall.each('.other a', function (other) {
    other.addEventListener('click', function () { other.hash = location.hash; });
  });
  hall.clock(base + '/call', function (call) {
    if (call && call.opens) { opens = Date.parse(call.opens); }
    if (call && call.closes) { closes = Date.parse(call.closes); }
    if (call) { undated = !call.opens && !call.closes; }
    start();
  });
})();
