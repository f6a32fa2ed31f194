/* The ballot of an edition whose ballots hold several cases: which cases the visitor chose, kept in this browser.
   On a case's page a button adds the case and takes it off, on the ballot's page the boxes do; every other page shows
   how far the ballot is. vote.js sends it. Without this script the ballot's page is a plain form. */
hall.many = (function () {
  'use strict';
  var node = document.getElementById('mine');
  var panel = document.getElementById('vote');
  var paper = document.getElementById('paper');
  var edition = node.getAttribute('data-edition');
  var least = +node.getAttribute('data-least');
  var most = +node.getAttribute('data-most');
  var each = +node.getAttribute('data-each') || Infinity; /* of one category */
  var slug = panel && panel.getAttribute('data-case');
  var toggle = document.createElement('button');
  var many = { cases: cases, draw: draw, clear: clear, changed: draw };

  /* case -> its category */
  function chosen() { return hall.recall(edition + ':ballot') || {}; }

  function keep(all) {
    hall.remember(edition + ':ballot', all);
    many.changed();
  }

  function has(one) { return Object.prototype.hasOwnProperty.call(chosen(), one); }

  function cases() { return Object.keys(chosen()).sort(); }

  function clear() { hall.remember(edition + ':ballot', {}); }

  function crowded() {
    var counts = {};
    var all = chosen();
    return Object.keys(all).some(function (one) {
      counts[all[one]] = (counts[all[one]] || 0) + 1;
      return counts[all[one]] > each;
    });
  }

  function words(n) {
    if (n > most) { return hall.say(node, 'over', { n: n, m: n - most }); }
    if (crowded()) { return hall.say(node, 'crowded', { n: n, m: each }); }
    if (n < least) { return hall.say(node, 'under', { n: n, m: least - n }); }
    return hall.say(node, n < most ? 'ready' : 'full', { n: n, m: most - n });
  }

  function choose(one, category, on) {
    var all = chosen();
    if (on) { all[one] = category; } else { delete all[one]; }
    keep(all);
  }

  /* What a plain form would send, for a browser that cannot make a ballot's number. */
  function write(form) {
    hall.each('#vote input[name=case]', function (input) { form.removeChild(input); });
    cases().forEach(function (one) {
      var input = document.createElement('input');
      input.type = 'hidden';
      input.name = 'case';
      input.value = one;
      form.appendChild(input);
    });
  }

  /* Shows how things stand; whether the ballot may be sent. phase: before, open or after. */
  function draw(phase) {
    var n = cases().length;
    var on = !!slug && has(slug);
    var told = node.querySelector('span');
    if (told.textContent !== words(n)) { told.textContent = words(n); }
    node.hidden = phase === 'after' || (!panel && !n);
    toggle.hidden = phase === 'after';
    toggle.className = on ? 'toggle on' : 'toggle';
    toggle.textContent = node.getAttribute(on ? 'data-remove' : 'data-add');
    if (slug) { write(panel.querySelector('form')); }
    hall.each('#paper input', function (box) { box.checked = has(box.value); });
    return n >= least && n <= most && !crowded();
  }

  /* What is no longer on the paper, since it was withdrawn, is taken off. */
  function prune() {
    var left = {};
    hall.each('#paper input', function (box) {
      if (has(box.value)) { left[box.value] = box.getAttribute('data-category'); }
    });
    hall.remember(edition + ':ballot', left);
  }

  if (slug) {
    toggle.type = 'button';
    toggle.addEventListener('click', function () { choose(slug, panel.getAttribute('data-category'), !has(slug)); });
    panel.insertBefore(toggle, node);
    panel.querySelector('form').hidden = false;
    panel.querySelector('.paperless').hidden = true;
  }
  if (paper) {
    prune();
    paper.addEventListener('change', function (event) {
      choose(event.target.value, event.target.getAttribute('data-category'), event.target.checked);
    });
  }
  window.addEventListener('storage', function () { many.changed(); });
  window.addEventListener('pageshow', function () { many.changed(); });
  draw();
  return many;
})();
