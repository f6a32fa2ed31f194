/* Fills in counts from the edition's tally.json, with the time they were counted. Changes no order. */
(function () {
  'use strict';
  var source = document.querySelector('[data-tally]');
  var tally = null;

  function fill() {
    var cast = document.getElementById('cast');
    if (!tally) { return; }
    hall.each('[data-votes]', function (node) {
      var n = tally.counts[node.getAttribute('data-votes')];
      var unit = node.querySelector('[data-one]');
      if (n === undefined) { return; }
      node.querySelector('b').textContent = hall.number(n);
      if (unit && n === 1) { unit.textContent = unit.getAttribute('data-one'); }
      node.classList.add('on');
    });
    if (cast) {
      cast.querySelector('b').textContent = hall.number(tally.cast);
      cast.hidden = false;
    }
    hall.each('[data-as-of]', function (node) {
      node.textContent = hall.say(node, 'as-of', { time: hall.when(tally.as_of) });
    });
  }

  function load() {
    hall.get(source.getAttribute('data-tally'), function (value) {
      if (value && value.counts) {
        tally = value;
        hall.zone(value.as_of);
      }
      fill();
    });
  }

  if (!source || !source.getAttribute('data-tally')) { return; }
  hall.fillCounts = fill;
  hall.loadCounts = load;
  load();
  setInterval(function () { if (!document.hidden) { load(); } }, 60000);
})();
