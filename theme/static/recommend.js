/* The recommending bodies' page: what named the body, and its word on each. The private link is #body.token. */
(function () {
  'use strict';
  var page = document.getElementById('recommend');
  var link = hall.link();
  var list = document.getElementById('named');
  var base = '/api/editions/' + page.getAttribute('data-edition') + '/recommending/' + (link ? link.name : '');
  var labels = JSON.parse(page.getAttribute('data-labels'));
  var serial = 0;

  function say(key, values) { return hall.say(page, key, values || {}); }
  function tell(words) { document.getElementById('say').textContent = words; }

  function add(tag, parent, text) {
    var node = document.createElement(tag);
    node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  /* An answer in words: a code by its label, several of anything one after the other. */
  function words(field, value) {
    if (Array.isArray(value)) { return value.map(function (one) { return words(field, one); }).join(hall.zh ? '、' : ', '); }
    if (value && typeof value === 'object') {
      return value.from ? value.from + ' – ' + value.to : value.name || Object.keys(value).map(function (key) { return value[key]; }).join(' · ');
    }
    return (field.choices || {})[value] || String(value);
  }

  function state(word) {
    var time = word && hall.when(hall.wall(Date.parse(word.at)));
    return say(!word ? 'open' : word.recommend ? 'yes' : 'no') + (word ? ' · ' + time : '');
  }

  function fault(item, text) {
    var told = item.querySelector('.fault');
    var area = item.querySelector('textarea');
    told.textContent = text;
    told.hidden = !text;
    if (text) { area.setAttribute('aria-invalid', 'true'); } else { area.removeAttribute('aria-invalid'); }
  }

  function send(item, one) {
    var chosen = item.querySelector('input:checked');
    var area = item.querySelector('textarea');
    var told = item.querySelector('.told');
    var button = item.querySelector('button');
    fault(item, '');
    if (!chosen) {
      fault(item, say('nochoice'));
      item.querySelector('input').focus();
      return;
    }
    if (chosen.value === 'no' && !area.value.trim()) {
      fault(item, say('noreason'));
      area.focus();
      return;
    }
    button.disabled = true;
    told.textContent = say('sending');
    hall.talk('POST', base + '/' + one.number, { token: link.token, body: { recommend: chosen.value === 'yes', reason: area.value } }, function (status, value) {
      button.disabled = false;
      told.textContent = status === 200 ? say('sent', { time: hall.wall(Date.parse(value.recommended.at)).slice(11, 16) }) : '';
      if (status === 200) { item.querySelector('.by').textContent = one.number + ' · ' + state(value.recommended); } else {
        fault(item, hall.told(value, say('lost')));
        button.focus();
      }
    });
  }

  function draw(one) {
    var holder = document.createElement('ol');
    var item, facts;
    serial += 1;
    holder.innerHTML = document.getElementById('one').innerHTML.replace(/((?:id|for|name|aria-describedby)="[^"]*")/g, function (all) {
      return all.replace(/#/g, serial);
    });
    item = holder.querySelector('li');
    facts = item.querySelector('dl');
    list.appendChild(item);
    item.querySelector('h2').textContent = one.answers[page.getAttribute('data-title')] || one.number;
    item.querySelector('.by').textContent = one.number + ' · ' + state(one.recommended);
    labels.forEach(function (field) {
      var row;
      if (one.answers[field.key] === undefined || field.key === page.getAttribute('data-title')) { return; }
      row = add('div', facts, '');
      add('dt', row, field.label);
      add('dd', row, words(field, one.answers[field.key]));
    });
    if (one.recommended) {
      item.querySelector('input[value=' + (one.recommended.recommend ? 'yes' : 'no') + ']').checked = true;
      item.querySelector('textarea').value = one.recommended.reason || '';
    }
    item.querySelector('fieldset').disabled = one.state !== 'submitted';
    item.querySelector('form').addEventListener('submit', function (event) {
      event.preventDefault();
      send(item, one);
    });
  }

  function load() {
    tell(say('loading'));
    hall.talk('GET', base, { token: link.token }, function (status, value) {
      if (status !== 200) { tell(status === 404 ? say('unknown') : hall.told(value, say('lost'))); return; }
      list.textContent = '';
      value.submissions.forEach(draw);
      tell(value.submissions.length ? say('count', { n: value.submissions.length }) : say('none'));
    });
  }

  hall.zone(page.getAttribute('data-closes'));
  window.addEventListener('hashchange', function () { location.reload(); });
  if (link) { load(); } else { tell(say('nolink')); }
})();
