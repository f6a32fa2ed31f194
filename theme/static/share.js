/* The case's address to copy, and the printer. Shows its block only where there is a script to serve it. */
(function () {
  'use strict';
  var block = document.getElementById('share');
  var input = document.getElementById('address');
  var buttons = block.getElementsByTagName('button');

  function copy() {
    var done = false;
    input.select();
    input.setSelectionRange(0, 999);
    try { done = document.execCommand('copy'); } catch (refused) { done = false; }
    if (done) { buttons[0].textContent = buttons[0].getAttribute('data-copied'); }
  }

  if (input.value.charAt(0) === '/') { input.value = location.protocol + '//' + location.host + input.value; }
  block.hidden = false;
  buttons[0].addEventListener('click', copy);
  buttons[1].addEventListener('click', function () { window.print(); });
})();
