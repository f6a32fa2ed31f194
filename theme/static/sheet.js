/* The form as the page draws it: reads answers out of the controls and writes them in, lets tables grow, asks what
   depends on another answer, counts 字. Knows the controls; refuses to know whether an answer is right. */
hall.sheet = (function () {
  'use strict';
  var page = document.getElementById('apply');
  var form = document.getElementById('sheet');
  var serial = 0; /* of rows, so that no id comes twice */
  var sheet = { changed: function () {}, files: {} };

  function list(node, selector) { return Array.prototype.slice.call(node.querySelectorAll(selector)); }

  /* The fields of the form itself, without the columns of tables. */
  function fields() {
    return list(form, '.field[data-key]').filter(function (node) { return node.getAttribute('data-path').indexOf('[') < 0; });
  }

  function kind(node) { return node.getAttribute('data-control'); }
  function key(node) { return node.getAttribute('data-key'); }
  function input(node) { return document.getElementById(node.getAttribute('data-id')) || node.querySelector('.in,input'); }

  function rowsOf(node) {
    return Array.prototype.slice.call(node.querySelector('ol').children);
  }

  function cells(row) { return list(row, '.field[data-key]'); }

  function row(item) {
    var found = {};
    cells(item).forEach(function (cell) {
      var value = read(cell);
      if (value) { found[key(cell)] = value; }
    });
    return found;
  }

  function filled(item) { return Object.keys(row(item)).length > 0; }

  function read(node) {
    var found = {};
    switch (kind(node)) {
      case 'months':
        list(node, '.in').forEach(function (end) { if (end.value) { found[end.getAttribute('data-end')] = end.value; } });
        return Object.keys(found).length ? found : null;
      case 'radios': return (node.querySelector('input:checked') || {}).value || '';
      case 'boxes': return list(node, 'input:checked').map(function (box) { return box.value; });
      case 'files': return sheet.files[key(node)] ? sheet.files[key(node)].answers() : [];
      case 'rows': return rowsOf(node).filter(filled).map(row);
      default: return input(node).value;
    }
  }

  function empty(value) { return !value || (Array.isArray(value) && !value.length); }

  /* Everything that was filled in, as the functions take it. */
  function answers() {
    var all = { consents: {} };
    fields().forEach(function (node) {
      var value = read(node);
      if (!empty(value)) { all[key(node)] = value; }
    });
    list(form, '[data-consent]').forEach(function (box) { all.consents[box.getAttribute('data-consent')] = box.checked; });
    return all;
  }

  /* A date that a date control cannot show, such as 2019年8月30日, is shown as it is. */
  function put(control, value) {
    if (control.type === 'date' && value && !/^\d{4}-\d\d-\d\d$/.test(value)) { control.type = 'text'; }
    if (control.type === 'month' && value && !/^\d{4}-\d\d$/.test(value)) { control.type = 'text'; }
    if (control.type === 'text' && control.hasAttribute('data-end')) { control.placeholder = '2019-03'; } /* no months here */
    control.value = value;
  }

  function write(node, value) {
    switch (kind(node)) {
      case 'months':
        list(node, '.in').forEach(function (end) { put(end, (value || {})[end.getAttribute('data-end')] || ''); });
        break;
      case 'radios':
      case 'boxes':
        list(node, 'input').forEach(function (box) { box.checked = [].concat(value || []).indexOf(box.value) >= 0; });
        break;
      case 'rows':
        rowsOf(node).forEach(function (item) { item.parentNode.removeChild(item); });
        (value || []).forEach(function (one) { grow(node, one); });
        if (!rowsOf(node).length) { grow(node, {}); }
        break;
      case 'files':
        if (sheet.files[key(node)]) { sheet.files[key(node)].write(value || []); }
        break;
      default: choose(node, value === undefined || value === null ? '' : String(value));
    }
  }

  /* A list whose choices depend on another answer takes all of them back first. */
  function choose(node, value) {
    var control = input(node);
    if (node.getAttribute('data-narrowed')) { offer(node, null); }
    put(control, value);
    if (control.tagName === 'TEXTAREA') { fit(control); }
  }

  function writeAll(all) {
    fields().forEach(function (node) { write(node, all[key(node)]); });
    list(form, '[data-consent]').forEach(function (box) {
      var given = (all.consents || {})[box.getAttribute('data-consent')];
      box.checked = typeof given === 'boolean' ? given : box.defaultChecked;
    });
    draw();
  }

  /* A new row of a table. */
  function grow(node, values) {
    var holder = document.createElement('ol');
    var item;
    serial += 1;
    holder.innerHTML = node.querySelector('template').innerHTML.replace(/((?:id|for|name|aria-describedby|data-id)="[^"]*")/g, function (all) {
      return all.replace(/#/g, serial);
    });
    item = holder.querySelector('li');
    node.querySelector('ol').appendChild(item);
    cells(item).forEach(function (cell) { write(cell, values[key(cell)]); });
    number(node);
    return item;
  }

  function number(node) {
    var rows = rowsOf(node);
    var most = +node.getAttribute('data-count') || Infinity;
    rows.forEach(function (item, i) {
      var remove = item.querySelector('.remove');
      item.querySelector('legend b').textContent = i + 1;
      remove.setAttribute('data-name', remove.getAttribute('data-name') || remove.getAttribute('aria-label'));
      remove.setAttribute('aria-label', remove.getAttribute('data-name').replace('{n}', i + 1));
    });
    node.querySelector('.add').disabled = rows.length >= most;
  }

  function shrink(node, item) {
    var next = item.nextElementSibling || item.previousElementSibling;
    item.parentNode.removeChild(item);
    if (!next) { next = grow(node, {}); }
    number(node);
    next.querySelector('.in').focus();
  }

  /* Only the choices of one category are offered; null for all of them. Whether there are any. */
  function offer(node, within) {
    var control = input(node);
    var value = control.value;
    node.groups = node.groups || list(control, 'optgroup');
    list(control, 'optgroup').forEach(function (group) { control.removeChild(group); });
    node.groups.forEach(function (group) {
      if (within === null || group.getAttribute('data-within') === within) { control.appendChild(group); }
    });
    control.value = value;
    if (control.selectedIndex < 0) { control.value = ''; }
    return control.options.length > 1;
  }

  /* Asks what is to be asked: a field that depends on one that is not asked itself is not. */
  function ask() {
    var chosen = {};
    fields().forEach(function (node) {
      var on = node.getAttribute('data-if');
      var narrowed = node.getAttribute('data-narrowed');
      var asked = !on || [].concat(chosen[on] || []).some(function (code) {
        return node.getAttribute('data-is').split(' ').indexOf(code) >= 0;
      });
      if (narrowed) { asked = offer(node, chosen[narrowed] || null) && asked; }
      node.hidden = !asked;
      if (asked && /^(list|radios|boxes)$/.test(kind(node))) { chosen[key(node)] = read(node); }
    });
  }

  function fit(area) {
    area.style.height = 'auto';
    area.style.height = Math.max(area.scrollHeight + 2, 60) + 'px';
  }

  function tally(told) {
    var control = document.getElementById(told.id.replace(/-count$/, ''));
    var most = +told.getAttribute('data-limit');
    var least = +told.getAttribute('data-minimum');
    var n = hall.count(control.value);
    var over = n > most;
    var words = hall.say(page, over ? 'over' : n && n < least ? 'short' : 'count', { n: n, m: most, k: over ? n - most : least });
    told.className = over ? 'count over' : 'count';
    if (over) { told.setAttribute('role', 'status'); } else { told.removeAttribute('role'); }
    if (told.textContent !== words) { told.textContent = words; }
  }

  function draw() {
    ask();
    list(form, '.count').forEach(tally);
    list(form, 'textarea').forEach(fit);
  }

  /* The field that a fault names: team[1].name is the name in the second row that has something in it. */
  function find(path) {
    var parts = /^(\w+)(?:\[(\d+)\])?(?:\.([\w-]+))?$/.exec(path) || [];
    var node = parts[1] === 'consents' ? form.querySelector('[data-path="' + path + '"]') : form.querySelector('[data-path="' + parts[1] + '"]');
    var item;
    if (node && parts[2] !== undefined && kind(node) === 'rows') {
      item = rowsOf(node).filter(filled)[+parts[2]];
      return (item && parts[3] && item.querySelector('[data-key="' + parts[3] + '"]')) || node;
    }
    return node || null;
  }

  function target(node) { return input(node) || node; }

  /* Says beside a field what is wrong with it; an empty text takes it away. */
  function blame(node, words) {
    var told = document.getElementById(node.getAttribute('data-id') + '-fault');
    if (!told) { return; }
    if (told.textContent !== words) { told.textContent = words; }
    told.hidden = !words;
    node.classList[words ? 'add' : 'remove']('wrong');
    list(node, '.in,input').forEach(function (control) {
      if (words) { control.setAttribute('aria-invalid', 'true'); } else { control.removeAttribute('aria-invalid'); }
    });
  }

  function touched(event) {
    var control = event.target;
    var told = document.getElementById(control.id + '-count');
    if (control.type === 'file') { return; }
    if (told) { tally(told); }
    if (control.tagName === 'TEXTAREA') { fit(control); }
    if (/^(SELECT)$/.test(control.tagName) || /^(radio|checkbox)$/.test(control.type)) { ask(); }
    sheet.changed(event.type === 'change');
  }

  function pressed(event) {
    var button = event.target;
    var node;
    if (!button.classList || button.tagName !== 'BUTTON') { return; }
    node = button;
    while (node && !(node.classList && node.classList.contains('k-rows'))) { node = node.parentNode; }
    if (!node) { return; }
    if (button.classList.contains('add')) { grow(node, {}).querySelector('.in').focus(); }
    if (button.classList.contains('remove')) { shrink(node, button.parentNode.parentNode); }
    sheet.changed(true);
  }

  form.addEventListener('input', touched);
  form.addEventListener('change', touched);
  form.addEventListener('click', pressed);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  sheet.fields = fields;
  sheet.key = key;
  sheet.answers = answers;
  sheet.write = writeAll;
  sheet.find = find;
  sheet.target = target;
  sheet.blame = blame;
  sheet.list = list;
  return sheet;
})();
