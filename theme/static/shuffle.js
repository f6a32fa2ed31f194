/* Puts a listing into this visitor's own order, so that no case gains by its place.
   The order hangs on the visitor's seed and the case's number alone: it stays when cases come and go. */
(function () {
  'use strict';
  var list = document.getElementById('cards');
  var order = document.getElementById('order');
  var seed = hall.recall('seed') || Math.floor(Math.random() * 4294967295) + 1;

  function times(a, b) { return ((a & 65535) * b + (((a >>> 16) * b & 65535) << 16)) | 0; }

  function rank(slug) {
    var h = seed | 0;
    var i;
    for (i = 0; i < slug.length; i += 1) { h = times(h ^ slug.charCodeAt(i), 16777619); }
    h = times(h ^ (h >>> 16), 73244475);
    h = times(h ^ (h >>> 16), 73244475);
    return (h ^ (h >>> 16)) >>> 0;
  }

  function attribute(name) { return list.getAttribute('data-' + name); }

  function belongs(row) {
    return (!attribute('category') || row[3] === attribute('category')) && (!attribute('field') || row[4] === attribute('field'));
  }

  function show(index) {
    var start = +attribute('start');
    var rows = index.cases.filter(belongs).sort(function (a, b) { return rank(a[0]) - rank(b[0]) || (a[0] < b[0] ? -1 : 1); });
    var fragment = document.createDocumentFragment();
    rows.slice(start, start + +attribute('size')).forEach(function (row) {
      fragment.appendChild(hall.card(list, index.categories, row));
    });
    list.textContent = '';
    list.appendChild(fragment);
    order.textContent = hall.say(order, 'shuffled', {});
    if (hall.fillCounts) { hall.fillCounts(); }
  }

  /* Without a memory each page would have an order of its own and cases would be missed: then by number. */
  if (!list || !hall.remember('seed', seed)) { return; }
  hall.get('/' + attribute('edition') + '/search.json', function (index) {
    if (index && !list.contains(document.activeElement)) { show(index); }
  });
})();
