/* Makes a card as card.html prints it, from a row of search.json. */
hall.card = function (list, names, row) {
  'use strict';
  var edition = list.getAttribute('data-edition');
  var home = '/' + edition + '/cases/' + row[0] + '/';
  var gone = row[5] === 'withdrawn' ? list.getAttribute('data-withdrawn') : '';
  var card = make('li', 'card');
  var text = document.createElement('div');
  var picture = document.createElement('img');
  var link = document.createElement('a');
  var votes;

  function make(tag, name, words) {
    var node = document.createElement(tag);
    if (name) { node.className = name; }
    node.textContent = words || '';
    return node;
  }

  function inWebP(image) {
    var both = document.createElement('picture');
    var source = document.createElement('source');
    source.type = 'image/webp';
    source.srcset = row[7];
    both.appendChild(source);
    both.appendChild(image);
    return both;
  }

  picture.alt = '';
  picture.width = 640;
  picture.height = 400;
  picture.setAttribute('loading', 'lazy');
  picture.src = row[6] || home + 'cover.svg';
  link.href = home;
  link.textContent = row[1];
  text.appendChild(make('p', 'no', row[0]));
  text.appendChild(make('h' + list.getAttribute('data-level'))).appendChild(link);
  text.appendChild(make('p', 'by', [row[2], names[row[3]], gone].filter(Boolean).join(' · ')));
  if (list.getAttribute('data-tally')) {
    votes = make('p', 'votes', list.getAttribute('data-label') + ' ');
    votes.setAttribute('data-votes', row[0]);
    votes.appendChild(make('b'));
    text.appendChild(votes);
  }
  card.appendChild(row[7] ? inWebP(picture) : picture);
  card.appendChild(text);
  return card;
};
