/* What the other scripts share: requests, the server's clock, words with figures in them, this browser's memory.
   ES5, so that old phone browsers run it. Knows no page. */
var hall = (function () {
  'use strict';
  var zh = /^zh/.test(document.documentElement.lang);
  var months = 'January February March April May June July August September October November December'.split(' ');
  var skew = 0;
  var offset = 0;
  var kept = {};

  /* Calls done(status, value, call) once: status 0 means that no answer came, value is null where it is no JSON. */
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
    call.setRequestHeader(body ? 'Content-Type' : 'Cache-Control', body ? 'application/json' : 'no-cache');
    call.send(body);
  }

  function get(url, done) {
    request('GET', url, null, function (status, value) { done(status === 200 ? value : null); });
  }

  /* The offset of the edition's zone, from any instant that bears it. */
  function zone(iso) {
    var found = /([+-])(\d\d):(\d\d)$/.exec(iso || '');
    if (found) { offset = (found[1] + '1') * (found[2] * 60 + +found[3]); }
  }

  function now() { return Date.now() + skew; }

  /* Sets the clock by the API's status, else by the Date of this very page; done(status or null, whether it is known). */
  function clock(url, done) {
    function byDate() {
      request('HEAD', location.pathname, null, function (status, value, call) {
        var date = status && Date.parse(call.getResponseHeader('Date') || '');
        if (date) { skew = date - Date.now(); }
        done(null, !!date);
        if (hall.fillCounts) { hall.fillCounts(); }
      });
    }
    if (!url) { byDate(); return; }
    get(url, function (value) {
      if (!value || !value.now) { byDate(); return; }
      skew = Date.parse(value.now) - Date.now();
      zone(value.now);
      done(value, true);
      if (hall.fillCounts) { hall.fillCounts(); }
    });
  }

  function two(n) { return (n < 10 ? '0' : '') + n; }

  /* The wall clock of the edition's zone: 2020-08-24T10:05. */
  function wall(ms) { return new Date(ms + offset * 60000).toISOString().slice(0, 16); }

  /* A day, or an instant as its own zone's clock shows it, in words. */
  function when(iso) {
    var p = /^(\d+)-(\d+)-(\d+)(?:T(\d\d:\d\d))?/.exec(iso || '');
    var year = p && p[1] !== wall(now()).slice(0, 4);
    if (!p) { return ''; }
    if (zh) { return (year ? p[1] + '年' : '') + +p[2] + '月' + +p[3] + '日' + (p[4] ? ' ' + p[4] : ''); }
    return +p[3] + ' ' + months[p[2] - 1] + (year ? ' ' + p[1] : '') + (p[4] ? ', ' + p[4] : '');
  }

  function number(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ','); }

  /* The sentence that a node keeps under data-KEY, with its {names} filled in. */
  function say(node, key, values) {
    return (node.getAttribute('data-' + key) || '').replace(/\{(\w+)\}/g, function (all, name) { return values[name]; });
  }

  /* How long that is, in the words that a node keeps for minutes, hours, days and years. */
  function span(node, ms) {
    var minutes = Math.max(1, Math.floor(ms / 60000));
    if (minutes < 120) { return say(node, 'minutes', { n: minutes }); }
    if (minutes < 2880) { return say(node, 'hours', { n: Math.floor(minutes / 60) }); }
    if (minutes > 1051200) { return say(node, 'years', { n: Math.floor(minutes / 525960) }); }
    return say(node, 'days', { n: Math.floor(minutes / 1440) });
  }

  function each(selector, use) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), use);
  }

  /* Whether it will still be known after a reload. */
  function remember(key, value) {
    kept[key] = value;
    try { localStorage.setItem('pingxuan:' + key, JSON.stringify(value)); return true; } catch (full) { return false; }
  }

  function recall(key) {
    try { return JSON.parse(localStorage.getItem('pingxuan:' + key)) || kept[key]; } catch (closed) { return kept[key]; }
  }

  return { zh: zh, request: request, get: get, zone: zone, now: now, clock: clock, two: two, wall: wall, when: when,
    number: number, say: say, span: span, each: each, remember: remember, recall: recall };
})();
