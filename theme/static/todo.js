/* What is still to do: the list of what is wrong or missing, each leading to its field; the words beside the fields; the
   count of each section. Knows the faults that the functions told; refuses to know why they are faults. */
hall.todo = (function () {
  'use strict';
  var page = document.getElementById('apply');
  var sheet = hall.sheet;
  var faults = [];
  var missing = [];

  function $(id) { return document.getElementById(id); }
  function say(key, values) { return hall.say(page, key, values || {}); }

  function make(tag, parent, text) {
    var node = document.createElement(tag);
    node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  function names(fault) { return hall.zh ? fault.zh : fault.en; }

  /* A sentence for each, leading to its field. */
  function point(list, all) {
    list.textContent = '';
    all.forEach(function (fault) {
      var node = sheet.find(fault.path);
      var item = make('li', list);
      var anchor = node ? make('a', item, names(fault)) : make('span', item, names(fault));
      if (!node) { return; }
      anchor.href = '#' + sheet.target(node).id;
      anchor.addEventListener('click', function (event) {
        event.preventDefault();
        node.scrollIntoView();
        sheet.target(node).focus();
      });
    });
  }

  function typing(node) {
    return node.contains(document.activeElement) && !/^(radio|checkbox|file|button)$/.test(document.activeElement.type);
  }

  /* What is wrong is said beside its field, but not while it is being typed. */
  function blame(all, loud) {
    var said = [];
    all.forEach(function (fault) {
      var node = sheet.find(fault.path);
      if (!node) { return; }
      if (said.indexOf(node) >= 0) { return; }
      said.push(node);
      if (!typing(node) || loud) { sheet.blame(node, names(fault)); }
    });
    sheet.list($('sheet'), '.field.wrong').forEach(function (node) {
      if (said.indexOf(node) < 0) { sheet.blame(node, ''); }
    });
  }

  function parts(all) {
    var counts = {};
    all.forEach(function (fault) {
      var node = sheet.find(fault.path);
      while (node && !(node.classList && node.classList.contains('part'))) { node = node.parentNode; }
      if (node) { counts[node.getAttribute('aria-labelledby')] = (counts[node.getAttribute('aria-labelledby')] || 0) + 1; }
    });
    hall.each('#desk [data-part]', function (told) {
      var n = counts[told.getAttribute('data-part')];
      told.textContent = n || '✓';
      told.className = n ? 'n' : 'n ok';
    });
  }

  /* Shows how things stand. wrongs: what refuses the answers; lacks: what is not there yet. loud: the field in hand is told too. */
  function show(wrongs, lacks, words, loud) {
    var all;
    faults = wrongs;
    missing = lacks;
    all = faults.concat(missing);
    $('left').textContent = all.length;
    $('left').parentNode.classList[all.length ? 'remove' : 'add']('ready');
    words = words || (all.length ? (faults.length ? say('wrong', { n: faults.length }) : '') +
      (faults.length && missing.length && !hall.zh ? ' ' : '') + (missing.length ? say('lacks', { n: missing.length }) : '') : say('ready'));
    if ($('state').textContent !== words) { $('state').textContent = words; }
    point($('lacking'), all);
    blame(faults, loud);
    parts(all);
  }

  $('sheet').addEventListener('focusout', function () { setTimeout(function () { blame(faults); }, 0); });
  return { show: show };
})();
