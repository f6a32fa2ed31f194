/* One draft: loads it, saves it by itself, keeps in this browser what the server has not got yet, and never overwrites
   what another window saved later. Knows requests and this browser's memory; refuses to know controls and words. */
(function () {
  'use strict';
  var SOON = 1500; /* after the last key */
  var LONGEST = 30000; /* between two tries */

  /* events: status(kind, value) with kind saving, saved, unsaved, again, shut; checked(faults, missing);
     conflict(theirs); gone(). read(): the answers as they stand. */
  function draft(edition, link, read, events) {
    var base = '/api/editions/' + edition + '/drafts/' + link.name;
    var memory = edition + ':draft:' + link.name;
    var revision = 0;
    var saved = ''; /* the answers that the server has, as text */
    var timer = 0;
    var tries = 0;
    var busy = false;
    var held = false; /* by a conflict, or by the end of the call */
    var waiting = []; /* what is to happen once everything is saved */

    function ask(method, path, body, done, options) {
      var all = options || {};
      all.token = link.token;
      all.body = body;
      hall.talk(method, base + path, all, done);
    }

    function text() { return JSON.stringify(read()); }

    function dirty() { return text() !== saved; }

    /* Kept in this browser until the server has it. */
    function keep() {
      if (dirty()) { hall.remember(memory, { revision: revision, answers: read() }); } else { forget(); }
    }

    function forget() {
      hall.remember(memory, null);
      try { localStorage.removeItem('pingxuan:' + memory); } catch (closed) { /* nothing is kept then */ }
    }

    function free(ready) {
      var all = waiting;
      waiting = [];
      all.forEach(function (use) { use(ready); });
    }

    function later(wait) {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    }

    function failed(status, value) {
      tries += 1;
      if (status === 404) {
        held = true;
        events.gone();
      } else if (status === 403) {
        held = true;
        events.status('shut', value);
      } else {
        events.status('again', value);
        later(Math.min(LONGEST, 1000 * Math.pow(2, tries)));
      }
      free(false);
    }

    function conflict() {
      held = true;
      free(false);
      ask('GET', '', null, function (status, value) {
        if (status === 200) { events.conflict(value); } else { held = false; failed(status, value); }
      });
    }

    function save() {
      var now = text();
      clearTimeout(timer);
      if (busy || held) { return; }
      if (now === saved) {
        forget();
        free(true);
        return;
      }
      busy = true;
      events.status('saving');
      ask('PUT', '', { revision: revision, answers: JSON.parse(now) }, function (status, value) {
        busy = false;
        if (status === 409) { conflict(); return; }
        if (status !== 200) { failed(status, value); return; }
        tries = 0;
        revision = value.revision;
        saved = now;
        keep();
        events.checked(value.faults || [], value.missing || []);
        events.status('saved');
        if (dirty()) { later(waiting.length ? 0 : SOON); } else { free(true); }
      });
    }

    /* Something was typed. finished: the control was left. */
    function changed(finished) {
      if (held || !dirty()) { return; }
      keep();
      if (!tries) { events.status('unsaved'); }
      if (!busy) { later(finished ? 200 : SOON); }
    }

    /* Saves what is to be saved, then says whether all of it is. */
    function settle(done) {
      if (held) { done(false); return; }
      waiting.push(done);
      save();
    }

    /* done(status, draft, what this browser had kept and the server has not). */
    function load(done) {
      ask('GET', '', null, function (status, value) {
        var mine = hall.recall(memory);
        if (status === 200) { revision = value.revision; }
        done(status, value, mine && mine.answers ? mine : null);
      });
    }

    function began() { saved = text(); }

    /* After a conflict: from here on the server's revision is what the next save follows. */
    function follow(theirs) {
      revision = theirs.revision;
      held = false;
    }

    window.addEventListener('online', function () { if (dirty()) { save(); } });
    window.addEventListener('pagehide', function () { if (!held && revision) { keep(); save(); } });
    document.addEventListener('visibilitychange', function () { if (document.hidden && !held && revision) { keep(); save(); } });
    window.addEventListener('beforeunload', function (event) {
      if (held || !revision || !dirty() || hall.remember(memory, { revision: revision, answers: read() })) { return; }
      event.preventDefault();
      event.returnValue = ''; /* nothing can be kept in this browser: ask before leaving */
    });

    return { ask: ask, load: load, began: began, changed: changed, settle: settle, follow: follow, forget: forget,
      dirty: dirty, hold: function () { held = true; }, revision: function () { return revision; } };
  }

  hall.draft = draft;
})();
