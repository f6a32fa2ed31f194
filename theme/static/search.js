/* Finds cases by title, number, entrant and category in search.json. What is meant word for word comes first; then what
   holds most of the pairs of Chinese characters and every Latin word's beginning. What holds too little is not found. */
(function () {
  'use strict';
  var CJK = /[\u3400-\u9fff\uf900-\ufaff]+/g;
  var MOST = 60;

  /* Full width to half width, no accents, small letters. */
  function fold(text) {
    var plain = text.replace(/[\uff01-\uff5e]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) - 65248); });
    if (plain.normalize) { plain = plain.normalize('NFKD').replace(/[\u0300-\u036f]/g, ''); }
    return plain.toLowerCase().replace(/[\s\u3000]+/g, ' ').replace(/^ | $/g, '');
  }

  function words(text) { return text.replace(CJK, ' ').split(/[^0-9a-z\u00c0-\u1fff\u3040-\u30ff\uac00-\ud7af-]+/).filter(Boolean); }

  function pairs(text) {
    var found = [];
    (text.match(CJK) || []).forEach(function (run) {
      var i;
      if (run.length === 1) { found.push(run); }
      for (i = 0; i + 1 < run.length; i += 1) { found.push(run.substr(i, 2)); }
    });
    return found;
  }

  /* How well a row answers; 0 for not at all. Word for word: 9 its number, 8 its title's start, 7 title, 6 the rest. */
  function score(row, query) {
    var all = ' ' + row.join(' ').replace(/[^0-9a-z\u00c0-\uffff-]+/g, ' ');
    var hits;
    if (row[0] === query.text) { return 9; }
    if (row[1].indexOf(query.text) === 0) { return 8; }
    if (row[1].indexOf(query.text) > 0) { return 7; }
    if (row.some(function (field) { return field.indexOf(query.text) >= 0; })) { return 6; }
    if (!query.words.every(function (word) { return all.indexOf(' ' + word) >= 0; })) { return 0; }
    hits = query.pairs.filter(function (pair) { return row.some(function (field) { return field.indexOf(pair) >= 0; }); }).length;
    if (hits < query.pairs.length * 0.6 || !(query.pairs.length + query.words.length)) { return 0; }
    return 1 + (query.pairs.length ? 4 * hits / query.pairs.length : 4);
  }

  /* The rows of an index that answer, best first, by number among equals. */
  function find(index, text) {
    var query = { text: fold(text) };
    query.words = words(query.text);
    query.pairs = pairs(query.text);
    if (!query.text) { return []; }
    index.folded = index.folded || index.cases.map(function (row) {
      return [row[0], row[1], row[2], index.categories[row[3]] || ''].map(fold);
    });
    return index.cases.map(function (row, i) { return { row: row, score: score(index.folded[i], query) }; })
      .filter(function (found) { return found.score > 0; })
      .sort(function (a, b) { return b.score - a.score || (a.row[0] < b.row[0] ? -1 : 1); })
      .map(function (found) { return found.row; });
  }

  function start(list, told, input) {
    var index = null;
    var composing = false;
    var timer = 0;

    function show() {
      var q = input.value.trim();
      var rows = index ? find(index, q) : [];
      list.textContent = '';
      rows.slice(0, MOST).forEach(function (row) { list.appendChild(hall.card(list, index.categories, row)); });
      told.textContent = q && hall.say(told, rows.length > 1 ? 'many' : rows.length ? 'one' : 'none', { n: hall.number(rows.length), q: q }) +
        (rows.length > MOST ? ' ' + hall.say(told, 'first', { m: MOST }) : '');
      if (hall.fillCounts) { hall.fillCounts(); }
      if (history.replaceState) { history.replaceState(null, '', q ? '?q=' + encodeURIComponent(q) : location.pathname); }
    }

    function soon() {
      clearTimeout(timer);
      timer = setTimeout(function () { if (index && !composing) { show(); } }, 250);
    }

    try { input.value = decodeURIComponent((/[?&]q=([^&]*)/.exec(location.search) || ['', ''])[1].replace(/\+/g, ' ')); } catch (noUtf8) { input.value = ''; }
    input.addEventListener('compositionstart', function () { composing = true; });
    input.addEventListener('compositionend', function () { composing = false; soon(); });
    input.addEventListener('input', soon);
    input.form.addEventListener('submit', function (event) { if (index) { event.preventDefault(); show(); } });
    told.textContent = input.value && hall.say(told, 'loading', {});
    hall.get('/' + list.getAttribute('data-edition') + '/search.json', function (value) {
      index = value;
      if (index) { if (input.value) { show(); } } else { told.textContent = hall.say(told, 'failed', {}); }
    });
  }

  hall.find = find;
  if (document.getElementById('results')) {
    start(document.getElementById('results'), document.getElementById('found'), document.getElementById('q'));
  }
})();
