/* The uploads of one field: asks for a link, sends the file with its progress, has it looked into; what failed can be
   tried again. Knows the link's protocol and its own list; refuses to know the rest of the form. */
(function () {
  'use strict';
  var page = document.getElementById('apply');
  var STALLED = 60000; /* without a byte of progress */
  var AT_ONCE = 2;
  var queue = [];
  var running = 0;

  function next() {
    if (running >= AT_ONCE || !queue.length) { return; }
    running += 1;
    queue.shift()(function () {
      running -= 1;
      next();
    });
    next();
  }

  function make(tag, parent, name) {
    var node = document.createElement(tag);
    if (name) { node.className = name; }
    parent.appendChild(node);
    return node;
  }

  function sized(bytes) {
    return bytes < 1000000 ? Math.max(1, Math.round(bytes / 1000)) + ' KB' : (bytes / 1000000).toFixed(1) + ' MB';
  }

  function say(key, values) { return hall.say(page, key, values); }

  /* A small picture of a file that is here, drawn without an address, since the page's policy allows none. */
  function preview(file, into) {
    function draw(image) {
      var scale = Math.min(1, 240 / Math.max(image.width, image.height));
      var canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(image.width * scale));
      canvas.height = Math.max(1, Math.round(image.height * scale));
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.setAttribute('aria-hidden', 'true');
      into.textContent = '';
      into.appendChild(canvas);
    }
    if (!/^image\//.test(file.type) || !window.createImageBitmap) { return; }
    window.createImageBitmap(file).then(draw, function () {});
  }

  /* ask(method, path, body, done): a request below the draft. changed(): the list of files is another now. */
  function uploads(node, ask, changed) {
    var field = node.getAttribute('data-key');
    var most = +node.getAttribute('data-count') || Infinity;
    var types = JSON.parse(node.getAttribute('data-types'));
    var megabytes = +node.getAttribute('data-megabytes');
    var picker = node.querySelector('input[type=file]');
    var shown = node.querySelector('.files');
    var items = [];
    var known = []; /* what the server has, of this field */

    function tell(words) { document.getElementById('say').textContent = words; }

    function typeOf(file) {
      var ending = (/\.(\w+)$/.exec(file.name.toLowerCase()) || [])[1];
      return types[ending] || '';
    }

    function answers() {
      return items.filter(function (item) { return item.done; }).map(function (item) {
        return { name: item.name, type: item.type, size: item.size, digest: item.digest };
      });
    }

    function drawOne(item) {
      var line = make('li', shown, item.error ? 'failed' : '');
      var retry, remove, words;
      item.cover = item.cover || document.createElement('span');
      item.cover.className = 'thumb';
      line.appendChild(item.cover);
      words = make('span', line, 'name');
      words.textContent = item.error ? item.error : say(item.done ? 'uploaded' : item.percent === 100 ? 'checking' : 'uploading', {
        name: item.name, percent: item.percent || 0, size: sized(item.size) });
      if (!item.done && !item.error) {
        item.bar = make('progress', words);
        item.bar.max = 100;
        item.bar.value = item.percent || 0;
        item.bar.setAttribute('aria-label', item.name);
      }
      if (item.error && item.blob && !item.refused) {
        retry = make('button', line, 'plain');
        retry.type = 'button';
        retry.textContent = page.getAttribute('data-retry');
        retry.addEventListener('click', function () { start(item); });
      }
      remove = make('button', line, 'plain quiet-button');
      remove.type = 'button';
      remove.textContent = page.getAttribute('data-remove');
      remove.setAttribute('aria-label', say('removing', { name: item.name }));
      remove.addEventListener('click', function () { drop(item); });
    }

    function draw() {
      shown.textContent = '';
      items.forEach(drawOne);
      picker.disabled = items.filter(function (item) { return !item.error; }).length >= most;
      node.querySelector('.pick .plain').classList[picker.disabled ? 'add' : 'remove']('off');
    }

    function fail(item, words, refused) {
      item.error = words || say('failed', { name: item.name });
      item.refused = !!refused;
      item.percent = 0;
      draw();
      tell(item.error);
    }

    function drop(item) {
      var id = item.file;
      if (item.call) { item.call.abort(); }
      item.gone = true;
      items = items.filter(function (one) { return one !== item; });
      known = known.filter(function (one) { return one.file !== id; });
      if (id) { ask('DELETE', '/files/' + id, null, function () {}); }
      tell(say('removed', { name: item.name }));
      draw();
      picker.focus();
      changed();
    }

    /* Sends the file to where the link says; done(whether it arrived). */
    function send(item, link, done) {
      var call = new XMLHttpRequest();
      var data = new FormData();
      var timer;
      function stalled() {
        clearTimeout(timer);
        timer = setTimeout(function () { call.abort(); }, STALLED);
      }
      function end(arrived) {
        clearTimeout(timer);
        item.call = null;
        done(arrived);
      }
      Object.keys(link.fields || {}).forEach(function (name) { data.append(name, link.fields[name]); });
      data.append('file', item.blob);
      item.call = call;
      call.upload.onprogress = function (event) {
        stalled();
        item.percent = Math.min(99, Math.floor(event.loaded / event.total * 100));
        if (item.bar) {
          item.bar.value = item.percent;
          item.bar.parentNode.firstChild.data = say('uploading', { name: item.name, percent: item.percent });
        }
      };
      call.onload = function () { end(call.status >= 200 && call.status < 300); };
      call.onerror = call.onabort = function () { end(false); };
      call.open('POST', link.url, true);
      stalled();
      call.send(data);
    }

    function check(item, free) {
      item.percent = 100;
      draw();
      ask('POST', '/files/' + item.file + '/done', {}, function (status, value) {
        free();
        if (item.gone) { return; }
        if (status !== 200) {
          fail(item, hall.told(value, ''), status === 422);
          return;
        }
        item.name = value.name;
        item.type = value.type;
        item.size = value.size;
        item.digest = value.digest;
        item.done = true;
        item.blob = null;
        draw();
        tell(say('arrived', { name: item.name }));
        changed();
      });
    }

    function way(item, free) {
      if (item.gone) { free(); return; }
      ask('POST', '/files', { field: field, name: item.name, type: item.type, size: item.size }, function (status, value) {
        if (status !== 201 || item.gone) {
          free();
          if (!item.gone) { fail(item, hall.told(value, ''), status >= 400 && status < 500 && status !== 429); }
          return;
        }
        item.file = value.file;
        send(item, value, function (arrived) {
          if (arrived && !item.gone) { check(item, free); return; }
          free();
          if (!item.gone) { fail(item); }
        });
      });
    }

    function start(item) {
      item.error = '';
      item.percent = 0;
      draw();
      queue.push(function (free) { way(item, free); });
      next();
    }

    function refusal(file) {
      var room = items.filter(function (item) { return !item.error; }).length < most;
      if (!room) { return say('many', { n: most }); }
      if (!typeOf(file)) { return say('type', { name: file.name, allowed: Object.keys(types).join(', ') }); }
      if (file.size > megabytes * 1000000) { return say('large', { name: file.name, n: megabytes }); }
      return file.size ? '' : say('empty', { name: file.name });
    }

    function picked() {
      var refused = [];
      Array.prototype.forEach.call(picker.files, function (file) {
        var words = refusal(file);
        var item = { name: file.name, type: typeOf(file), size: file.size, blob: file };
        if (words) { refused.push(words); return; }
        items.push(item);
        item.cover = document.createElement('span');
        preview(file, item.cover);
        start(item);
      });
      picker.value = '';
      hall.sheet.blame(node, refused.join(' '));
      if (refused.length) { tell(refused.join(' ')); }
    }

    /* What the form says of this field, and what of it lies on the server though no answer names it yet. */
    function write(value) {
      var named = value.map(function (one) {
        var here = items.filter(function (item) { return item.digest === one.digest; })[0] || {};
        var there = known.filter(function (file) { return file.digest === one.digest; })[0] || {};
        return { name: one.name, type: one.type, size: one.size, digest: one.digest, done: true, file: there.file || here.file, cover: here.cover };
      });
      var rest = known.filter(function (file) {
        return file.done && !value.some(function (one) { return one.digest === file.digest; });
      });
      items = named.concat(rest, items.filter(function (item) { return !item.done; }));
      draw();
    }

    function know(files) {
      known = files.filter(function (file) { return file.field === field && file.done; });
    }

    function again() {
      items.forEach(function (item) { if (item.error && item.blob && !item.refused) { start(item); } });
    }

    picker.addEventListener('change', picked);
    window.addEventListener('online', again);
    draw();
    return { answers: answers, write: write, know: know, busy: function () { return items.some(function (item) { return !item.done && !item.error; }); } };
  }

  hall.uploads = uploads;
})();
