/* The filled form on paper: prints the page, and fetches the documents with the token. Knows no answers. */
(function () {
  'use strict';
  var page = document.getElementById('apply');

  /* What stands in the controls, as text beside them: a printer shows neither long texts nor chosen items whole. */
  function mirror() {
    hall.each('#sheet .in', function (control) {
      var twin = control.nextSibling && control.nextSibling.className === 'printed' ? control.nextSibling : null;
      var chosen = control.tagName === 'SELECT' ? control.options[control.selectedIndex] : null;
      if (!twin) {
        twin = document.createElement('span');
        twin.className = 'printed';
        control.parentNode.insertBefore(twin, control.nextSibling);
      }
      twin.textContent = control.tagName === 'SELECT' ? (chosen && chosen.value ? chosen.textContent : '') : control.value;
    });
  }

  function fetchPaper(ask, kind, said) {
    ask('GET', '/paper?kind=' + kind, null, function (status, blob) {
      var link = document.createElement('a');
      if (status !== 200 || !blob) {
        said(page.getAttribute('data-nopaper'));
        return;
      }
      said('');
      if (navigator.msSaveBlob) { navigator.msSaveBlob(blob, kind + '.docx'); return; }
      link.href = URL.createObjectURL(blob);
      link.download = page.getAttribute('data-edition') + '-' + kind + '.docx';
      document.body.appendChild(link);
      link.click();
      document.body.removeChild(link);
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
    }, { blob: true, wait: 60000 });
  }

  function button(into, words, pressed) {
    var one = document.createElement('button');
    one.type = 'button';
    one.className = 'plain';
    one.textContent = words;
    one.addEventListener('click', pressed);
    into.appendChild(one);
    into.appendChild(document.createTextNode(' '));
  }

  /* The buttons, wherever the page has a place for them. settle(done): saves first. */
  function papers(ask, settle) {
    hall.each('#apply .downloads', function (into) {
      function said(words) { document.getElementById('say').textContent = words; }
      into.textContent = '';
      page.getAttribute('data-papers').split(' ').forEach(function (kind) {
        button(into, page.getAttribute('data-' + kind), function () {
          if (/MicroMessenger/.test(navigator.userAgent)) { said(page.getAttribute('data-wechat')); return; }
          settle(function () { fetchPaper(ask, kind, said); });
        });
      });
      button(into, page.getAttribute('data-print'), function () { mirror(); window.print(); });
    });
  }

  window.addEventListener('beforeprint', mirror);
  hall.papers = papers;
})();
